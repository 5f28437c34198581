//! A snapshot of what is in the bucket, with all that is made from it.

use waymark_datasets::{Digest, Store, snapshot};
use waymark_ingest::plausible::TrustSettings;
use waymark_tiles::changes;

use crate::stage::cover::cover;
use crate::stage::features::map_features;
use crate::stage::guide;
use crate::stage::tiles::{self, Drawn};
use crate::stage::trust::trust;
use crate::stage::turn::Turn;

/// What a map came to that was made anew where something is new.
pub struct Renewed {
    /// Partitions of trust.
    pub judged: usize,
    /// Partitions of coverage.
    pub covered: usize,
    /// Partitions of features.
    pub mapped: usize,
    /// What readers find now.
    pub snapshot: Digest,
    /// Its tiles.
    pub tiles: Drawn,
}

/// All that follows from processed clips, in turn with other builders: trust, coverage, features and a snapshot.
pub async fn renew(store: &Store, settings: &TrustSettings) -> anyhow::Result<Renewed> {
    let turn = Turn::take(store).await?;
    let judged = trust(store, settings).await?;
    let covered = cover(store).await?;
    let mapped = map_features(store).await?;
    let (snapshot, tiles) = publish(store).await?;
    turn.give_back().await?;
    Ok(Renewed { judged, covered, mapped, snapshot, tiles })
}

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
