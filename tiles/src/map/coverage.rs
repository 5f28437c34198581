//! The layer `coverage`: H3 cells, coarser from zoom level to zoom level.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use h3o::{CellIndex, Resolution};
use waymark_datasets::rows::CoverageRow;
use waymark_datasets::{Cell, Octant, Ppm};

use super::block::Level;
use super::ids;
use super::tally::{CellTally, Tally};
use crate::vector::{Item, Rule, Shape, Sheet, Spot, Values, WORLD_BITS};

/// Its name in tiles.
pub(super) const NAME: &str = "coverage";
/// Its attributes.
pub(super) const KEYS: [&str; 8] =
    ["h3_cell", "first_seen_ms", "last_seen_ms", "passes", "devices", "slots", "share_ppm", "frame_id"];

/// The resolution that each zoom level shows: cells of three to seven pixels at the equator, larger elsewhere.
const DETAILS: [u8; 15] = [2, 3, 3, 4, 5, 5, 6, 7, 8, 8, 9, 10, 10, 11, 12];
/// What is kept of a region for the zoom levels above is this fine.
const SUMMARY: u8 = 8;
/// A region itself.
const REGION: u8 = 5;

/// A cell of the finest resolution, and its best frame.
pub(super) struct Fine {
    tally: Tally,
    frame_id: String,
}

/// The cells of the finest resolution, over all epochs.
pub(super) fn tally(rows: &[CoverageRow]) -> BTreeMap<CellIndex, Fine> {
    let mut slots: BTreeMap<(Cell, Octant), Tally> = BTreeMap::new();
    let mut best: BTreeMap<Cell, &CoverageRow> = BTreeMap::new();
    for row in rows {
        let tally = Tally::of_slot(row);
        let slot = slots.entry((row.h3_cell, row.heading_octant));
        slot.and_modify(|held| *held = held.later(tally)).or_insert(tally);
        let held = best.entry(row.h3_cell).or_insert(row);
        *held = std::cmp::min_by_key(*held, row, |row| rank(row));
    }
    let mut cells: BTreeMap<CellIndex, Fine> = BTreeMap::new();
    for ((cell, _), slot) in slots {
        let frame_id = || best.get(&cell).map(|row| row.frame_id.to_string()).unwrap_or_default();
        let fine = |tally| Fine { tally: Tally { cells: 1, ..tally }, frame_id: frame_id() };
        let more = |held: &mut Fine| held.tally = held.tally.with(slot);
        cells.entry(cell.index()).and_modify(more).or_insert_with(|| fine(slot));
    }
    cells
}

/// The best frame is the first, as within a slot.
fn rank(row: &CoverageRow) -> impl Ord + use<> {
    (Reverse(row.frame_quality_ppm), row.frame_accuracy_mm, row.frame_captured_at_ms, row.frame_id)
}

/// Cells as they are seen from near, down to the finest.
pub(super) fn near(finest: &BTreeMap<CellIndex, Fine>) -> Sheet {
    let mut sheet = Sheet::new(NAME, &KEYS, Rule::Areas { details: &DETAILS, coarsest: SUMMARY });
    for (cell, fine) in finest {
        add(&mut sheet, (*cell, &fine.tally), &fine.frame_id);
    }
    let cells: BTreeMap<CellIndex, Tally> = finest.iter().map(|(cell, fine)| (*cell, fine.tally)).collect();
    add_coarser(&mut sheet, &cells, SUMMARY);
    sheet
}

/// Cells as they are seen from afar: `cells` and coarser ones.
pub(super) fn far(cells: &[CellTally], level: Level) -> Sheet {
    let coarsest = if level == Level::TOP { 0 } else { REGION };
    let mut sheet = Sheet::new(NAME, &KEYS, Rule::Areas { details: &DETAILS, coarsest });
    let cells: BTreeMap<CellIndex, Tally> = cells.iter().map(|of| (of.cell, of.tally)).collect();
    for (cell, tally) in &cells {
        add(&mut sheet, (*cell, tally), "");
    }
    add_coarser(&mut sheet, &cells, coarsest);
    sheet
}

/// What is kept of a region for the levels above.
pub(super) fn summary(finest: &BTreeMap<CellIndex, Fine>) -> Vec<CellTally> {
    let mut cells: BTreeMap<CellIndex, Tally> = BTreeMap::new();
    for (cell, fine) in finest {
        merge(&mut cells, *cell, SUMMARY, fine.tally);
    }
    cells.into_iter().map(|(cell, tally)| CellTally { cell, tally }).collect()
}

/// Adds the parents of `cells`, down to `coarsest`.
fn add_coarser(sheet: &mut Sheet, cells: &BTreeMap<CellIndex, Tally>, coarsest: u8) {
    let Some(finest) = cells.keys().next().map(|cell| u8::from(cell.resolution())) else { return };
    let mut held: BTreeMap<CellIndex, Tally> = cells.clone();
    for resolution in (coarsest..finest).rev() {
        let mut coarser = BTreeMap::new();
        held.iter().for_each(|(cell, tally)| merge(&mut coarser, *cell, resolution, *tally));
        coarser.iter().for_each(|(cell, tally)| add(sheet, (*cell, tally), ""));
        held = coarser;
    }
}

fn merge(cells: &mut BTreeMap<CellIndex, Tally>, cell: CellIndex, resolution: u8, tally: Tally) {
    let parent = Resolution::try_from(resolution).ok().and_then(|resolution| cell.parent(resolution));
    if let Some(parent) = parent {
        cells.entry(parent).and_modify(|held| *held = held.with(tally)).or_insert(tally);
    }
}

fn add(sheet: &mut Sheet, (cell, tally): (CellIndex, &Tally), frame_id: &str) {
    let Some(outline) = outline(cell) else { return };
    let mut values = Values::default();
    values.text(0, &cell.to_string());
    values.number(1, tally.first_seen_ms.max(0) as u64);
    values.number(2, tally.last_seen_ms.max(0) as u64);
    values.number(3, tally.passes.into());
    values.number(4, tally.devices.into());
    values.number(5, tally.slots);
    values.number(6, u32::from(share(cell, tally)).into());
    if !frame_id.is_empty() {
        values.text(7, frame_id);
    }
    let mut item = Item::new(Shape::Area, ids::of_cell(cell));
    item.detail = cell.resolution().into();
    sheet.add(&item, &outline, &values);
}

/// Of all slots that a cell has, how many are covered.
fn share(cell: CellIndex, tally: &Tally) -> Ppm {
    let depth = u8::from(Cell::RESOLUTION).saturating_sub(cell.resolution().into());
    Ppm::of(tally.slots, u64::from(Octant::COUNT) * 7u64.pow(depth.into()))
}

/// The corners of a cell, going on where the world ends; none around a pole, where the map ends before.
fn outline(cell: CellIndex) -> Option<Vec<Spot>> {
    const WIDTH: i32 = 1 << WORLD_BITS;
    let mut ring: Vec<Spot> = Vec::with_capacity(8);
    for corner in cell.boundary().iter() {
        let spot = Spot::of_degrees(corner.lat(), corner.lng());
        let step = ring.first().map_or(0, |first| spot.x - first.x);
        let worlds = if step > WIDTH / 2 { -1 } else { i32::from(step < -WIDTH / 2) };
        ring.push(spot.beyond(worlds));
    }
    let is_wide = ring.iter().any(|a| ring.iter().any(|b| a.x - b.x > WIDTH / 2));
    (!is_wide).then_some(ring)
}
