//! From the frames and detections of a partition, and what earlier epochs knew, to its features.

use std::collections::{BTreeMap, BTreeSet};

use waymark_datasets::rows::{CoverageRow, DetectionRow, FeatureRow, FrameRow};
use waymark_datasets::table::{Row, write_rows};
use waymark_datasets::{ClipId, Epoch, FrameId, Heading, Partition, Position, Region, Role, Slot, Store, Table};
use waymark_tiles::FeatureInput;

use crate::stage::cover::Doubted;
use crate::stage::shelf::Shelf;
use crate::stage::trust::left_out;

/// The one file of a partition of features.
pub const FILE: &str = "features";
/// The tables that features are made of, and their own.
pub const TABLES: [Table; 6] =
    [Table::Frames, Table::Clips, Table::Trust, Table::Detections, Table::Coverage, Table::Features];

/// A thing is seen from the other side of a region's border within this distance.
const BORDER_M: f64 = 150.0;
/// So many epochs back, what was covered says whether a thing is new.
const EPOCHS_BACK_MAX: usize = 26;

/// Recomputes the features of every partition that has changed since the latest snapshot, or that follows from one
/// that has: an epoch takes up what earlier ones knew, and frames near the border of a region count in both. Says
/// how many there were.
pub async fn map_features(store: &Store) -> anyhow::Result<usize> {
    let known = Shelf::of_latest(store, &TABLES).await?;
    let mut shelf = Shelf::of_bucket(store, &TABLES).await?;
    let doubted = Doubted::of(&known, &shelf).await?;
    // Regions that are not what they were in an earlier epoch.
    let mut touched: BTreeSet<Region> = BTreeSet::new();
    let mut computed = 0;
    for (epoch, regions) in by_epoch(&shelf) {
        let mut reached: BTreeSet<Region> = BTreeSet::new();
        for region in &regions {
            reached.extend(reaches((&shelf, &known, &doubted), epoch, *region).await?);
        }
        let follows = |region: &Region| around(*region).iter().any(|near| touched.contains(near));
        let stale: Vec<Region> =
            regions.iter().copied().filter(|region| reached.contains(region) || follows(region)).collect();
        for region in &stale {
            let rows = compute(&shelf, epoch, *region).await?;
            write_rows(store, Partition::of(epoch, *region), FILE, &rows).await?;
            computed += 1;
        }
        for region in stale {
            shelf.add(Table::Features, FeatureRow::TABLE.key(Partition::of(epoch, region), FILE));
            touched.insert(region);
        }
    }
    Ok(computed)
}

/// The regions whose features follow from what has changed in a partition since the latest snapshot: itself, and those
/// near to its border that new frames see into.
async fn reaches(
    (shelf, known, doubted): (&Shelf<'_>, &Shelf<'_>, &Doubted),
    epoch: Epoch,
    region: Region,
) -> anyhow::Result<Vec<Region>> {
    let at = Partition::of(epoch, region);
    let is_doubted = doubted.has_changed(shelf, at);
    if !has_changed(shelf, known, at) && !is_doubted {
        return Ok(Vec::new());
    }
    let of = |shelf: &Shelf<'_>, table| shelf.clips(table, at).collect::<BTreeSet<ClipId>>();
    let mut new: BTreeSet<ClipId> = BTreeSet::new();
    for table in [Table::Frames, Table::Detections] {
        let (before, now) = (of(known, table), of(shelf, table));
        if is_doubted || !before.is_subset(&now) {
            return Ok(around(region));
        }
        new.extend(now.difference(&before));
    }
    let new: Vec<FrameRow> = shelf.rows_of(at, &new).await?;
    let sees = |near: &Region| *near == region || new.iter().any(|frame| touches(*near, frame.position()));
    Ok(around(region).into_iter().filter(sees).collect())
}

