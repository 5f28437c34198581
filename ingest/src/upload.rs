//! Clips on their way: what a client may resume, as objects of the inbox, so that any node can go on.
//!
//! Layout: `uploads/{shard}/{clip}.opening.json` says which manifest is being uploaded; the files lie in pieces,
//! `uploads/{shard}/{clip}.{opened at}.{sha256}.{offset}`; `uploads/{shard}/{clip}.refusal.json` is what is left of a
//! clip that was refused. Pieces are named by when their upload was opened, so that a writer that lives on from an
//! upload that was given up cannot add to the next one.

pub(crate) mod parts;
pub(crate) mod refusal;
pub(crate) mod settle;
pub(crate) mod sweep;
pub(crate) mod whole;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use waymark_datasets::{ClipId, Created, DeviceId, Digest, Store, UtcMillis};

use crate::error::Error;
use crate::manifest::{Manifest, MediaEntry};
use crate::{jws, quota, shard};

/// A clip whose media are awaited or not yet decided on.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) jws: Bytes,
    pub(crate) device_id: DeviceId,
    pub(crate) manifest: Manifest,
    pub(crate) opened_at: UtcMillis,
}

impl Upload {
    pub(crate) fn clip_id(&self) -> ClipId {
        self.manifest.clip_id
    }

    /// The file with this SHA-256; a clip never has two.
    pub(crate) fn entry(&self, digest: Digest) -> Option<&MediaEntry> {
        self.manifest.media.iter().find(|entry| entry.sha256 == digest)
    }

    /// When what is not complete by then is given up.
    pub(crate) fn expires_at(&self, retention_hours: u32) -> UtcMillis {
        self.opened_at.plus_ms(i64::from(retention_hours) * 3_600_000)
    }
}

pub(crate) const PREFIX: &str = "uploads";
const VERSION: u32 = 1;

/// As it is stored.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Opening {
    version: u32,
    opened_at_ms: UtcMillis,
    manifest: String,
}

/// Opens `upload`, whose manifest was judged. If one is open for the clip, it stays as it is: the caller compares the
/// manifests.
pub(crate) async fn open(inbox: &Store, upload: Upload) -> Result<Opened, Error> {
    let key = opening_key(upload.clip_id());
    let damaged = |reason: String| Error::Damaged { path: key.clone(), reason };
    let manifest = String::from_utf8(upload.jws.to_vec()).map_err(|error| damaged(error.to_string()))?;
    let opening = Opening { version: VERSION, opened_at_ms: upload.opened_at, manifest };
    let json = serde_json::to_vec(&opening).map_err(|error| damaged(error.to_string()))?;
    match inbox.create(&key, json.into()).await? {
        Created::New => Ok(Opened { upload: Some(upload), is_new: true }),
        // None if it was withdrawn again in this moment.
        Created::Existed => Ok(Opened { upload: find(inbox, upload.clip_id()).await?, is_new: false }),
    }
}

/// What opening came to.
pub(crate) struct Opened {
    pub(crate) upload: Option<Upload>,
    pub(crate) is_new: bool,
}

/// The open upload of a clip.
pub(crate) async fn find(inbox: &Store, clip_id: ClipId) -> Result<Option<Upload>, Error> {
    let path = opening_key(clip_id);
    let damaged = |reason: String| Error::Damaged { path: path.clone(), reason };
    let Some(json) = inbox.get(&path).await? else { return Ok(None) };
    let opening: Opening = serde_json::from_slice(&json).map_err(|error| damaged(error.to_string()))?;
    let jws = Bytes::from(opening.manifest);
    let signed = jws::verify(&jws, u64::MAX).map_err(|error| damaged(error.to_string()))?;
    let manifest = Manifest::parse(&signed.payload).map_err(|error| damaged(error.to_string()))?;
    if (opening.version, manifest.clip_id) != (VERSION, clip_id) {
        return Err(damaged("it is about something else".into()));
    }
    Ok(Some(Upload { jws, device_id: signed.device_id, manifest, opened_at: opening.opened_at_ms }))
}

/// Whether an upload of the clip is open.
pub(crate) async fn is_open(inbox: &Store, clip_id: ClipId) -> Result<bool, Error> {
    Ok(inbox.get(&opening_key(clip_id)).await?.is_some())
}

/// Removes an upload, durably: first what makes it one, then its pieces. Safe to repeat and to kill.
pub(crate) async fn withdraw(inbox: &Store, upload: &Upload) -> Result<(), Error> {
    Ok(inbox.remove_all(&all_of(inbox, upload).await?).await?)
}

/// Removes an upload that was decided on. If a power cut brings it back, it is decided on once more, and alike.
async fn clear(inbox: &Store, upload: &Upload) -> Result<(), Error> {
    Ok(inbox.tidy_away(&all_of(inbox, upload).await?).await?)
}

async fn all_of(inbox: &Store, upload: &Upload) -> Result<Vec<String>, Error> {
    let mut all = vec![opening_key(upload.clip_id())];
    all.extend(parts::paths(inbox, upload.clip_id(), upload.opened_at).await?);
    all.push(quota::open_key(&upload.device_id, upload.clip_id()));
    Ok(all)
}

/// Removes all that there is of a clip's uploads.
pub(crate) async fn remove(inbox: &Store, clip_id: ClipId) -> Result<(), Error> {
    shard::remove(inbox, PREFIX, clip_id, "").await
}

/// The clip that an object is of, and which of its objects that is.
pub(crate) fn parse(path: &str) -> Option<(ClipId, &str)> {
    shard::parse(PREFIX, path)
}

fn opening_key(clip_id: ClipId) -> String {
    shard::key(PREFIX, clip_id, "opening.json")
}
