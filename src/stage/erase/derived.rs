//! What followed from erased frames is computed anew: removed here, made again when the bucket is published.

use std::collections::BTreeSet;

use waymark_datasets::{Partition, Store, Table};

use crate::stage::cover;
use crate::stage::features::{self, followers};

/// Removes the coverage of `changed` partitions, and the features of those and of all that take up something of them.
pub async fn drop_stale(store: &Store, changed: &BTreeSet<Partition>) -> anyhow::Result<()> {
    for at in changed {
        store.remove(&Table::Coverage.key(*at, cover::FILE)).await?;
    }
    let mut known = BTreeSet::new();
    for table in [Table::Frames, Table::Features] {
        known.extend(store.list(table.name()).await?.iter().filter_map(|object| Partition::parse(&object.path)));
    }
    for at in followers(&known, changed) {
        store.remove(&Table::Features.key(at, features::FILE)).await?;
    }
    Ok(())
}
