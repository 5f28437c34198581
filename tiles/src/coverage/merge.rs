//! From what each thread found to rows: each thread takes the slots between two places.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::slice;

use waymark_datasets::rows::CoverageRow;
use waymark_datasets::{ClipId, DeviceId, Epoch, FrameId, Invalid, Region, UtcMillis, snapshot};

use super::slots::{Numbers, Parent, Sighting, Slot, Slots};
use crate::vector::in_parallel;

/// What one thread found, and the numbers of its parents of slots in the order of the table.
pub(super) struct Sorted {
    found: Slots,
    order: Vec<(Parent, u32)>,
}

impl From<Slots> for Sorted {
    fn from(found: Slots) -> Self {
        let mut order: Vec<(Parent, u32)> = found.parents.things.iter().copied().zip(0..).collect();
        order.sort_unstable();
        Self { found, order }
    }
}

impl Sorted {
    /// Where one of the shares that part at `bounds` begins.
    fn begin(&self, share: usize, bounds: &[Parent]) -> usize {
        let Some(at) = share.checked_sub(1) else { return 0 };
        bounds.get(at).map_or(self.order.len(), |bound| self.order.partition_point(|(parent, _)| parent < bound))
    }
}

/// The rows of the table, in order: the same however the frames were shared out.
pub(super) fn rows(found: &[Sorted], threads: usize) -> Result<Vec<CoverageRow>, String> {
    let (filmed, bounds) = (Filmed::of(found), bounds(found, threads));
    let share = |(): &mut (), share: usize| {
        let here = |one: &Sorted| one.begin(share, &bounds)..one.begin(share + 1, &bounds);
        share_of(&found.iter().map(|one| (&one.found, &one.order[here(one)])).collect::<Vec<_>>(), &filmed)
    };
    let shares: Result<Vec<Vec<CoverageRow>>, Invalid> =
        in_parallel((threads, threads), || (), share).into_iter().collect();
    let join = |mut rows: Vec<CoverageRow>, more| {
        rows.extend(more);
        rows
    };
    Ok(shares.map_err(|error| error.to_string())?.into_iter().reduce(join).unwrap_or_default())
}

/// Where so many shares of about as many slots part.
fn bounds(found: &[Sorted], shares: usize) -> Vec<Parent> {
    let mut parents: Vec<Parent> = found.iter().flat_map(|one| &one.order).map(|(parent, _)| *parent).collect();
    parents.sort_unstable();
    (1..shares).filter_map(|share| parents.get(share * parents.len() / shares).copied()).collect()
}

/// Who filmed, over all threads: numbers of theirs become numbers here.
#[derive(Default)]
struct Filmed {
    clips: Numbers<ClipId>,
    devices: Numbers<DeviceId>,
    /// By thread, each of its clips.
    clips_by_thread: Vec<Vec<u32>>,
    /// By thread, the clip and the device of each of its passes.
    passes_by_thread: Vec<Vec<(u32, u32)>>,
}

impl Filmed {
    fn of(found: &[Sorted]) -> Self {
        let mut all = Self::default();
        for Sorted { found, .. } in found {
            let clips: Vec<u32> = found.clips.things.iter().map(|clip| all.clips.number(*clip)).collect();
            let devices: Vec<u32> =
                found.devices.things.iter().map(|device| all.devices.number(device.clone())).collect();
            let pass = |(clip, device): &(u32, u32)| (clips[*clip as usize], devices[*device as usize]);
            all.passes_by_thread.push(found.passes.things.iter().map(pass).collect());
            all.clips_by_thread.push(clips);
        }
        all
    }

    fn frame(&self, seen: Sighting) -> FrameId {
        FrameId::derive(self.clips.things[seen.clip as usize], seen.frame)
    }
}

/// How many different things were met in a slot, by their numbers.
struct Different {
    slot: u32,
    /// Of each thing, the slot in which it was met last.
    met: Vec<u32>,
    count: u32,
}

impl Different {
    fn of(things: usize) -> Self {
        Self { slot: 0, met: vec![0; things], count: 0 }
    }

    fn next_slot(&mut self) {
        self.slot += 1;
        self.count = 0;
    }

