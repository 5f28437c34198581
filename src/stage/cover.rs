//! From the frames of a partition to its coverage.

use std::collections::{BTreeMap, BTreeSet};

use waymark_datasets::rows::CoverageRow;
use waymark_datasets::table::write_rows;
use waymark_datasets::{ClipId, Epoch, Partition, Store, Table};

use crate::stage::shelf::Shelf;
use crate::stage::threads;
use crate::stage::trust::left_out;

/// The one file of a partition of coverage.
pub const FILE: &str = "coverage";
/// The tables that coverage is made of, and its own.
const TABLES: [Table; 3] = [Table::Frames, Table::Trust, Table::Coverage];

/// Recomputes the coverage of every partition whose frames, or what is thought of their clips, changed since the latest
/// snapshot; says how many there were. All of them, whichever clips a build was asked for: a snapshot must not hold
/// frames that its coverage does not know. The names of files tell: files of frames never change.
pub async fn cover(store: &Store) -> anyhow::Result<usize> {
    let known = Shelf::of_latest(store, &TABLES).await?;
    let shelf = Shelf::of_bucket(store, &TABLES).await?;
    let doubted = Doubted::of(&known, &shelf).await?;
    let mut covered = 0;
    for at in shelf.partitions(Table::Frames) {
        let is_known =
            known.paths(Table::Frames, at) == shelf.paths(Table::Frames, at) && !doubted.has_changed(&shelf, at);
        if !is_known || shelf.paths(Table::Coverage, at).is_empty() {
            write_rows(store, at, FILE, &compute(&shelf, at, doubted.of_epoch(at)).await?).await?;
            covered += 1;
        }
    }
    Ok(covered)
}

async fn compute(shelf: &Shelf<'_>, at: Partition, left_out: &BTreeSet<ClipId>) -> anyhow::Result<Vec<CoverageRow>> {
    let frames = shelf.files(Table::Frames, at).await?;
    Ok(tokio::task::block_in_place(|| waymark_tiles::coverage(&frames, left_out, threads()))?)
}

/// The clips that do not count, by epoch: as a snapshot has it and as it is now.
pub struct Doubted {
    before: BTreeMap<Epoch, BTreeSet<ClipId>>,
    now: BTreeMap<Epoch, BTreeSet<ClipId>>,
    nobody: BTreeSet<ClipId>,
}

impl Doubted {
    /// Reads both from shelves with the table of trust.
    pub async fn of(known: &Shelf<'_>, shelf: &Shelf<'_>) -> anyhow::Result<Self> {
        let mut doubted = Self { before: BTreeMap::new(), now: BTreeMap::new(), nobody: BTreeSet::new() };
        let epochs: BTreeSet<Epoch> = shelf.partitions(Table::Frames).filter_map(|at| at.epoch).collect();
        for epoch in epochs {
            doubted.before.insert(epoch, left_out(known, epoch).await?);
            doubted.now.insert(epoch, left_out(shelf, epoch).await?);
        }
        Ok(doubted)
    }

    /// Whether other clips than before do not count, among those with frames in a partition.
    pub fn has_changed(&self, shelf: &Shelf<'_>, at: Partition) -> bool {
        let at_epoch = |of: &BTreeMap<Epoch, BTreeSet<ClipId>>| at.epoch.and_then(|epoch| of.get(&epoch).cloned());
        let (before, now) = (at_epoch(&self.before).unwrap_or_default(), at_epoch(&self.now).unwrap_or_default());
        let others: BTreeSet<String> = before.symmetric_difference(&now).map(ToString::to_string).collect();
        // Files of frames are named by their clips.
        let clip = |path: &str| path.rsplit('/').next()?.strip_suffix(".parquet").map(str::to_owned);
        shelf.paths(Table::Frames, at).into_iter().filter_map(clip).any(|clip| others.contains(&clip))
    }

    /// Those that do not count now.
    pub fn of_epoch(&self, at: Partition) -> &BTreeSet<ClipId> {
        at.epoch.and_then(|epoch| self.now.get(&epoch)).unwrap_or(&self.nobody)
    }
}
