//! From the frames of a partition to its coverage.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use waymark_datasets::rows::CoverageRow;
use waymark_datasets::table::{Row, write_rows};
use waymark_datasets::{Partition, Store, Table, snapshot};

/// The one file of a partition of coverage.
pub const FILE: &str = "coverage";

/// Recomputes the coverage of every partition whose frames changed since the latest snapshot; says how many there
/// were. All of them, whichever clips a build was asked for: a snapshot must not hold frames that its coverage
/// does not know.
pub async fn cover(store: &Store) -> anyhow::Result<usize> {
    let known = frames_of_latest(store).await?;
    let mut covered = 0;
    for (at, files) in frames(store).await? {
        let key = CoverageRow::TABLE.key(at, FILE);
        let is_current = known.get(&at) == Some(&files) && store.get(&key).await?.is_some();
        if !is_current {
            write_rows(store, at, FILE, &compute(store, &files).await?).await?;
            covered += 1;
        }
    }
    Ok(covered)
}

async fn compute(store: &Store, files: &BTreeSet<String>) -> anyhow::Result<Vec<CoverageRow>> {
    let mut read: Vec<Bytes> = Vec::new();
    for file in files {
        read.extend(store.get(file).await?);
    }
    Ok(tokio::task::block_in_place(|| waymark_tiles::coverage(&read))?)
}

async fn frames(store: &Store) -> anyhow::Result<BTreeMap<Partition, BTreeSet<String>>> {
    let objects = store.list(Table::Frames.name()).await?;
    Ok(by_partition(objects.into_iter().map(|object| object.path)))
}

/// The frames that the latest snapshot's coverage was made of: files of frames never change.
async fn frames_of_latest(store: &Store) -> anyhow::Result<BTreeMap<Partition, BTreeSet<String>>> {
    let Some(id) = snapshot::latest(store).await? else { return Ok(BTreeMap::new()) };
    let mut paths = Vec::new();
    for part in snapshot::root(store, id).await?.parts {
        paths.extend(snapshot::part(store, &part).await?.files.into_iter().map(|file| file.path));
    }
    let prefix = format!("{}/", Table::Frames.name());
    Ok(by_partition(paths.into_iter().filter(|path| path.starts_with(&prefix))))
}

fn by_partition(paths: impl Iterator<Item = String>) -> BTreeMap<Partition, BTreeSet<String>> {
    let mut partitions: BTreeMap<Partition, BTreeSet<String>> = BTreeMap::new();
    for path in paths {
        if let Some(at) = Partition::parse(&path) {
            partitions.entry(at).or_default().insert(path);
        }
    }
    partitions
}