    fn meet(&mut self, thing: u32) {
        let met = &mut self.met[thing as usize];
        self.count += u32::from(*met != self.slot);
        *met = self.slot;
    }
}

/// What a thread found, and some of its parents.
type Here<'a> = (&'a Slots, &'a [(Parent, u32)]);
/// What is left of a thread's parents.
type Head<'a> = Peekable<slice::Iter<'a, (Parent, u32)>>;

/// The rows of some parents of each thread, each thread's in order.
fn share_of(found: &[Here], filmed: &Filmed) -> Result<Vec<CoverageRow>, Invalid> {
    let mut heads: Vec<Head> = found.iter().map(|(_, order)| order.iter().peekable()).collect();
    let mut share = Share::of(filmed);
    while let Some(parent) = heads.iter_mut().filter_map(|head| head.peek().map(|(parent, _)| *parent)).min() {
        let here = |head: &mut Head| head.next_if(|(next, _)| *next == parent).map(|(_, number)| *number);
        let numbers: Vec<Option<u32>> = heads.iter_mut().map(here).collect();
        for child in Parent::children() {
            let of_thread = |(thread, number): (usize, &Option<u32>)| {
                let slots = found[thread].0;
                Some((thread, slots, slots.child((*number)?, child)?))
            };
            share.add(numbers.iter().enumerate().filter_map(of_thread))?;
        }
    }
    Ok(share.rows)
}

/// Rows as they come.
struct Share<'a> {
    filmed: &'a Filmed,
    clips: Different,
    devices: Different,
    /// What the keys of images begin with.
    folders: BTreeMap<(Epoch, Region), String>,
    rows: Vec<CoverageRow>,
}

impl<'a> Share<'a> {
    fn of(filmed: &'a Filmed) -> Self {
        let (clips, devices) = (filmed.clips.things.len(), filmed.devices.things.len());
        let (clips, devices) = (Different::of(clips), Different::of(devices));
        Self { filmed, clips, devices, folders: BTreeMap::new(), rows: Vec::new() }
    }

    /// Adds the row of a slot from what threads, by number, know of it; none if none knows it.
    fn add<'s>(&mut self, seen: impl Iterator<Item = (usize, &'s Slots, &'s Slot)>) -> Result<(), Invalid> {
        self.clips.next_slot();
        self.devices.next_slot();
        let mut whole: Option<Slot> = None;
        for (thread, slots, slot) in seen {
            let whole = whole.get_or_insert(Slot::unseen(slot.place));
            let clip = self.filmed.clips_by_thread[thread][slot.best.clip as usize];
            whole.improve(Sighting { clip, ..slot.best }, |seen| self.filmed.frame(seen));
            whole.widen(slot.first_seen_ms, slot.last_seen_ms);
            for pass in slots.passes_of(slot) {
                let (clip, device) = self.filmed.passes_by_thread[thread][pass as usize];
                self.clips.meet(clip);
                self.devices.meet(device);
            }
        }
        whole.map_or(Ok(()), |whole| self.row(&whole).map(|row| self.rows.push(row)))
    }

    fn row(&mut self, slot: &Slot) -> Result<CoverageRow, Invalid> {
        let (h3_cell, best) = (slot.place.cell()?, slot.best.rank);
        let (frame_id, frame_captured_at_ms) =
            (self.filmed.frame(slot.best), UtcMillis::try_from(best.captured_at_ms)?);
        let at = (Epoch::of(frame_captured_at_ms), h3_cell.region());
        let folder = self.folders.entry(at).or_insert_with(|| snapshot::image_folder(at));
        Ok(CoverageRow {
            h3_cell,
            heading_octant: slot.place.octant()?,
            passes: self.clips.count,
            devices: self.devices.count,
            first_seen_ms: slot.first_seen_ms.try_into()?,
            last_seen_ms: slot.last_seen_ms.try_into()?,
            frame_id,
            frame_captured_at_ms,
            frame_quality_ppm: best.quality_ppm().try_into()?,
            frame_accuracy_mm: best.accuracy_mm,
            frame_image_path: snapshot::image_key_in(folder, frame_id),
        })
    }
}
