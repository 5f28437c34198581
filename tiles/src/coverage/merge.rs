//! From what each thread found to rows: each thread takes the slots between two places.

use waymark_datasets::rows::CoverageRow;
use waymark_datasets::{ClipId, DeviceId, Epoch, FrameId, Invalid, UtcMillis, snapshot};

use super::slots::{NONE, Numbers, Place, Sighting, Slot, Slots};
use crate::vector::in_parallel;

/// The rows of the table, in order: the same however the frames were shared out.
pub(super) fn rows(found: &[Slots], threads: usize) -> Result<Vec<CoverageRow>, String> {
    let (passes, bounds) = (Passes::of(found), bounds(found, threads));
    let share = |(): &mut (), share: usize| {
        let is_here = |place: Place| bounds.partition_point(|bound| *bound <= place) == share;
        Share::of(found, &passes, is_here).rows(&passes)
    };
    let shares = in_parallel((threads, threads), || (), share).into_iter();
    let shares: Vec<Vec<CoverageRow>> = shares.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    Ok(shares.into_iter().flatten().collect())
}

/// Where so many shares of about as many slots part.
fn bounds(found: &[Slots], shares: usize) -> Vec<Place> {
    let mut sample: Vec<Place> =
        found.iter().flat_map(|one| one.slots.iter().step_by(64)).map(|slot| slot.place).collect();
    sample.sort_unstable();
    (1..shares).filter_map(|share| sample.get(share * sample.len() / shares).copied()).collect()
}

/// Who filmed, over all threads.
#[derive(Default)]
struct Passes {
    clips: Numbers<ClipId>,
    devices: Numbers<DeviceId>,
    passes: Numbers<(u32, u32)>,
    /// By thread, the number here of each of its passes.
    moves: Vec<Vec<u32>>,
}

impl Passes {
    fn of(found: &[Slots]) -> Self {
        let mut all = Self::default();
        for one in found {
            let clips: Vec<u32> = one.clips.things.iter().map(|clip| all.clips.number(*clip)).collect();
            let devices: Vec<u32> =
                one.devices.things.iter().map(|device| all.devices.number(device.clone())).collect();
            let pass =
                |(clip, device): &(u32, u32)| all.passes.number((clips[*clip as usize], devices[*device as usize]));
            let moves = one.passes.things.iter().map(pass).collect();
            all.moves.push(moves);
        }
        all
    }

    fn frame(&self, seen: Sighting) -> FrameId {
        let (clip, _) = self.passes.things[seen.pass as usize];
        FrameId::derive(self.clips.things[clip as usize], seen.frame)
    }

    /// How many clips and how many devices are among passes.
    fn count(&self, passes: &[u32]) -> (u32, u32) {
        let distinct = |of: fn((u32, u32)) -> u32| {
            let mut numbers: Vec<u32> = passes.iter().map(|pass| of(self.passes.things[*pass as usize])).collect();
            numbers.sort_unstable();
            numbers.dedup();
            numbers.len() as u32
        };
        (distinct(|(clip, _)| clip), distinct(|(_, device)| device))
    }
}

/// The slots between two places.
struct Share {
    slots: Vec<Slot>,
    /// The passes of each slot, one slot's after the other's, with repetitions.
    passes: Vec<u32>,
    /// Where those of each slot begin, and the end.
    begins: Vec<usize>,
}

impl Share {
    fn of(found: &[Slots], passes: &Passes, is_here: impl Fn(Place) -> bool) -> Self {
        let (mut numbers, mut slots, mut seen) = (Numbers::default(), Vec::new(), Vec::new());
        for (one, moves) in found.iter().zip(&passes.moves) {
            let mut take_up = |slot: &Slot| {
                if !is_here(slot.place) {
                    return NONE;
                }
                let number = numbers.number(slot.place);
                if number as usize == slots.len() {
                    slots.push(Slot::unseen(slot.place));
                }
                let best = Sighting { pass: moves[slot.best.pass as usize], ..slot.best };
                let held: &mut Slot = &mut slots[number as usize];
                held.improve(best, |seen| passes.frame(seen));
                held.widen(slot.first_seen_ms, slot.last_seen_ms);
                number
            };
            let taken: Vec<u32> = one.slots.iter().map(&mut take_up).collect();
            let moved = one.seen.iter().map(|(slot, pass)| (taken[*slot as usize], moves[*pass as usize]));
            seen.extend(moved.filter(|(slot, _)| *slot != NONE));
        }
        let (passes, begins) = by_slot(&seen, slots.len());
        Self { slots, passes, begins }
    }

    /// In order.
    fn rows(&self, passes: &Passes) -> Result<Vec<CoverageRow>, Invalid> {
        let seen = self.begins.windows(2).map(|ends| &self.passes[ends[0]..ends[1]]);
        let mut slots: Vec<(&Slot, &[u32])> = self.slots.iter().zip(seen).collect();
        slots.sort_unstable_by_key(|(slot, _)| slot.place);
        let row = |(slot, seen): (&Slot, _)| row(slot, passes.frame(slot.best), passes.count(seen));
        slots.into_iter().map(row).collect()
    }
}

/// Passes by slot, and where each slot's begin.
fn by_slot(seen: &[(u32, u32)], slots: usize) -> (Vec<u32>, Vec<usize>) {
    let mut begins = vec![0; slots + 1];
    seen.iter().for_each(|(slot, _)| begins[*slot as usize + 1] += 1);
    for slot in 0..slots {
        begins[slot + 1] += begins[slot];
    }
    let (mut passes, mut next) = (vec![0; seen.len()], begins.clone());
    for (slot, pass) in seen {
        passes[next[*slot as usize]] = *pass;
        next[*slot as usize] += 1;
    }
    (passes, begins)
}

fn row(slot: &Slot, frame_id: FrameId, (passes, devices): (u32, u32)) -> Result<CoverageRow, Invalid> {
    let (h3_cell, best) = (slot.place.cell()?, slot.best.rank);
    let frame_captured_at_ms = UtcMillis::try_from(best.captured_at_ms)?;
    let at = (Epoch::of(frame_captured_at_ms), h3_cell.region());
    Ok(CoverageRow {
        h3_cell,
        heading_octant: slot.place.octant()?,
        passes,
        devices,
        first_seen_ms: slot.first_seen_ms.try_into()?,
        last_seen_ms: slot.last_seen_ms.try_into()?,
        frame_id,
        frame_captured_at_ms,
        frame_quality_ppm: best.quality_ppm().try_into()?,
        frame_accuracy_mm: best.accuracy_mm,
        frame_image_path: snapshot::image_key(at, frame_id),
    })
}
