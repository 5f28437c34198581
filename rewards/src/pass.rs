//! Slot passes: what is paid for.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use waymark_datasets::rows::{FrameRow, TrustRow};
use waymark_datasets::{ClipId, FrameId, Ppm, Slot, UtcMillis};

/// One clip in one slot, and the best frame that it took there.
#[derive(Debug, Clone, PartialEq)]
pub struct Pass {
    /// Place and direction.
    pub slot: Slot,
    /// The best frame: highest quality, then best accuracy, then earliest, then lowest id.
    pub frame: FrameRow,
    /// Place among the slot's passes of the epoch, from 1: by capture time of the best frame, then clip id.
    pub rank: u32,
    /// How far its clip is believed.
    pub trust: Ppm,
}

/// The slot passes of an epoch's frames, in order of slot and rank.
///
/// A clip counts once in a slot however often it drives through, and repeated rows change nothing. One that is not
/// believed does not count at all; one of which nothing is said is believed.
#[must_use]
pub fn passes(frames: &[FrameRow], trust: &[TrustRow]) -> Vec<Pass> {
    let trust: BTreeMap<ClipId, &TrustRow> = trust.iter().map(|row| (row.clip_id, row)).collect();
    let counts = |frame: &&FrameRow| trust.get(&frame.clip_id).is_none_or(|row| row.counts);
    let mut best: BTreeMap<(Slot, ClipId), &FrameRow> = BTreeMap::new();
    for frame in frames.iter().filter(counts) {
        best.entry((frame.slot(), frame.clip_id))
            .and_modify(|held| *held = std::cmp::min_by_key(*held, frame, |frame| order(frame)))
            .or_insert(frame);
    }
    let mut by_slot: BTreeMap<Slot, Vec<&FrameRow>> = BTreeMap::new();
    for ((slot, _), frame) in best {
        by_slot.entry(slot).or_default().push(frame);
    }
    let believed = |clip: ClipId| trust.get(&clip).map_or(Ppm::ONE, |row| row.trust_ppm);
    by_slot.into_iter().flat_map(|(slot, frames)| ranked(slot, frames, believed)).collect()
}

fn order(frame: &FrameRow) -> (Reverse<Ppm>, u32, UtcMillis, FrameId) {
    (Reverse(frame.quality_ppm), frame.accuracy_mm, frame.captured_at_ms, frame.frame_id)
}

fn ranked(slot: Slot, mut frames: Vec<&FrameRow>, believed: impl Fn(ClipId) -> Ppm) -> impl Iterator<Item = Pass> {
    frames.sort_by_key(|frame| (frame.captured_at_ms, frame.clip_id));
    (1..).zip(frames).map(move |(rank, frame)| {
        let trust = believed(frame.clip_id);
        Pass { slot, frame: frame.clone(), rank, trust }
    })
}
