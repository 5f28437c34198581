//! The whole chain for one clip: decode on one thread, one worker per detector, outcomes in order.

use waymark_datasets::rows::Witness;
use waymark_datasets::{Ppm, Rejection, Track, UtcMillis};

use crate::deliver::deliver;
use crate::plan::plan;
use crate::settings::Settings;
use crate::{Detection, Detector, Error, Pose, RedactedImage, Source};

/// One clip to process.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// Its media.
    pub source: &'a Source,
    /// Where it was filmed.
    pub track: &'a Track,
    /// How to treat it.
    pub settings: &'a Settings,
}

/// What became of one frame that was looked at.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It may be published.
    Frame(Box<Frame>),
    /// It was refused.
    Refused {
        /// Its index in the source.
        index: u32,
        /// When it was taken.
        at: Option<UtcMillis>,
        /// Why.
        rejection: Rejection,
    },
}

/// A redacted frame and everything known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Its place among all frames of the source, whatever was sampled: part of its id.
    pub index: u32,
    /// Milliseconds after the first frame of the source.
    pub source_time_ms: i64,
    /// When it was taken.
    pub at: UtcMillis,
    /// Where it was taken.
    pub pose: Pose,
    /// Width in pixels, upright.
    pub width_px: u32,
    /// Height in pixels, upright.
    pub height_px: u32,
    /// See [`crate::Measures::sharpness`].
    pub sharpness: Ppm,
    /// See [`crate::Measures::exposure`].
    pub exposure: Ppm,
    /// The share of the image that is mosaic.
    pub redacted: Ppm,
    /// `sharpness * exposure * (1 - redacted)`.
    pub quality: Ppm,
    /// What its pixels say about the clip.
    pub witness: Witness,
    /// What was found, best score first; private things too, as boxes only.
    pub detections: Vec<Detection>,
    /// The only form in which the picture leaves this crate.
    pub image: RedactedImage,
}

/// What happened to every frame of a source: `frames_in` is the sum of `sampled`, `not_needed`, `standing`,
/// `outside` and `refused`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Frames in the source.
    pub frames_in: u64,
    /// Pictures decoded: of a video also those that others refer to.
    pub decoded: u64,
    /// Frames delivered.
    pub sampled: u64,
    /// Frames closer to others than anyone needs.
    pub not_needed: u64,
    /// Frames taken while the car stood.
    pub standing: u64,
    /// Video frames before, after or in a gap of the track.
    pub outside: u64,
    /// Frames refused.
    pub refused: u64,
}

/// Decodes, samples, detects, redacts, measures and encodes one clip. `sink` is called on this thread, in order of
/// index; what it gets does not depend on the number of detectors. At most twice as many frames as detectors, and one
/// more, are in memory.
///
/// # Errors
/// [`Error::Rejected`] when the whole source is refused, [`Error::NoDetector`], [`Error::Inference`] when a model
/// fails (nothing is delivered from that frame on), [`Error::Sink`] when `sink` fails.
pub fn process<E>(
    job: &Job<'_>,
    detectors: &mut [Detector],
    sink: &mut dyn FnMut(Outcome) -> Result<(), E>,
) -> Result<Tally, Error>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    if detectors.is_empty() {
        return Err(Error::NoDetector);
    }
    let plan = plan(job)?;
    deliver(job, &plan, detectors, &mut |outcome| sink(outcome).map_err(|error| Error::Sink(error.into())))
}
