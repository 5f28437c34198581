//! Which frames of a video are decoded: those that somebody wants, and a neighbour of each.

use std::collections::BTreeMap;

use crate::container::{PacketFact, Scan};
use crate::motion::{GAP_MS_MAX, GAP_MS_MIN};

/// Frames to deliver, and frames that are looked at only to tell what moves.
pub(crate) struct Wanted {
    /// Ranks to deliver, ascending.
    pub frames: Vec<u32>,
    /// The neighbour of a frame, by the frame's rank.
    neighbours: BTreeMap<u32, Neighbour>,
    /// Ranks of both kinds, ascending.
    all: Vec<u32>,
}

/// A frame near to another one in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Neighbour {
    pub rank: u32,
    /// Milliseconds after the other; negative when before.
    pub after_ms: i64,
}

impl Wanted {
    /// The `frames` (ascending), with neighbours where that is wanted: of their own group, so that no other is decoded
    /// for them.
    pub(crate) fn of(scan: &Scan, frames: &[u32], in_pairs: bool) -> Self {
        let mut neighbours = BTreeMap::new();
        if in_pairs {
            let shown = by_rank(&scan.frames);
            let near = |&rank: &u32| neighbour(&shown, rank as usize).map(|near| (rank, near));
            neighbours.extend(frames.iter().filter_map(near));
        }
        let mut all: Vec<u32> = frames.iter().copied().chain(neighbours.values().map(|near| near.rank)).collect();
        all.sort_unstable();
        all.dedup();
        Self { frames: frames.to_vec(), neighbours, all }
    }

    pub(crate) fn neighbour(&self, rank: u32) -> Option<Neighbour> {
        self.neighbours.get(&rank).copied()
    }

    /// Whether a frame must be decoded.
    pub(crate) fn contains(&self, rank: u32) -> bool {
        self.all.binary_search(&rank).is_ok()
    }

    /// Whether a frame is to be delivered.
    pub(crate) fn is_delivered(&self, rank: u32) -> bool {
        self.frames.binary_search(&rank).is_ok()
    }
}

/// Frames in the order in which they are shown.
fn by_rank(frames: &[PacketFact]) -> Vec<PacketFact> {
    let mut shown = frames.to_vec();
    shown.sort_by_key(|fact| fact.rank);
    shown
}

/// The first frame after this one that is far enough in time, else the last one before.
fn neighbour(shown: &[PacketFact], rank: usize) -> Option<Neighbour> {
    let here = shown.get(rank)?;
    let fits = |there: &&PacketFact| {
        let gap_ms = there.time_ms.abs_diff(here.time_ms);
        there.alone && there.group == here.group && (GAP_MS_MIN as u64..=GAP_MS_MAX as u64).contains(&gap_ms)
    };
    let is_near = |there: &&PacketFact| there.time_ms.abs_diff(here.time_ms) <= GAP_MS_MAX as u64;
    let after = shown[rank + 1..].iter().take_while(is_near).find(fits);
    let found = after.or_else(|| shown[..rank].iter().rev().take_while(is_near).find(fits))?;
    Some(Neighbour { rank: found.rank, after_ms: found.time_ms - here.time_ms })
}
