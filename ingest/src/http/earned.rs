//! What the frames of a clip earned: lines of the statements of closed epochs.

use std::collections::{BTreeMap, BTreeSet};

use waymark_datasets::rows::StatementRow;
use waymark_datasets::table::decode_where;
use waymark_datasets::{Amount, ClipId, Epoch, FrameId, Store, epoch_key, statements_key};

use super::service::Service;
use crate::error::Error;

/// Statements of an epoch that are larger are not searched for one clip: whoever wants to know reads the table.
const STATEMENTS_MAX_BYTES: u64 = 128 << 20;

/// What frames of one clip earned, by closed epoch.
pub(super) struct Earned(BTreeMap<Epoch, BTreeMap<FrameId, Amount>>);

impl Earned {
    /// Nothing where the frame won no slot; none while its epoch is open.
    pub(super) fn of_frame(&self, epoch: Epoch, frame: Option<FrameId>) -> Option<Amount> {
        let amounts = self.0.get(&epoch)?;
        Some(frame.and_then(|frame| amounts.get(&frame).copied()).unwrap_or(Amount::ZERO))
    }
}

/// Looks `clip_id` up in the statements of those of `epochs` that are closed, one file in memory at a time.
pub(super) async fn earned(service: &Service, clip_id: ClipId, epochs: BTreeSet<Epoch>) -> Result<Earned, Error> {
    let mut earned = BTreeMap::new();
    for epoch in epochs {
        let store = &service.buckets.store;
        if store.get(&epoch_key(epoch)).await?.is_none() || !is_searchable(store, epoch).await? {
            continue;
        }
        let turn = service.statements.acquire().await;
        earned.insert(epoch, of_clip(store, epoch, clip_id).await?);
        drop(turn);
    }
    Ok(Earned(earned))
}

async fn is_searchable(store: &Store, epoch: Epoch) -> Result<bool, Error> {
    let key = statements_key(epoch);
    let folder = key.rsplit_once('/').map_or("", |(folder, _)| folder);
    let listed = store.list(folder).await?;
    Ok(listed.iter().any(|object| object.path == key && object.size_bytes <= STATEMENTS_MAX_BYTES))
}

async fn of_clip(store: &Store, epoch: Epoch, clip_id: ClipId) -> Result<BTreeMap<FrameId, Amount>, Error> {
    let key = statements_key(epoch);
    let gone = || Error::Damaged { path: key.clone(), reason: "it is not there".into() };
    let bytes = store.get(&key).await?.ok_or_else(gone)?;
    let path = key.clone();
    // Decoding takes a thread for a while.
    let search = move || decode_where::<StatementRow>(&path, bytes, |row| row.clip_id == clip_id);
    let stopped = |error: tokio::task::JoinError| Error::Damaged { path: key.clone(), reason: error.to_string() };
    let rows = tokio::task::spawn_blocking(search).await.map_err(stopped)??;
    let mut amounts: BTreeMap<FrameId, Amount> = BTreeMap::new();
    for row in rows {
        let amount = amounts.entry(row.frame_id).or_insert(Amount::ZERO);
        *amount = [*amount, row.amount].into_iter().sum();
    }
    Ok(amounts)
}
