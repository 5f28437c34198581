//! What is left of an uploaded clip that was refused: enough to tell its driver why.

use serde::{Deserialize, Serialize};
use waymark_datasets::{ClipId, DeviceId, Digest, DriverId, Rejection, Store, UtcMillis};

use super::{PREFIX, Upload};
use crate::error::Error;
use crate::shard;

/// A refusal, as it is stored. The published verdict is another object; this one is found by the clip.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refusal {
    version: u32,
    pub(crate) refused_at_ms: UtcMillis,
    pub(crate) device_id: DeviceId,
    pub(crate) driver: DriverId,
    pub(crate) manifest_sha256: Digest,
    pub(crate) reason: waymark_datasets::Reason,
    pub(crate) detail: String,
}

const VERSION: u32 = 1;
pub(super) const OBJECT: &str = "refusal.json";

/// Notes why `upload` was refused. A later refusal of the same clip takes its place.
pub(crate) async fn note(inbox: &Store, upload: &Upload, rejection: &Rejection, now: UtcMillis) -> Result<(), Error> {
    let refusal = Refusal {
        version: VERSION,
        refused_at_ms: now,
        device_id: upload.device_id.clone(),
        driver: upload.manifest.driver.clone(),
        manifest_sha256: Digest::of(&upload.jws),
        reason: rejection.reason,
        detail: rejection.detail.clone(),
    };
    let path = key(upload.clip_id());
    let json = serde_json::to_vec(&refusal);
    let json = json.map_err(|error| Error::Damaged { path: path.clone(), reason: error.to_string() })?;
    Ok(inbox.put(&path, json.into()).await?)
}

/// Why a clip was refused, if it was uploaded and refused.
pub(crate) async fn find(inbox: &Store, clip_id: ClipId) -> Result<Option<Refusal>, Error> {
    let path = key(clip_id);
    let Some(json) = inbox.get(&path).await? else { return Ok(None) };
    serde_json::from_slice(&json).map(Some).map_err(|error| Error::Damaged { path, reason: error.to_string() })
}

/// Forgets it: the published verdict stays.
pub(crate) async fn forget(inbox: &Store, clip_id: ClipId) -> Result<(), Error> {
    Ok(inbox.remove(&key(clip_id)).await?)
}

fn key(clip_id: ClipId) -> String {
    shard::key(PREFIX, clip_id, OBJECT)
}
