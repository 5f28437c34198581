//! Slot passes: what is paid for.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use waymark_datasets::rows::FrameRow;
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
}

/// The slot passes of an epoch's frames, in order of slot and rank.
///
/// A clip counts once in a slot however often it drives through, and repeated rows change nothing.
#[must_use]
pub fn passes(frames: &[FrameRow]) -> Vec<Pass> {
    let mut best: BTreeMap<(Slot, ClipId), &FrameRow> = BTreeMap::new();
    for frame in frames {
        best.entry((frame.slot(), frame.clip_id))
            .and_modify(|held| *held = std::cmp::min_by_key(*held, frame, |frame| order(frame)))
            .or_insert(frame);
    }
    let mut by_slot: BTreeMap<Slot, Vec<&FrameRow>> = BTreeMap::new();
    for ((slot, _), frame) in best {
        by_slot.entry(slot).or_default().push(frame);
    }
    by_slot.into_iter().flat_map(|(slot, frames)| ranked(slot, frames)).collect()
}

fn order(frame: &FrameRow) -> (Reverse<Ppm>, u32, UtcMillis, FrameId) {
    (Reverse(frame.quality_ppm), frame.accuracy_mm, frame.captured_at_ms, frame.frame_id)
}

fn ranked(slot: Slot, mut frames: Vec<&FrameRow>) -> impl Iterator<Item = Pass> {
    frames.sort_by_key(|frame| (frame.captured_at_ms, frame.clip_id));
    (1..).zip(frames).map(move |(rank, frame)| Pass { slot, frame: frame.clone(), rank })
}
