//! From a plan to outcomes: what a worker makes of pixels, and in which order the caller gets it.

use std::slice::Iter;

use waymark_datasets::Rejection;
use waymark_datasets::rows::{Motion, Witness};

use crate::measure::measure;
use crate::motion::motion;
use crate::pipeline::{Feed, run};
use crate::plan::{Item, Plan};
use crate::process::{Frame, Job, Outcome, Tally};
use crate::redact::redaction_areas;
use crate::settings::Settings;
use crate::{Detection, Detector, Error, Measures, Pose, RawImage, RedactedImage};

type Sink<'a> = &'a mut dyn FnMut(Outcome) -> Result<(), Error>;

/// Runs a plan: every item of it reaches `sink`, in order.
pub(crate) fn deliver(job: &Job<'_>, plan: &Plan, detectors: &mut [Detector], sink: Sink<'_>) -> Result<Tally, Error> {
    let wanted: Vec<u32> = plan.items.iter().filter(|item| item.pose.is_ok()).map(|item| item.index).collect();
    let feed = Feed { source: job.source, scan: plan.scan.as_ref(), wanted: &wanted, in_pairs: true };
    let mut delivery = Delivery { items: plan.items.iter(), tally: plan.tally, sink };
    let work = |raw: RawImage, detector: &mut Detector| finish(raw, detector, job.settings);
    let decoded = run(&feed, detectors, &work, &mut |parts| delivery.take(parts))?;
    match delivery.next_decoded()? {
        None => Ok(Tally { decoded, ..delivery.tally }),
        Some(_) => Err(Error::Pipeline),
    }
}

/// What a worker makes of pixels.
struct Parts {
    size_px: (u32, u32),
    measures: Measures,
    motion: Option<Motion>,
    detections: Vec<Detection>,
    image: RedactedImage,
}

/// Detects, measures and redacts; without detections there is no image.
fn finish(raw: RawImage, detector: &mut Detector, settings: &Settings) -> Result<Parts, Error> {
    let detections = detector.detect(&raw)?;
    let measures = measure(&raw)?;
    let motion = raw.pair().and_then(motion);
    let size_px = (raw.width_px(), raw.height_px());
    let image = raw.redact(&redaction_areas(&detections, settings.redact), settings.encode)?;
    Ok(Parts { size_px, measures, motion, detections, image })
}

/// Items that the caller has not got yet, and the count of those that it has.
struct Delivery<'a> {
    items: Iter<'a, Item>,
    tally: Tally,
    sink: Sink<'a>,
}

impl<'a> Delivery<'a> {
    /// Delivers what came of the next item that was decoded.
    fn take(&mut self, parts: Result<Parts, Rejection>) -> Result<(), Error> {
        let (item, pose) = self.next_decoded()?.ok_or(Error::Pipeline)?;
        match parts {
            Ok(parts) => {
                self.tally.sampled += 1;
                (self.sink)(Outcome::Frame(Box::new(frame(item, pose, parts))))
            }
            Err(rejection) => self.refuse(item, &rejection),
        }
    }

    /// The next item that was decoded; those before it, which nobody knows where to put, are refused.
    fn next_decoded(&mut self) -> Result<Option<(&'a Item, &'a Pose)>, Error> {
        while let Some(item) = self.items.next() {
            match &item.pose {
                Ok(pose) => return Ok(Some((item, pose))),
                Err(rejection) => self.refuse(item, rejection)?,
            }
        }
        Ok(None)
    }

    fn refuse(&mut self, item: &Item, rejection: &Rejection) -> Result<(), Error> {
        self.tally.refused += 1;
        (self.sink)(Outcome::Refused { index: item.index, at: Some(item.at), rejection: rejection.clone() })
    }
}

fn frame(item: &Item, pose: &Pose, parts: Parts) -> Frame {
    let redacted = parts.image.redacted();
    Frame {
        index: item.index,
        source_time_ms: item.source_time_ms,
        at: item.at,
        pose: *pose,
        width_px: parts.size_px.0,
        height_px: parts.size_px.1,
        sharpness: parts.measures.sharpness,
        exposure: parts.measures.exposure,
        redacted,
        quality: parts.measures.quality(redacted),
        witness: Witness { motion: parts.motion, ..parts.image.witness() },
        detections: parts.detections,
        image: parts.image,
    }
}
