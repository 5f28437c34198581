//! What is known of each slot while frames are looked through.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::ops::Range;

use crate::hash::Fast;
use crate::vector::in_parallel;

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

/// One row; who filmed it by number.
pub(super) struct Sighting {
    pub(super) cell: u64,
    pub(super) octant: u32,
    pub(super) rank: Rank,
    pub(super) pass: u32,
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
    /// The pass that was seen last: the next row is often of the same.
    last: u32,
}

/// What one thread finds.
#[derive(Default)]
pub(super) struct Slots {
    numbers: HashMap<(u64, u32), u32, Fast>,
    slots: Vec<Slot>,
    /// The slot of the row before: the next one is often in the same.
    here: Option<((u64, u32), u32)>,
    clips: Numbers,
    devices: Numbers,
    passes: HashMap<(u32, u32), u32, Fast>,
    /// Clip and device of each pass.
    passing: Vec<(u32, u32)>,
    /// Slot and pass, with repetitions.
    seen: Vec<(u32, u32)>,
    /// Rows as good as the best of their slot was then, but for their frame ids.
    ties: Vec<(u32, Rank, At)>,
}

/// The numbers that one thread's slots and passes have among those of all.
struct Moves {
    slots: Vec<u32>,
    passes: Vec<u32>,
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

    /// The number of a clip of a device.
    pub(super) fn pass(&mut self, clip: u32, device: u32) -> u32 {
        let next = self.passing.len() as u32;
        let number = *self.passes.entry((clip, device)).or_insert(next);
        if number == next {
            self.passing.push((clip, device));
        }
        number
    }

    pub(super) fn note(&mut self, seen: &Sighting, at: At) {
        let time_ms = seen.rank.captured_at_ms;
        let place = (seen.cell, seen.octant);
        let number = match self.here {
            Some((here, number)) if here == place => number,
            _ => self.number(place, || Slot {
                cell: seen.cell,
                octant: seen.octant,
                best: seen.rank,
                at,
                first_seen_ms: time_ms,
                last_seen_ms: time_ms,
                passes: 0,
                devices: 0,
                last: u32::MAX,
            }),
        };
        self.here = Some((place, number));
        self.improve(number, seen.rank, at);
        let slot = &mut self.slots[number as usize];
        slot.first_seen_ms = slot.first_seen_ms.min(time_ms);
        slot.last_seen_ms = slot.last_seen_ms.max(time_ms);
        if slot.last != seen.pass {
            slot.last = seen.pass;
            self.seen.push((number, seen.pass));
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

    /// What several threads found, as if one had: the same in any order.
    pub(super) fn merged(found: &[Self], threads: usize) -> Self {
        let mut all = Self::default();
        let moves: Vec<Moves> = found.iter().map(|other| all.take_up(other)).collect();
        let shares: Vec<(&Self, &Moves)> = found.iter().zip(&moves).collect();
        let at_once = all.slots.len().div_ceil(threads).max(1);
        let count = |(): &mut (), at: usize| all.count(&shares, at * at_once..(at + 1) * at_once);
        let counts = in_parallel((threads, threads), || (), count);
        for (slot, (passes, devices)) in all.slots.iter_mut().zip(counts.into_iter().flatten()) {
            (slot.passes, slot.devices) = (passes, devices);
        }
        all
    }

    /// Takes up the slots of another thread; how many passed them is counted later.
    fn take_up(&mut self, other: &Self) -> Moves {
        let clips: Vec<u32> = other.clips.names.iter().map(|name| self.clip(name)).collect();
        let devices: Vec<u32> = other.devices.names.iter().map(|name| self.device(name)).collect();
        let pass = |&(clip, device): &(u32, u32)| self.pass(clips[clip as usize], devices[device as usize]);
        let passes = other.passing.iter().map(pass).collect();
        let mut slots = Vec::with_capacity(other.slots.len());
        for slot in &other.slots {
            let number = self.number((slot.cell, slot.octant), || slot.clone());
            self.improve(number, slot.best, slot.at);
            let held = &mut self.slots[number as usize];
            held.first_seen_ms = held.first_seen_ms.min(slot.first_seen_ms);
            held.last_seen_ms = held.last_seen_ms.max(slot.last_seen_ms);
            slots.push(number);
        }
        self.ties.extend(other.ties.iter().map(|(number, rank, at)| (slots[*number as usize], *rank, *at)));
        Moves { slots, passes }
    }

    /// How many clips and how many devices passed each of some slots.
    fn count(&self, shares: &[(&Self, &Moves)], slots: Range<usize>) -> Vec<(u32, u32)> {
        let mut seen: Vec<(u32, u32)> = Vec::new();
        for (other, moves) in shares {
            let moved =
                other.seen.iter().map(|&(slot, pass)| (moves.slots[slot as usize], moves.passes[pass as usize]));
            seen.extend(moved.filter(|(slot, _)| slots.contains(&(*slot as usize))));
        }
        seen.sort_unstable();
        seen.dedup();
        let mut names: Vec<u32> = Vec::new();
        let mut distinct = |passes: &[(u32, u32)], of: fn((u32, u32)) -> u32| {
            names.clear();
            names.extend(passes.iter().map(|(_, pass)| of(self.passing[*pass as usize])));
            names.sort_unstable();
            names.dedup();
            names.len() as u32
        };
        let count =
            |passes: &[(u32, u32)]| (distinct(passes, |(clip, _)| clip), distinct(passes, |(_, device)| device));
        seen.chunk_by(|(a, _), (b, _)| a == b).map(count).collect()
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
