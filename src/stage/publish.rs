//! From the frames that are in the bucket to what readers take: coverage, features, a snapshot, and what changed with it.

use waymark_datasets::{Digest, Store, snapshot};
use waymark_tiles::changes;

use crate::stage::cover::cover;
use crate::stage::features::map_features;

/// What publishing came to.
pub struct Published {
    /// Partitions of coverage that were computed anew.
    pub coverage: usize,
    /// Partitions of features that were computed anew.
    pub features: usize,
    /// The latest snapshot.
    pub snapshot: Digest,
}

/// Publishes all that is in the bucket; nothing happens if it is published already.
pub async fn publish(store: &Store) -> anyhow::Result<Published> {
    let coverage = cover(store).await?;
    let features = map_features(store).await?;
    Ok(Published { coverage, features, snapshot: publish_as_is(store).await? })
}

/// Publishes the tables as they are, without computing any anew.
pub async fn publish_as_is(store: &Store) -> anyhow::Result<Digest> {
    let snapshot = snapshot::publish(store).await?;
    // What a run that was killed here left out, the next one adds.
    changes::append(store, snapshot).await?;
    Ok(snapshot)
}
