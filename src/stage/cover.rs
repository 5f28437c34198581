//! From the frames of a partition to its coverage.

use waymark_datasets::rows::CoverageRow;
use waymark_datasets::table::write_rows;
use waymark_datasets::{Partition, Store, Table};

use crate::stage::shelf::Shelf;

/// The one file of a partition of coverage.
pub const FILE: &str = "coverage";
/// The table that coverage is made of, and its own.
const TABLES: [Table; 2] = [Table::Frames, Table::Coverage];

/// Recomputes the coverage of every partition whose frames changed since the latest snapshot; says how many there
/// were. All of them, whichever clips a build was asked for: a snapshot must not hold frames that its coverage
/// does not know. The names of files tell: files of frames never change.
pub async fn cover(store: &Store) -> anyhow::Result<usize> {
    let known = Shelf::of_latest(store, &TABLES).await?;
    let shelf = Shelf::of_bucket(store, &TABLES).await?;
    let mut covered = 0;
    for at in shelf.partitions(Table::Frames) {
        let is_known = known.paths(Table::Frames, at) == shelf.paths(Table::Frames, at);
        if !is_known || shelf.paths(Table::Coverage, at).is_empty() {
            write_rows(store, at, FILE, &compute(&shelf, at).await?).await?;
            covered += 1;
        }
    }
    Ok(covered)
}

async fn compute(shelf: &Shelf<'_>, at: Partition) -> anyhow::Result<Vec<CoverageRow>> {
    let frames = shelf.files(Table::Frames, at).await?;
    Ok(tokio::task::block_in_place(|| waymark_tiles::coverage(&frames))?)
}
