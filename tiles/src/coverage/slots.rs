//! What one thread knows of each slot while it looks through frames.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use waymark_datasets::{Cell, ClipId, DeviceId, FrameId, Invalid, Octant};

use crate::hash::Fast;

/// Stands for nothing where there are numbers: for the pass of a clip that does not count, for a slot that is not known.
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

    /// What it shares with those around it, and which of them it is.
    fn in_parent(self) -> (Parent, usize) {
        (Parent(self.0 & !(7 << DIGIT | 7)), ((self.0 & 7) << 3 | self.0 >> DIGIT & 7) as usize)
    }
}

/// How far left the last digit of a cell is: below it an index has nine ones.
const DIGIT: u32 = 9 + 3;

/// What the places of a cell at the next coarser resolution share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Parent(u64);

impl Parent {
    /// How many places it can have: eight octants of cells with one of eight last digits.
    pub(super) const CHILDREN: usize = 64;

    /// The numbers of its children in the order of the table, which goes by digit and then by octant. Cells beside each
    /// other, seen the same way, have numbers beside each other.
    pub(super) fn children() -> impl Iterator<Item = usize> {
        (0..Self::CHILDREN).map(|nth| nth % 8 * 8 + nth / 8)
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

/// One row; its clip by number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sighting {
    pub(super) rank: Rank,
    pub(super) clip: u32,
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
    /// The pass that was noted last: the next row is often of the same.
    pass: u32,
    /// Where in [`Slots::before`] the one before is.
    before: u32,
}

impl Slot {
    pub(super) fn unseen(place: Place) -> Self {
        let best = Sighting { rank: Rank::WORST, clip: NONE, frame: NONE };
        Self { place, best, first_seen_ms: i64::MAX, last_seen_ms: i64::MIN, pass: NONE, before: NONE }
    }

    /// Takes up a sighting if it is better; `id` names frames.
    pub(super) fn improve(&mut self, seen: Sighting, id: impl Fn(Sighting) -> FrameId) {
        let is_better = match seen.rank.cmp(&self.best.rank) {
            Ordering::Less => true,
            Ordering::Greater => false,
            Ordering::Equal if self.best.clip == NONE => true,
            Ordering::Equal => (seen.clip, seen.frame) != (self.best.clip, self.best.frame) && id(seen) < id(self.best),
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
    pub(super) parents: Numbers<Parent>,
    /// The slots in each parent.
    children: Vec<[u32; Parent::CHILDREN]>,
    /// The parent that was looked up last, and its number.
    last: Option<(Parent, usize)>,
    slots: Vec<Slot>,
    pub(super) clips: Numbers<ClipId>,
    pub(super) devices: Numbers<DeviceId>,
    /// Clip and device of each pass.
    pub(super) passes: Numbers<(u32, u32)>,
    /// Passes of slots, with repetitions, and where the one before in the same slot is.
    before: Vec<(u32, u32)>,
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
    /// The number of a pass; [`NONE`] if its clip is left out.
    pub(super) fn pass(&mut self, clip: ClipId, device: DeviceId, left_out: &BTreeSet<ClipId>) -> u32 {
        if left_out.contains(&clip) {
            return NONE;
        }
        let pass = (self.clips.number(clip), self.devices.number(device));
        self.passes.number(pass)
    }

    /// Notes a row: where it was filmed, on which pass, and which frame of its clip it is.
    pub(super) fn note(&mut self, place: Place, pass: u32, (rank, frame): (Rank, u32)) {
        let number = self.number(place);
        let (clips, passes) = (&self.clips.things, &self.passes.things);
        let slot = &mut self.slots[number as usize];
        let seen = Sighting { rank, clip: passes[pass as usize].0, frame };
        slot.improve(seen, |seen| FrameId::derive(clips[seen.clip as usize], seen.frame));
        slot.widen(rank.captured_at_ms, rank.captured_at_ms);
        if slot.pass == NONE {
            slot.pass = pass;
        } else if slot.pass != pass {
            self.before.push((slot.pass, slot.before));
            (slot.pass, slot.before) = (pass, self.before.len() as u32 - 1);
        }
    }

    /// The number of a slot. Slots beside each other are looked up beside each other.
    fn number(&mut self, place: Place) -> u32 {
        let (parent, child) = place.in_parent();
        let at = match self.last {
            Some((last, at)) if last == parent => at,
            _ => self.parents.number(parent) as usize,
        };
        self.last = Some((parent, at));
        self.children.resize(self.parents.things.len(), [NONE; Parent::CHILDREN]);
        let number = &mut self.children[at][child];
        if *number == NONE {
            *number = self.slots.len() as u32;
            self.slots.push(Slot::unseen(place));
        }
        *number
    }

    /// One of the slots of a parent, both by number.
    pub(super) fn child(&self, parent: u32, child: usize) -> Option<&Slot> {
        self.slots.get(self.children[parent as usize][child] as usize)
    }

    /// The passes of a slot, with repetitions.
    pub(super) fn passes_of(&self, slot: &Slot) -> impl Iterator<Item = u32> {
        let at = |(_, before): &(u32, u32)| self.before.get(*before as usize).copied();
        std::iter::successors(Some((slot.pass, slot.before)), at).map(|(pass, _)| pass)
    }
}
