//! What followed from erased frames is computed anew: removed here, made again when the bucket is published.

use std::collections::BTreeSet;

use waymark_datasets::{Epoch, Partition, Store, Table};
use waymark_ingest::plausible::TrustSettings;

use crate::stage::cover::{self, Doubted};
use crate::stage::features::{self, followers};
use crate::stage::shelf::Shelf;
use crate::stage::trust::{self, trust};

/// Judges the clips anew that may have been held against those of `changed` partitions. Removes the coverage of those
/// partitions, and of those where others count now, and the features of all of them and of all that take up something
/// of them.
pub async fn drop_stale(
    store: &Store,
    mut changed: BTreeSet<Partition>,
    settings: &TrustSettings,
) -> anyhow::Result<()> {
    let known = Shelf::of_latest(store, &trust::TABLES).await?;
    let judged: BTreeSet<Partition> =
        Shelf::of_bucket(store, &[Table::Trust]).await?.partitions(Table::Trust).collect();
    let epochs: BTreeSet<Epoch> = changed.iter().filter_map(|at| at.epoch).collect();
    let near = trust::around(&judged, &epochs, settings);
    for at in judged.iter().filter(|at| at.epoch.is_some_and(|epoch| near.contains(&epoch))) {
        store.remove(&Table::Trust.key(*at, trust::FILE)).await?;
    }
    trust(store, settings).await?;
    let shelf = Shelf::of_bucket(store, &trust::TABLES).await?;
    let doubted = Doubted::of(&known, &shelf).await?;
    changed.extend(shelf.partitions(Table::Frames).filter(|at| doubted.has_changed(&shelf, *at)));
    for at in &changed {
        store.remove(&Table::Coverage.key(*at, cover::FILE)).await?;
    }
    let mut known = BTreeSet::new();
    for table in [Table::Frames, Table::Features] {
        known.extend(store.list(table.name()).await?.iter().filter_map(|object| Partition::parse(&object.path)));
    }
    for at in followers(&known, &changed) {
        store.remove(&Table::Features.key(at, features::FILE)).await?;
    }
    Ok(())
}
