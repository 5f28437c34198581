//! Detections alone: what the models find in chosen frames, without a pixel of them.

use waymark_datasets::{Reason, Rejection};

use crate::container::{Scan, scan};
use crate::pipeline::{Feed, run};
use crate::{Detection, Detector, Error, RawImage, Source};

/// What the models found in one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    /// Its index in the source.
    pub index: u32,
    /// Width of the frame in pixels, upright.
    pub width_px: u32,
    /// Height of the frame in pixels, upright.
    pub height_px: u32,
    /// What was found, best score first.
    pub detections: Vec<Detection>,
}

/// Detects in the frames `indices` of a source, each once. `sink` is called on this thread, in order of index; what it
/// gets does not depend on the number of detectors. At most twice as many frames as detectors, and one more, are in
/// memory.
///
/// # Errors
/// [`Error::Rejected`] when the source cannot be read, has no such frame, or a frame cannot be decoded;
/// [`Error::NoDetector`], [`Error::Inference`] when a model fails, [`Error::Sink`] when `sink` fails.
pub fn survey<E>(
    source: &Source,
    indices: &[u32],
    detectors: &mut [Detector],
    sink: &mut dyn FnMut(Sighting) -> Result<(), E>,
) -> Result<(), Error>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    if detectors.is_empty() {
        return Err(Error::NoDetector);
    }
    let mut wanted = indices.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    let scan = match source {
        Source::Stills(_) => None,
        Source::Video { name, bytes, .. } => Some(scan(name, bytes)?),
    };
    check(source, scan.as_ref(), &wanted)?;
    let feed = Feed { source, scan: scan.as_ref(), wanted: &wanted, in_pairs: false };
    let mut next = wanted.iter();
    let mut deliver = |seen: Result<Seen, Rejection>| {
        let ((width_px, height_px), detections) = seen?;
        let index = *next.next().ok_or(Error::Pipeline)?;
        sink(Sighting { index, width_px, height_px, detections }).map_err(|error| Error::Sink(error.into()))
    };
    run(&feed, detectors, &see, &mut deliver).map(|_| ())
}

/// Size of a frame, and what was found in it.
type Seen = ((u32, u32), Vec<Detection>);

fn see(raw: RawImage, detector: &mut Detector) -> Result<Seen, Error> {
    Ok(((raw.width_px(), raw.height_px()), detector.detect(&raw)?))
}

/// Refuses a source that lacks a wanted frame.
fn check(source: &Source, scan: Option<&Scan>, wanted: &[u32]) -> Result<(), Rejection> {
    let refuse = |detail: String| Err(Rejection::new(Reason::FrameUndecodable, detail));
    let (name, count) = match (source, scan) {
        (Source::Video { name, .. }, Some(scan)) => (name.as_str(), scan.frames.len()),
        (Source::Stills(stills), _) => ("the stills", stills.len()),
        (Source::Video { name, .. }, None) => (name.as_str(), 0),
    };
    if let Some(missing) = wanted.iter().find(|&&index| index as usize >= count) {
        return refuse(format!(
            "{name}: there is no frame {missing}: the last of {count} is {}",
            count.saturating_sub(1)
        ));
    }
    let apart = |fact: &&crate::container::PacketFact| !fact.alone && wanted.binary_search(&fact.rank).is_ok();
    match scan.and_then(|scan| scan.frames.iter().find(apart)) {
        Some(fact) => refuse(format!("{name}: frame {} cannot be decoded without another group's", fact.rank)),
        None => Ok(()),
    }
}
