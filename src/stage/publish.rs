//! A snapshot of what is in the bucket, with all that is made from it.

use waymark_datasets::{Digest, Store, snapshot};
use waymark_tiles::changes;

/// Writes a snapshot, shows it to readers, and tells in the feed what changed.
pub async fn publish(store: &Store) -> anyhow::Result<Digest> {
    let id = snapshot::write(store).await?;
    snapshot::make_latest(store, id).await?;
    // What a run that was killed here left out, the next one adds.
    changes::append(store, id).await?;
    Ok(id)
}
