//! Taking up what was left: complete uploads are settled, those past their time are removed.

use std::collections::{BTreeMap, BTreeSet};

use waymark_datasets::{ClipId, Store, UtcMillis};

use super::{PREFIX, Upload, find, parse, parts, refusal, withdraw};
use crate::error::Error;

/// What lies under one clip.
#[derive(Debug, Default)]
struct Found {
    /// When the uploads were opened that there are pieces of.
    opened_at_ms: BTreeSet<i64>,
    has_refusal: bool,
}

/// Removes what is past its time, and pieces of uploads that are no more. Returns the uploads that are complete and
/// wait for a decision. One clip that cannot be looked at stops no other.
pub(crate) async fn sweep(inbox: &Store, now: UtcMillis, retention_hours: u32) -> Result<Vec<Upload>, Error> {
    let mut complete = Vec::new();
    for (clip_id, found) in list(inbox).await? {
        match sweep_clip(inbox, (clip_id, found), now, retention_hours).await {
            Ok(upload) => complete.extend(upload),
            Err(error) => tracing::error!(%clip_id, %error, "an upload cannot be looked at"),
        }
    }
    Ok(complete)
}

async fn sweep_clip(
    inbox: &Store,
    (clip_id, found): (ClipId, Found),
    now: UtcMillis,
    retention_hours: u32,
) -> Result<Option<Upload>, Error> {
    let upload = find(inbox, clip_id).await?;
    let current_ms = upload.as_ref().map(|upload| upload.opened_at.millis());
    // An upload that was opened after the listing has no pieces in it.
    for opened_at_ms in found.opened_at_ms.into_iter().filter(|opened| Some(*opened) != current_ms) {
        if let Ok(opened_at) = opened_at_ms.try_into() {
            inbox.remove_all(&parts::paths(inbox, clip_id, opened_at).await?).await?;
        }
    }
    if found.has_refusal {
        forget_if_old(inbox, clip_id, now.plus_ms(-i64::from(retention_hours) * 3_600_000)).await?;
    }
    match upload {
        Some(upload) if parts::is_complete(inbox, &upload).await? => Ok(Some(upload)),
        Some(upload) if upload.expires_at(retention_hours) <= now => {
            withdraw(inbox, &upload).await?;
            Ok(None)
        }
        _ => Ok(None),
    }
}

async fn forget_if_old(inbox: &Store, clip_id: ClipId, before: UtcMillis) -> Result<(), Error> {
    match refusal::find(inbox, clip_id).await? {
        Some(refusal) if refusal.refused_at_ms <= before => refusal::forget(inbox, clip_id).await,
        _ => Ok(()),
    }
}

async fn list(inbox: &Store) -> Result<BTreeMap<ClipId, Found>, Error> {
    let mut clips: BTreeMap<ClipId, Found> = BTreeMap::new();
    for object in inbox.list(PREFIX).await? {
        let Some((clip_id, object)) = parse(&object.path) else { continue };
        let found = clips.entry(clip_id).or_default();
        found.has_refusal |= object == refusal::OBJECT;
        found.opened_at_ms.extend(parts::opened_at_ms(object));
    }
    Ok(clips)
}
