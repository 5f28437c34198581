//! Clips that landed: what admission found out, and the raw media.
//!
//! Layout of the inbox: `clips/{shard}/{clip}.media-{sha256}`, and last `clips/{shard}/{clip}.landed.json`, which has
//! the manifest and what was found of it, as its places in the device's chain have. A clip is there when that is:
//! whatever a crash left behind before is completed by the next try, or is garbage. Of two different manifests of one
//! clip, admitted at the same moment, the one that writes it has won.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use waymark_datasets::{
    ClipId, DeviceId, Digest, DriverId, Fix, Heading, Latitude, Longitude, MediaKind, Position, Store, Track, UtcMillis,
};

use crate::error::Error;
use crate::manifest::{Camera, Captured, MediaName};
use crate::shard;

/// One clip in the inbox.
#[derive(Debug, Clone)]
pub struct LandedClip {
    inbox: Store,
    /// Its id.
    pub clip_id: ClipId,
    /// Who signed it.
    pub device_id: DeviceId,
    /// Who is paid for it.
    pub driver: DriverId,
    /// The SHA-256 of its manifest.
    pub manifest_sha256: Digest,
    /// What it was filmed with.
    pub camera: Camera,
    /// Time 0 of the video, or the first still.
    pub start: UtcMillis,
    /// The end of the video, or the last still.
    pub end: UtcMillis,
    /// When it landed here.
    pub landed_at: UtcMillis,
    /// How many clips its device signed before it.
    pub sequence: u64,
    /// The fixes that admission read from the signed media.
    pub track: Track,
    /// Its files, in the order of the manifest.
    pub media: Vec<LandedMedia>,
}

/// One file of a landed clip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LandedMedia {
    /// Its name in the bundle.
    pub name: MediaName,
    /// What it is to us.
    pub kind: MediaKind,
    /// The SHA-256 of its bytes.
    #[serde(rename = "sha256")]
    pub digest: Digest,
    /// Its size.
    pub size_bytes: u64,
    /// When it was taken: stills only.
    #[serde(rename = "at_ms")]
    pub at: Option<UtcMillis>,
}

/// The clips that landed, in order of their ids.
///
/// # Errors
/// [`Error::Store`].
pub async fn list(inbox: &Store) -> Result<Vec<ClipId>, Error> {
    let objects = inbox.list(PREFIX).await?;
    let landed = |path: &str| shard::parse(PREFIX, path).filter(|(_, object)| *object == LANDED).map(|(clip, _)| clip);
    Ok(objects.iter().filter_map(|object| landed(&object.path)).collect())
}

/// One clip; none if it did not land.
///
/// # Errors
/// [`Error::Store`], or [`Error::Damaged`] if an object is not what was written.
pub async fn open(inbox: &Store, clip_id: ClipId) -> Result<Option<LandedClip>, Error> {
    let Some(found) = found(inbox, clip_id).await? else { return Ok(None) };
    let track = Track::from_fixes(found.fixes.into_iter().map(Fix::from).collect());
    let damaged = |reason: String| Error::Damaged { path: landed_key(clip_id), reason };
    let track = track.map_err(|error| damaged(error.to_string()))?;
    Ok(Some(LandedClip {
        inbox: inbox.clone(),
        clip_id,
        device_id: found.device_id,
        driver: found.driver,
        manifest_sha256: found.manifest_sha256,
        camera: found.camera,
        start: found.captured.start,
        end: found.captured.end,
        landed_at: found.landed_at,
        sequence: found.sequence,
        track,
        media: found.media,
    }))
}

impl LandedClip {
    /// The bytes of one file, which are those that the device signed.
    ///
    /// # Errors
    /// [`Error::Damaged`] if they are not there or are others, or [`Error::Store`].
    pub async fn read(&self, media: &LandedMedia) -> Result<Bytes, Error> {
        let path = media_key(self.clip_id, media.digest);
        let damaged = |reason: &str| Error::Damaged { path: path.clone(), reason: reason.into() };
        let bytes = self.inbox.get(&path).await?.ok_or_else(|| damaged("it is not there"))?;
        if Digest::of(&bytes) == media.digest { Ok(bytes) } else { Err(damaged("its SHA-256 is another")) }
    }
}

