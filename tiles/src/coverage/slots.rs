//! What one thread knows of each slot while it looks through frames.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::Hash;

use waymark_datasets::{Cell, ClipId, DeviceId, FrameId, Invalid, Octant};

use crate::hash::Fast;

/// Stands for a clip that does not count, and for a slot that belongs to somebody else.
pub(super) const NONE: u32 = u32::MAX;

/// Cell and octant in one number, in the order of the table: the index of a cell has three leading zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place(u64);

impl Place {
    /// Of a row. Whether the cell exists is asked once for each slot.
    pub(super) fn of(cell: u64, octant: u32) -> Result<Self, Invalid> {
        Octant::try_from(u8::try_from(octant).unwrap_or(u8::MAX))?;
        if cell >> 61 != 0 {
            return Err(Invalid::new("cell", format_args!("{cell:x}"), "an H3 cell index"));
        }
        Ok(Self(cell << 3 | u64::from(octant)))
    }

    pub(super) fn cell(self) -> Result<Cell, Invalid> {
        Cell::try_from(self.0 >> 3)
    }

    pub(super) fn octant(self) -> Result<Octant, Invalid> {
        Octant::try_from((self.0 & 7) as u8)
    }
}

/// The better is the less: quality, turned around; accuracy; time of capture. Frame ids decide what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    worse_ppm: u32,
    pub(super) accuracy_mm: u32,
    pub(super) captured_at_ms: i64,
}

impl Rank {
    const WORST: Self = Self { worse_ppm: u32::MAX, accuracy_mm: u32::MAX, captured_at_ms: i64::MAX };

    pub(super) fn of(quality_ppm: u32, accuracy_mm: u32, captured_at_ms: i64) -> Self {
        Self { worse_ppm: u32::MAX - quality_ppm, accuracy_mm, captured_at_ms }
    }

    pub(super) fn quality_ppm(self) -> u32 {
        u32::MAX - self.worse_ppm
    }
}

/// One row; who filmed it by number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sighting {
    pub(super) rank: Rank,
    pub(super) pass: u32,
    /// Its index in the clip.
    pub(super) frame: u32,
}

/// One slot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub(super) place: Place,
    pub(super) best: Sighting,
    pub(super) first_seen_ms: i64,
    pub(super) last_seen_ms: i64,
    /// The pass that was seen last: the next row is often of the same.
    last: u32,
}

impl Slot {
    pub(super) fn unseen(place: Place) -> Self {
        let best = Sighting { rank: Rank::WORST, pass: NONE, frame: NONE };
        Self { place, best, first_seen_ms: i64::MAX, last_seen_ms: i64::MIN, last: NONE }
    }

    /// Takes up a sighting if it is better; `id` names frames.
    pub(super) fn improve(&mut self, seen: Sighting, id: impl Fn(Sighting) -> FrameId) {
        let is_better = match seen.rank.cmp(&self.best.rank) {
            Ordering::Less => true,
            Ordering::Greater => false,
            Ordering::Equal if self.best.pass == NONE => true,
            Ordering::Equal => (seen.pass, seen.frame) != (self.best.pass, self.best.frame) && id(seen) < id(self.best),
        };
        if is_better {
            self.best = seen;
        }
    }

    pub(super) fn widen(&mut self, first_ms: i64, last_ms: i64) {
        self.first_seen_ms = self.first_seen_ms.min(first_ms);
        self.last_seen_ms = self.last_seen_ms.max(last_ms);
    }
}

/// What one thread finds.
#[derive(Default)]
pub(super) struct Slots {
    numbers: Numbers<Place>,
    pub(super) slots: Vec<Slot>,
    pub(super) clips: Numbers<ClipId>,
    pub(super) devices: Numbers<DeviceId>,
    /// Clip and device of each pass.
    pub(super) passes: Numbers<(u32, u32)>,
    /// Slot and pass, with repetitions.
    pub(super) seen: Vec<(u32, u32)>,
}

/// Things numbered in the order in which they came.
pub(super) struct Numbers<T> {
    numbers: HashMap<T, u32, Fast>,
    pub(super) things: Vec<T>,
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self { numbers: HashMap::default(), things: Vec::new() }
    }
}

impl<T: Hash + Eq + Clone> Numbers<T> {
    pub(super) fn number(&mut self, thing: T) -> u32 {
        let next = self.things.len() as u32;
        let number = *self.numbers.entry(thing.clone()).or_insert(next);
        if number == next {
            self.things.push(thing);
        }
        number
    }
}

impl Slots {
    /// Notes rows: where each was filmed, and what it is. All places are looked up first: looking one up does not wait
    /// for the one before.
    pub(super) fn note(&mut self, places: &[Place], rows: impl Iterator<Item = Sighting>) {
        let numbers: Vec<u32> = places.iter().map(|place| self.numbers.number(*place)).collect();
        self.slots.extend(self.numbers.things[self.slots.len()..].iter().map(|place| Slot::unseen(*place)));
        let (clips, passes) = (&self.clips.things, &self.passes.things);
        let id = |seen: Sighting| FrameId::derive(clips[passes[seen.pass as usize].0 as usize], seen.frame);
        for (number, seen) in numbers.into_iter().zip(rows) {
            let slot = &mut self.slots[number as usize];
            slot.improve(seen, id);
            slot.widen(seen.rank.captured_at_ms, seen.rank.captured_at_ms);
            if slot.last != seen.pass {
                slot.last = seen.pass;
                self.seen.push((number, seen.pass));
            }
        }
    }
}