/// The features of a region as of an epoch, from what the shelf holds of that epoch and of earlier ones.
pub async fn compute(shelf: &Shelf<'_>, epoch: Epoch, region: Region) -> anyhow::Result<Vec<FeatureRow>> {
    let (mut frames, mut detections) = (Vec::new(), Vec::new());
    let left_out = left_out(shelf, around(region).into_iter().map(|near| Partition::of(epoch, near))).await?;
    let (mut previous, mut covered_before) = (Vec::new(), BTreeSet::new());
    for near in around(region) {
        let at = Partition::of(epoch, near);
        let belongs = |position: Position| near == region || touches(region, position);
        let counts = |frame: &FrameRow| belongs(frame.position()) && !left_out.contains(&frame.clip_id);
        let seen: Vec<FrameRow> = shelf.rows(at, counts).await?;
        let ids: BTreeSet<FrameId> = seen.iter().map(|frame| frame.frame_id).collect();
        frames.extend(seen);
        let on_map = |row: &DetectionRow| row.role == Role::Map && ids.contains(&row.frame_id);
        detections.extend(shelf.rows(at, on_map).await?);
        let before: Vec<Partition> = shelf
            .partitions(Table::Frames)
            .filter(|at| at.region == Some(near) && at.epoch.is_some_and(|earlier| earlier < epoch))
            .collect();
        if let Some(latest) = before.last() {
            previous.extend(shelf.rows(*latest, |row: &FeatureRow| belongs(row.position())).await?);
        }
        for at in before.iter().rev().take(EPOCHS_BACK_MAX) {
            let rows: Vec<CoverageRow> = shelf.rows(*at, |_: &CoverageRow| true).await?;
            covered_before.extend(rows.iter().map(|row| Slot { cell: row.h3_cell, octant: row.heading_octant }));
        }
    }
    let (frames, detections, previous) = (frames.as_slice(), detections.as_slice(), previous.as_slice());
    let input = FeatureInput { region, frames, detections, previous, covered_before: &covered_before };
    Ok(tokio::task::block_in_place(|| waymark_tiles::features(&input)))
}

/// The partitions among `known` and `changed` ones whose features may follow from the changed ones, in order: an epoch
/// takes up what earlier ones knew, and frames near the border of a region count in both.
pub fn followers(known: &BTreeSet<Partition>, changed: &BTreeSet<Partition>) -> BTreeSet<Partition> {
    let mut epochs: BTreeMap<Epoch, BTreeSet<Region>> = BTreeMap::new();
    for (epoch, region) in known.union(changed).filter_map(|at| at.epoch.zip(at.region)) {
        epochs.entry(epoch).or_default().insert(region);
    }
    let (mut touched, mut found): (BTreeSet<Region>, _) = (BTreeSet::new(), BTreeSet::new());
    for (epoch, regions) in epochs {
        touched.extend(regions.iter().filter(|region| changed.contains(&Partition::of(epoch, **region))));
        let follows = |region: &Region| around(*region).iter().any(|near| touched.contains(near));
        let stale: Vec<Region> = regions.into_iter().filter(follows).collect();
        found.extend(stale.iter().map(|region| Partition::of(epoch, *region)));
        touched.extend(stale);
    }
    found
}

/// A region and those that share a border with it.
pub fn around(region: Region) -> Vec<Region> {
    let cells: Vec<_> = region.index().grid_disk(1);
    cells.iter().filter_map(|cell| cell.to_string().parse().ok()).collect()
}

/// Whether a place outside of a region is near enough for what is seen from there to lie in it.
fn touches(region: Region, place: Position) -> bool {
    (0..8).any(|eighth| {
        let there = place.destination(Heading::wrapping(f64::from(eighth) * 45.0), BORDER_M);
        Region::at(there) == region
    })
}

/// Epochs in order, and the regions of which there are frames.
fn by_epoch(shelf: &Shelf<'_>) -> BTreeMap<Epoch, BTreeSet<Region>> {
    let mut epochs: BTreeMap<Epoch, BTreeSet<Region>> = BTreeMap::new();
    for at in shelf.partitions(Table::Frames) {
        if let (Some(epoch), Some(region)) = (at.epoch, at.region) {
            epochs.entry(epoch).or_default().insert(region);
        }
    }
    epochs
}

/// The names of files tell: those of a clip never change.
fn has_changed(shelf: &Shelf<'_>, known: &Shelf<'_>, at: Partition) -> bool {
    let differs = |table| shelf.paths(table, at) != known.paths(table, at);
    differs(Table::Frames) || differs(Table::Detections) || shelf.paths(Table::Features, at).is_empty()
}
