//! From the frames of a partition to its coverage.

use std::collections::BTreeSet;

use futures::stream::TryStreamExt;
use waymark_datasets::rows::CoverageRow;
use waymark_datasets::table::write_rows;
use waymark_datasets::{ClipId, Contents, Partition, Store, Table};
use waymark_tiles::coverage;

use crate::stage::shelf::Shelf;
use crate::stage::threads;
use crate::stage::trust::{left_out, uncounted};

/// The one file of a partition of coverage.
pub const FILE: &str = "coverage";
/// The tables that coverage is made of, and its own.
const TABLES: [Table; 4] = [Table::Frames, Table::Clips, Table::Trust, Table::Coverage];

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
            write_rows(store, at, FILE, &compute(&shelf, at).await?).await?;
            covered += 1;
        }
    }
    Ok(covered)
}

/// The coverage of a partition, from what the shelf holds of it.
pub async fn compute(shelf: &Shelf<'_>, at: Partition) -> anyhow::Result<Vec<CoverageRow>> {
    let left_out = left_out(shelf, [at]).await?;
    let frames: Vec<Contents> = shelf.files(Table::Frames, at).try_collect().await?;
    Ok(tokio::task::block_in_place(|| coverage(&frames, &left_out, threads().get()))?)
}

/// The clips that count now and did not in a snapshot, or the other way round.
pub struct Doubted(BTreeSet<ClipId>);

impl Doubted {
    /// From shelves with the table of trust.
    pub async fn of(known: &Shelf<'_>, shelf: &Shelf<'_>) -> anyhow::Result<Self> {
        let mut changed = BTreeSet::new();
        let partitions: BTreeSet<Partition> =
            known.partitions(Table::Trust).chain(shelf.partitions(Table::Trust)).collect();
        for at in partitions {
            if !shelf.is_same(known, Table::Trust, at).await? {
                let (before, now) = (uncounted(known, at).await?, uncounted(shelf, at).await?);
                changed.extend(before.symmetric_difference(&now));
            }
        }
        Ok(Self(changed))
    }

    /// Whether some of them have frames in a partition.
    pub fn has_changed(&self, shelf: &Shelf<'_>, at: Partition) -> bool {
        !self.0.is_empty() && shelf.clips(Table::Frames, at).any(|clip| self.0.contains(&clip))
    }
}
