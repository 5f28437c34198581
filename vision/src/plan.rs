//! What will become of every frame of a source, decided before the first one is decoded.

use waymark_datasets::{Reason, Rejection, UtcMillis};

use crate::container::{Scan, scan};
use crate::process::{Job, Tally};
use crate::sample::{FrameTime, Sampled, sample};
use crate::{Pose, Source};

/// The frames to deliver or refuse, by index, and the count of all others.
pub(crate) struct Plan {
    pub items: Vec<Item>,
    pub tally: Tally,
    /// For a video: its packets.
    pub scan: Option<Scan>,
}

/// One frame to deliver or refuse.
pub(crate) struct Item {
    pub index: u32,
    pub at: UtcMillis,
    /// Milliseconds after the first frame of the source.
    pub source_time_ms: i64,
    pub pose: Result<Pose, Rejection>,
}

/// Frames are numbered in 32 bits.
const STILLS_MAX: usize = 1_000_000;

/// Scans a video, samples, and counts what is left out.
pub(crate) fn plan(job: &Job<'_>) -> Result<Plan, Rejection> {
    match job.source {
        Source::Stills(stills) => {
            if stills.len() > STILLS_MAX {
                let detail = format!("{} stills; at most {STILLS_MAX} make a clip", stills.len());
                return Err(Rejection::new(Reason::MediaSetInvalid, detail));
            }
            let frame = |(index, still): (u32, &crate::Still)| FrameTime { index, at: still.at, key: true };
            Ok(stills_plan(job, &(0..).zip(stills).map(frame).collect::<Vec<_>>()))
        }
        Source::Video { name, bytes, start } => video_plan(job, scan(name, bytes)?, *start),
    }
}

/// A still outside the track is refused: somebody uploaded it for its own sake.
fn stills_plan(job: &Job<'_>, frames: &[FrameTime]) -> Plan {
    let sampled = sample(job.track, frames, &job.settings.sample);
    let tally = Tally { outside: 0, ..tally(frames, &sampled) };
    let start = frames.iter().map(|frame| frame.at).min().unwrap_or(UtcMillis::MIN);
    let outside = |&index: &u32| {
        let detail = format!("still {index} was taken where the track has a gap of more than the limit");
        (index, Err(Rejection::new(Reason::FrameOutsideTrack, detail)))
    };
    let mut chosen: Vec<_> = sampled.outside.iter().map(outside).collect();
    chosen.extend(sampled.chosen.into_iter().map(|choice| (choice.index, choice.pose)));
    chosen.sort_by_key(|&(index, _)| index);
    let item = |(index, pose): (u32, _)| {
        let at = frames[index as usize].at;
        Item { index, at, source_time_ms: at.ms_since(start), pose }
    };
    Plan { items: chosen.into_iter().map(item).collect(), tally, scan: None }
}

/// A video runs before the first fix and after the last one; those frames are merely not needed.
fn video_plan(job: &Job<'_>, scan: Scan, start: UtcMillis) -> Result<Plan, Rejection> {
    let alone = scan.frames.iter().filter(|fact| fact.alone);
    let frame = |fact: &crate::container::PacketFact| FrameTime {
        index: fact.rank,
        at: start.plus_ms(fact.time_ms),
        key: fact.key,
    };
    let frames: Vec<_> = alone.map(frame).collect();
    let sampled = sample(job.track, &frames, &job.settings.sample);
    let mut tally = tally(&frames, &sampled);
    tally.frames_in = scan.frames.len() as u64;
    tally.not_needed += (scan.frames.len() - frames.len()) as u64;
    let mut times_ms = vec![0; scan.frames.len()];
    scan.frames.iter().for_each(|fact| times_ms[fact.rank as usize] = fact.time_ms);
    let item = |choice: crate::Choice| {
        let source_time_ms = times_ms[choice.index as usize];
        Item { index: choice.index, at: start.plus_ms(source_time_ms), source_time_ms, pose: choice.pose }
    };
    let items = sampled.chosen.into_iter().map(item).collect();
    Ok(Plan { items, tally, scan: Some(scan) })
}

fn tally(frames: &[FrameTime], sampled: &Sampled) -> Tally {
    Tally {
        frames_in: frames.len() as u64,
        not_needed: sampled.not_needed,
        standing: sampled.standing,
        outside: sampled.outside.len() as u64,
        ..Tally::default()
    }
}
