//! The threads behind [`crate::process`]: one decodes, each detector works on its own, the caller's takes results.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use waymark_datasets::Rejection;

use crate::measure::measure;
use crate::plan::{Item, Plan};
use crate::process::{Frame, Job, Outcome, Tally};
use crate::redact::redaction_areas;
use crate::settings::Settings;
use crate::still::decode_still;
use crate::video::decode_video;
use crate::{Detection, Detector, Error, Measures, Pose, RawImage, RedactedImage, Source};

/// The place of a frame in the plan, and its pixels.
type Decoded = (usize, Result<RawImage, Rejection>);
/// The place of a frame in the plan, and what a worker made of it.
type Finished = (usize, Result<Result<Parts, Rejection>, Error>);
type Sink<'a> = &'a mut dyn FnMut(Outcome) -> Result<(), Error>;

/// What a worker makes of pixels.
struct Parts {
    size_px: (u32, u32),
    measures: Measures,
    detections: Vec<Detection>,
    image: RedactedImage,
}

/// Runs a plan. A frame needs a permit from before it is handed on until `sink` has it, so that neither a slow frame
/// nor a slow sink lets pixels pile up.
pub(crate) fn run(job: &Job<'_>, plan: &Plan, detectors: &mut [Detector], sink: Sink<'_>) -> Result<Tally, Error> {
    let in_flight = 2 * detectors.len() + 1;
    let (permits, permitted) = sync_channel(in_flight);
    let (to_workers, work) = sync_channel(in_flight);
    let (to_sink, done) = sync_channel(in_flight);
    (0..in_flight).try_for_each(|_| permits.send(())).map_err(|_| Error::Pipeline)?;
    let work = Mutex::new(work);
    let work = &work;
    thread::scope(|scope| {
        let decoder = scope.spawn(move || decode(job, plan, &Gate { permitted, to_workers }));
        for detector in detectors {
            let to_sink = to_sink.clone();
            scope.spawn(move || work_through(work, &to_sink, (detector, job.settings)));
        }
        drop(to_sink);
        let tally = deliver(plan, Results { permits, done, early: BTreeMap::new() }, sink)?;
        let decoded = decoder.join().map_err(|_| Error::Pipeline)?;
        Ok(Tally { decoded, ..tally })
    })
}

/// The decoding thread's way to the workers.
struct Gate {
    permitted: Receiver<()>,
    to_workers: SyncSender<Decoded>,
}

impl Gate {
    /// Hands a frame on as soon as there is room; `false` when nobody wants any more.
    fn hand_on(&self, decoded: Decoded) -> bool {
        self.permitted.recv().is_ok() && self.to_workers.send(decoded).is_ok()
    }
}

/// Decodes what the plan wants, in its order; returns how many pictures that took.
fn decode(job: &Job<'_>, plan: &Plan, gate: &Gate) -> u64 {
    let places: BTreeMap<u32, usize> =
        (0..).zip(&plan.items).filter(|(_, item)| item.pose.is_ok()).map(|(place, item)| (item.index, place)).collect();
    match (job.source, &plan.scan) {
        (Source::Video { name, bytes, .. }, Some(scan)) => {
            let wanted: Vec<u32> = places.keys().copied().collect();
            decode_video(name, bytes, (scan, &wanted), &mut |rank, image| gate.hand_on((places[&rank], image)))
        }
        (Source::Stills(stills), _) => {
            let mut decoded = 0;
            for (&index, &place) in &places {
                let still = &stills[index as usize];
                let image = decode_still(&still.name, &still.bytes);
                decoded += u64::from(image.is_ok());
                if !gate.hand_on((place, image)) {
                    break;
                }
            }
            decoded
        }
        // A plan for a video always has a scan.
        (Source::Video { .. }, None) => 0,
    }
}

/// One worker: takes frames until there are none.
fn work_through(
    work: &Mutex<Receiver<Decoded>>,
    to_sink: &SyncSender<Finished>,
    (detector, settings): (&mut Detector, &Settings),
) {
    loop {
        let next = work.lock().map(|work| work.recv());
        let Ok(Ok((place, image))) = next else { return };
        let finished = match image {
            Ok(raw) => finish(raw, detector, settings).map(Ok),
            Err(rejection) => Ok(Err(rejection)),
        };
        if to_sink.send((place, finished)).is_err() {
            return;
        }
    }
}

/// Detects, measures and redacts; without detections there is no image.
fn finish(raw: RawImage, detector: &mut Detector, settings: &Settings) -> Result<Parts, Error> {
    let detections = detector.detect(&raw)?;
    let measures = measure(&raw)?;
    let size_px = (raw.width_px(), raw.height_px());
    let image = raw.redact(&redaction_areas(&detections, settings.redact), settings.encode)?;
    Ok(Parts { size_px, measures, detections, image })
}

/// The workers' way to the caller, who wants frames in order.
struct Results {
    permits: SyncSender<()>,
    done: Receiver<Finished>,
    /// Frames that were finished before an earlier one.
    early: BTreeMap<usize, Result<Result<Parts, Rejection>, Error>>,
}

impl Results {
    fn wait_for(&mut self, place: usize) -> Result<Result<Parts, Rejection>, Error> {
        loop {
            if let Some(finished) = self.early.remove(&place) {
                return finished;
            }
            let (place, finished) = self.done.recv().map_err(|_| Error::Pipeline)?;
            self.early.insert(place, finished);
        }
    }

    /// Lets another frame in; whether anyone still decodes does not matter.
    fn release(&self) -> bool {
        self.permits.send(()).is_ok()
    }
}

fn deliver(plan: &Plan, mut results: Results, sink: Sink<'_>) -> Result<Tally, Error> {
    let mut tally = plan.tally;
    for (place, item) in plan.items.iter().enumerate() {
        let finished = match &item.pose {
            Ok(pose) => results.wait_for(place)?.map(|parts| frame(item, pose, parts)),
            Err(rejection) => Err(rejection.clone()),
        };
        let outcome = match finished {
            Ok(frame) => {
                tally.sampled += 1;
                Outcome::Frame(Box::new(frame))
            }
            Err(rejection) => {
                tally.refused += 1;
                Outcome::Refused { index: item.index, at: Some(item.at), rejection }
            }
        };
        sink(outcome)?;
        if item.pose.is_ok() {
            results.release();
        }
    }
    Ok(tally)
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
        detections: parts.detections,
        image: parts.image,
    }
}
