//! A snapshot of what is in the bucket, with all that is made from it.

use waymark_datasets::{Digest, Store, snapshot};
use waymark_tiles::changes;

use crate::stage::guide;
use crate::stage::tiles::{self, Drawn};

/// Writes a snapshot, then what is made from it, and shows it to readers last: they find it whole. The feed tells what
/// changed.
pub async fn publish(store: &Store) -> anyhow::Result<(Digest, Drawn)> {
    let id = snapshot::write(store).await?;
    let drawn = tiles::draw(store, id).await?;
    guide::write(store).await?;
    snapshot::make_latest(store, id).await?;
    // What a run that was killed here left out, the next one adds.
    changes::append(store, id).await?;
    Ok((id, drawn))
}
