//! Erasing: what a request covers is taken out of inbox, imagery, tables and every snapshot, and a tombstone is left.
//!
//! The tombstone is written first and names all that there is to do, so a run that was killed at any point is taken up
//! by the next one and comes to the same bytes. What is done is checked by looking at every object, and last noted.

mod archives;
pub mod check;
mod derived;
mod select;
mod snapshots;
mod tables;

use anyhow::Context;
use serde_json::json;
use waymark_datasets::erasure::{self, Erased, OlderSnapshots, Requester, Tombstone};
use waymark_datasets::{Digest, Store, UtcMillis};
use waymark_ingest::plausible::TrustSettings;
use waymark_ingest::receipt::ServerKey;
use waymark_ingest::{erasure as signature, forget};

pub use select::What;

use crate::stage::cover::cover;
use crate::stage::features::map_features;
use crate::stage::publish::publish;

/// What is to be erased, and why.
pub struct Request {
    /// What.
    pub what: What,
    /// Why, in a sentence that names nobody.
    pub reason: String,
    /// Who asked.
    pub requested_by: Requester,
    /// What becomes of snapshots before the latest.
    pub older_snapshots: OlderSnapshots,
    /// When.
    pub now: UtcMillis,
}

/// Writes the tombstone of a request; none if there is nothing that it covers.
pub async fn bury(store: &Store, inbox: &Store, request: Request) -> anyhow::Result<Option<Digest>> {
    let found = select::select(store, inbox, &request.what).await?;
    if found.clips.is_empty() && found.frames.is_empty() && found.files.is_empty() {
        return Ok(None);
    }
    let tombstone = Tombstone {
        version: Tombstone::VERSION,
        erased_at_ms: request.now,
        requested_by: request.requested_by,
        reason: request.reason,
        older_snapshots: request.older_snapshots,
        clips: found.clips.into_iter().collect(),
        manifests: found.manifests.into_iter().collect(),
        frames: found.frames.into_iter().collect(),
        files: found.files.into_iter().collect(),
    };
    Ok(Some(erasure::write(store, &tombstone).await?))
}

/// The tombstones that were not carried out to the end.
pub async fn unfinished(store: &Store) -> anyhow::Result<Vec<Digest>> {
    let mut open = Vec::new();
    for id in erasure::list(store).await? {
        if store.get(&erasure::done_key(id)).await?.is_none() {
            open.push(id);
        }
    }
    Ok(open)
}

/// Does what a tombstone says, checks that nothing of it is left, and notes that. Safe to repeat and to kill. Clips that
/// were held against erased ones are judged anew, by `settings`.
pub async fn carry_out(
    (store, inbox): (&Store, &Store),
    id: Digest,
    settings: &TrustSettings,
) -> anyhow::Result<check::Checked> {
    let tombstone = erasure::read(store, id).await?;
    let key = ServerKey::load_or_create(inbox).await?;
    store.create(&erasure::signature_key(id), signature::sign(&key, id).into()).await?;
    erasure::mark(store, id, &tombstone).await?;
    empty_inbox(inbox, &tombstone).await?;
    // Earlier erasures too: a build that ran beside them may have brought something back.
    let erased = Erased::of_store(store).await?;
    tables::take_out(store, &tombstone, &erased).await?;
    derived::drop_stale(store, tombstone.partitions(), settings).await?;
    snapshots::rewrite_all(store, (id, &tombstone), settings).await?;
    cover(store).await?;
    map_features(store).await?;
    publish(store).await?;
    let checked = check::check(store, Some(inbox), &erased).await.context("run the command again")?;
    let done = json!({ "version": 1, "tombstone": id });
    store.create(&erasure::done_key(id), serde_json::to_vec_pretty(&done)?.into()).await?;
    Ok(checked)
}

async fn empty_inbox(inbox: &Store, tombstone: &Tombstone) -> anyhow::Result<()> {
    let mut erased = Erased::default();
    erased.add(tombstone);
    forget::clips(inbox, &erased.clips).await?;
    for clip in &erased.footage {
        forget::footage(inbox, *clip).await?;
    }
    Ok(())
}
