//! What is known of each slot while frames are looked through.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use crate::hash::Fast;

/// Where a row lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct At {
    pub(super) file: u32,
    pub(super) group: u32,
    pub(super) row: u32,
}

/// The better is the less: quality, turned around; accuracy; time of capture. Frame ids decide what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    worse_ppm: u32,
    pub(super) accuracy_mm: u32,
    pub(super) captured_at_ms: i64,
}

impl Rank {
    pub(super) fn of(quality_ppm: u32, accuracy_mm: u32, captured_at_ms: i64) -> Self {
        Self { worse_ppm: u32::MAX - quality_ppm, accuracy_mm, captured_at_ms }
    }

    pub(super) fn quality_ppm(self) -> u32 {
        u32::MAX - self.worse_ppm
    }
}

/// One row, its clip and device by number.
pub(super) struct Sighting {
    pub(super) cell: u64,
    pub(super) octant: u32,
    pub(super) rank: Rank,
    pub(super) clip: u32,
    pub(super) device: u32,
}

/// One slot.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) cell: u64,
    pub(super) octant: u32,
    pub(super) best: Rank,
    pub(super) at: At,
    pub(super) first_seen_ms: i64,
    pub(super) last_seen_ms: i64,
    pub(super) passes: u32,
    pub(super) devices: u32,
    /// The clip and the device that were seen last: the next row is often of the same.
    last: (u32, u32),
}

/// All slots. Merging is the same in any order, but for the numbers of names.
#[derive(Default)]
pub(super) struct Slots {
    numbers: HashMap<(u64, u32), u32, Fast>,
    slots: Vec<Slot>,
    clips: Numbers,
    devices: Numbers,
    passed: HashSet<(u32, u32), Fast>,
    filmed: HashSet<(u32, u32), Fast>,
    /// Rows as good as the best of their slot was then, but for their frame ids.
    ties: Vec<(u32, Rank, At)>,
}

/// Names in the order in which they came.
#[derive(Default)]
struct Numbers {
    numbers: HashMap<String, u32>,
    names: Vec<String>,
}

impl Numbers {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.numbers.insert(name.into(), number);
        self.names.push(name.into());
        number
    }
}

impl Slots {
    pub(super) fn clip(&mut self, name: &str) -> u32 {
        self.clips.number(name)
    }

    pub(super) fn device(&mut self, name: &str) -> u32 {
        self.devices.number(name)
    }

    pub(super) fn note(&mut self, seen: &Sighting, at: At) {
        let time_ms = seen.rank.captured_at_ms;
        let place = (seen.cell, seen.octant);
        let number = self.number(place, || Slot {
            cell: seen.cell,
            octant: seen.octant,
            best: seen.rank,
            at,
            first_seen_ms: time_ms,
            last_seen_ms: time_ms,
            passes: 0,
            devices: 0,
            last: (u32::MAX, u32::MAX),
        });
        self.improve(number, seen.rank, at);
        let slot = &mut self.slots[number as usize];
        slot.first_seen_ms = slot.first_seen_ms.min(time_ms);
        slot.last_seen_ms = slot.last_seen_ms.max(time_ms);
        if slot.last != (seen.clip, seen.device) {
            slot.last = (seen.clip, seen.device);
            slot.passes += u32::from(self.passed.insert((number, seen.clip)));
            slot.devices += u32::from(self.filmed.insert((number, seen.device)));
        }
    }

    fn number(&mut self, place: (u64, u32), slot: impl FnOnce() -> Slot) -> u32 {
        let next = self.slots.len() as u32;
        let number = *self.numbers.entry(place).or_insert(next);
        if number == next {
            self.slots.push(slot());
        }
        number
    }

    fn improve(&mut self, number: u32, rank: Rank, at: At) {
        let slot = &mut self.slots[number as usize];
        match rank.cmp(&slot.best) {
            Ordering::Less => (slot.best, slot.at) = (rank, at),
            Ordering::Equal if at != slot.at => self.ties.push((number, rank, at)),
            _ => {}
        }
    }

    /// Takes up what another thread found.
    pub(super) fn merge(&mut self, other: Self) {
        let clips: Vec<u32> = other.clips.names.iter().map(|name| self.clip(name)).collect();
        let devices: Vec<u32> = other.devices.names.iter().map(|name| self.device(name)).collect();
        let mut moved = Vec::with_capacity(other.slots.len());
        for slot in other.slots {
            let (best, at) = (slot.best, slot.at);
            let (first_seen_ms, last_seen_ms) = (slot.first_seen_ms, slot.last_seen_ms);
            let number = self.number((slot.cell, slot.octant), || Slot { passes: 0, devices: 0, ..slot });
            self.improve(number, best, at);
            let held = &mut self.slots[number as usize];
            held.first_seen_ms = held.first_seen_ms.min(first_seen_ms);
            held.last_seen_ms = held.last_seen_ms.max(last_seen_ms);
            // Its numbers are those of another thread.
            held.last = (u32::MAX, u32::MAX);
            moved.push(number);
        }
        for (number, clip) in other.passed {
            let (number, clip) = (moved[number as usize], clips[clip as usize]);
            self.slots[number as usize].passes += u32::from(self.passed.insert((number, clip)));
        }
        for (number, device) in other.filmed {
            let (number, device) = (moved[number as usize], devices[device as usize]);
            self.slots[number as usize].devices += u32::from(self.filmed.insert((number, device)));
        }
        self.ties.extend(other.ties.into_iter().map(|(number, rank, at)| (moved[number as usize], rank, at)));
    }

    /// All slots, and of each every row that may be its best.
    pub(super) fn candidates(self) -> (Vec<Slot>, Vec<(At, u32)>) {
        let best = self.slots.iter().zip(0..).map(|(slot, number)| (slot.at, number));
        let is_best = |(number, rank, _): &&(u32, Rank, At)| self.slots[*number as usize].best == *rank;
        let ties = self.ties.iter().filter(is_best).map(|(number, _, at)| (*at, *number));
        let mut candidates: Vec<(At, u32)> = best.chain(ties).collect();
        candidates.sort_unstable();
        candidates.dedup();
        (self.slots, candidates)
    }
}