/// The manifest that landed under `clip_id`.
pub(crate) async fn manifest(inbox: &Store, clip_id: ClipId) -> Result<Option<Bytes>, Error> {
    Ok(found(inbox, clip_id).await?.map(|found| found.manifest.into()))
}

async fn found(inbox: &Store, clip_id: ClipId) -> Result<Option<Found>, Error> {
    let path = landed_key(clip_id);
    let Some(json) = inbox.get(&path).await? else { return Ok(None) };
    let damaged = |reason: String| Error::Damaged { path, reason };
    let found: Found = match serde_json::from_slice(&json) {
        Ok(found) => found,
        Err(error) => return Err(damaged(error.to_string())),
    };
    if (found.version, found.clip_id) != (VERSION, clip_id) {
        return Err(damaged("it is about something else".into()));
    }
    Ok(Some(found))
}

const PREFIX: &str = "clips";

const LANDED: &str = "landed.json";

pub(crate) fn landed_key(clip_id: ClipId) -> String {
    shard::key(PREFIX, clip_id, LANDED)
}

const MEDIA: &str = "media-";

pub(crate) fn media_key(clip_id: ClipId, digest: Digest) -> String {
    shard::key(PREFIX, clip_id, &format!("{MEDIA}{digest}"))
}

/// The clip that an object is of, and whether that is raw media.
pub(crate) fn parse(path: &str) -> Option<(ClipId, bool)> {
    shard::parse(PREFIX, path).map(|(clip, object)| (clip, object.starts_with(MEDIA)))
}

/// Removes the raw media of a clip.
pub(crate) async fn remove_media(inbox: &Store, clip_id: ClipId) -> Result<(), Error> {
    shard::remove(inbox, PREFIX, clip_id, MEDIA).await
}

/// Removes all of a clip: first what makes it landed.
pub(crate) async fn remove(inbox: &Store, clip_id: ClipId) -> Result<(), Error> {
    inbox.remove(&landed_key(clip_id)).await?;
    shard::remove(inbox, PREFIX, clip_id, "").await
}

pub(crate) const VERSION: u32 = 1;

/// What landed and what admission found of it, as it is stored.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Found {
    pub(crate) version: u32,
    pub(crate) manifest_sha256: Digest,
    pub(crate) previous: Option<Digest>,
    pub(crate) clip_id: ClipId,
    pub(crate) device_id: DeviceId,
    pub(crate) driver: DriverId,
    /// A compact JWS.
    pub(crate) manifest: String,
    #[serde(rename = "landed_at_ms")]
    pub(crate) landed_at: UtcMillis,
    pub(crate) sequence: u64,
    pub(crate) captured: Captured,
    pub(crate) camera: Camera,
    pub(crate) media: Vec<LandedMedia>,
    pub(crate) fixes: Vec<StoredFix>,
}

/// A [`Fix`] as it is stored.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredFix {
    at_ms: UtcMillis,
    latitude_deg: Latitude,
    longitude_deg: Longitude,
    altitude_m: Option<f64>,
    accuracy_mm: Option<u32>,
    heading_deg: Option<Heading>,
}

impl From<&Fix> for StoredFix {
    fn from(fix: &Fix) -> Self {
        Self {
            at_ms: fix.at,
            latitude_deg: fix.position.latitude,
            longitude_deg: fix.position.longitude,
            altitude_m: fix.altitude_m,
            accuracy_mm: fix.accuracy_mm,
            heading_deg: fix.heading,
        }
    }
}

impl From<StoredFix> for Fix {
    fn from(stored: StoredFix) -> Self {
        Self {
            at: stored.at_ms,
            position: Position { latitude: stored.latitude_deg, longitude: stored.longitude_deg },
            altitude_m: stored.altitude_m,
            accuracy_mm: stored.accuracy_mm,
            heading: stored.heading_deg,
        }
    }
}
