//! The tables that can be asked, and how those of several epochs become one.

use std::collections::BTreeMap;

use geo::{Coord, Rect};
use h3o::LatLng;
use waymark_datasets::rows::{CoverageRow, FeatureRow, FrameRow};
use waymark_datasets::table::Row;
use waymark_datasets::{Cell, Epoch, Octant, Region, Slot};

use super::view::Held;

/// A table with places.
pub trait Layer: Row + Clone + 'static {
    /// Whether each partition has taken up what earlier ones of its region knew: then the latest that has any such table
    /// says all. (One of refusals alone has none.)
    const IS_TAKEN_UP: bool = false;

    /// Where the row is, in degrees: x is the longitude.
    fn place(&self) -> Coord;

    /// Its cell.
    fn cell(&self) -> Cell;

    /// About how much memory it takes.
    fn bytes(&self) -> usize;

    /// Which slot of which epoch the row tells of, if it is one that a frame was taken in.
    fn slot_told(&self) -> Option<(Epoch, Slot)>;

    /// The partitions to look into one after the other, as of `until`; those that stand together are merged.
    fn sheaves(parts: &[Held], until: Option<Epoch>) -> Vec<Sheaf>;

    /// Makes one table of the rows of partitions that stand together, in the order of their cells.
    fn merge(rows: Vec<Self>) -> Vec<Self>;
}

/// Partitions whose rows are read as one, by their places in the snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheaf(pub Vec<usize>);

impl Sheaf {
    /// Boxes that hold all of its rows.
    pub(super) fn bounds<'a>(&'a self, parts: &'a [Held]) -> impl Iterator<Item = &'a Rect> {
        self.0.iter().flat_map(|part| &parts[*part].bounds)
    }
}

impl Layer for FrameRow {
    fn place(&self) -> Coord {
        self.position().point().0
    }

    fn cell(&self) -> Cell {
        self.h3_cell
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.image_path.len() + self.device_id.as_str().len() + self.driver.as_str().len()
    }

    fn slot_told(&self) -> Option<(Epoch, Slot)> {
        Some((Epoch::of(self.captured_at_ms), self.slot()))
    }

    /// Every partition by itself, latest epoch first.
    fn sheaves(parts: &[Held], until: Option<Epoch>) -> Vec<Sheaf> {
        let mut found: Vec<usize> =
            (0..parts.len()).filter(|part| until.is_none_or(|at| parts[*part].epoch <= at)).collect();
        found.sort_by_key(|part| (std::cmp::Reverse(parts[*part].epoch), parts[*part].region));
        found.into_iter().map(|part| Sheaf(vec![part])).collect()
    }

    fn merge(mut rows: Vec<Self>) -> Vec<Self> {
        rows.sort_by_key(Row::key);
        rows
    }
}

impl Layer for FeatureRow {
    const IS_TAKEN_UP: bool = true;

    fn place(&self) -> Coord {
        self.position().point().0
    }

    fn cell(&self) -> Cell {
        self.h3_cell
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.feature_id.len() + self.class.as_str().len() + self.evidence.len() * 16
    }

    /// Many slots are behind a feature, and no row says which.
    fn slot_told(&self) -> Option<(Epoch, Slot)> {
        None
    }

    /// All epochs of a region together, of which the latest counts.
    fn sheaves(parts: &[Held], until: Option<Epoch>) -> Vec<Sheaf> {
        by_region(parts, until).into_values().map(Sheaf).collect()
    }

    fn merge(mut rows: Vec<Self>) -> Vec<Self> {
        rows.sort_by_key(Row::key);
        rows
    }
}

impl Layer for CoverageRow {
    fn place(&self) -> Coord {
        let centre = LatLng::from(self.h3_cell.index());
        Coord { x: centre.lng(), y: centre.lat() }
    }

    fn cell(&self) -> Cell {
        self.h3_cell
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.frame_image_path.len()
    }

    fn slot_told(&self) -> Option<(Epoch, Slot)> {
        Some((Epoch::of(self.frame_captured_at_ms), Slot { cell: self.h3_cell, octant: self.heading_octant }))
    }

    /// All epochs of a region together.
    fn sheaves(parts: &[Held], until: Option<Epoch>) -> Vec<Sheaf> {
        by_region(parts, until).into_values().map(Sheaf).collect()
    }

    /// One row for each slot: passes added up, the most devices of an epoch, the frame of the latest epoch.
    fn merge(rows: Vec<Self>) -> Vec<Self> {
        let mut slots: BTreeMap<(Cell, Octant), Self> = BTreeMap::new();
        for row in rows {
            let key = Row::key(&row);
            let merged = match slots.remove(&key) {
                Some(known) => both(known, row),
                None => row,
            };
            slots.insert(key, merged);
        }
        slots.into_values().collect()
    }
}

fn both(a: CoverageRow, b: CoverageRow) -> CoverageRow {
    let (mut latest, other) = if a.last_seen_ms >= b.last_seen_ms { (a, b) } else { (b, a) };
    latest.passes = latest.passes.saturating_add(other.passes);
    latest.devices = latest.devices.max(other.devices);
    latest.first_seen_ms = latest.first_seen_ms.min(other.first_seen_ms);
    latest
}

fn by_region(parts: &[Held], until: Option<Epoch>) -> BTreeMap<Region, Vec<usize>> {
    let mut regions: BTreeMap<Region, Vec<usize>> = BTreeMap::new();
    for (place, part) in parts.iter().enumerate() {
        if until.is_none_or(|at| part.epoch <= at) {
            regions.entry(part.region).or_default().push(place);
        }
    }
    regions
}
