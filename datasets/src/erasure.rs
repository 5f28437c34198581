//! Erasures: what was taken out of everything that is published, and for good.
//!
//! A tombstone names hashes only: no driver, no device, no place finer than a region. It lies under the SHA-256 of its
//! bytes in `erasures/tombstones/`. Each clip that is erased as a whole has a marker of its own in `erasures/clips/`,
//! so that whoever brings it again is refused at the cost of one read.

use std::collections::BTreeSet;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::rows::{DetectionRow, FrameRow, Verdict, VerdictRow};
use crate::store::{Store, StoreError};
use crate::{ClipId, Digest, FrameId, Partition, Reason, UtcMillis};

/// What was erased, when, why and by whose request. Lists are sorted and hold nothing twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tombstone {
    /// Of this format: 1.
    pub version: u32,
    /// When it was asked for.
    pub erased_at_ms: UtcMillis,
    /// By whose request.
    pub requested_by: Requester,
    /// Why, in a sentence that names nobody.
    pub reason: String,
    /// What becomes of snapshots before the latest.
    pub older_snapshots: OlderSnapshots,
    /// Clips that are erased as a whole; nobody can bring them again.
    pub clips: Vec<ClipId>,
    /// Manifests whose verdicts are erased.
    pub manifests: Vec<Digest>,
    /// Frames that were published.
    pub frames: Vec<ErasedFrame>,
    /// Files of tables that had rows of them.
    pub files: Vec<String>,
}

/// One frame that was published.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErasedFrame {
    /// The frame.
    pub frame_id: FrameId,
    /// Its clip.
    pub clip_id: ClipId,
    /// Where its image was.
    pub image_path: String,
    /// What the image was: no published object may have these bytes, whatever its name.
    pub image_sha256: Digest,
}

/// Who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Requester {
    /// Whoever filmed it.
    Driver,
    /// Somebody who is in the picture, or whose home is.
    Person,
    /// A court or an authority.
    Authority,
    /// Whoever runs the server.
    Operator,
}

/// What becomes of snapshots before the latest that hold something erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OlderSnapshots {
    /// Each is made again without it.
    Rewrite,
    /// Each is removed, except those that a closed epoch was paid on: they are made again.
    Drop,
}

impl Tombstone {
    /// The format that is written.
    pub const VERSION: u32 = 1;

    /// The partitions of tables that it touches.
    #[must_use]
    pub fn partitions(&self) -> BTreeSet<Partition> {
        self.files.iter().filter_map(|file| Partition::parse(file)).collect()
    }
}

/// A tombstone cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    /// The bucket failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The object is no tombstone, or not the one that its name says.
    #[error("{key}: {reason}")]
    Malformed {
        /// The object.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Everything about erasures lies below this prefix; nothing else may name what was erased.
pub const PREFIX: &str = "erasures";
const TOMBSTONES: &str = "erasures/tombstones";

fn tombstone_key(id: Digest) -> String {
    format!("{TOMBSTONES}/{id}.json")
}

/// Where the server's signature on a tombstone lies: a compact JWS.
#[must_use]
pub fn signature_key(id: Digest) -> String {
    format!("{PREFIX}/signatures/{id}.jws")
}

/// Where it is written that a tombstone was carried out: last, create-only.
#[must_use]
pub fn done_key(id: Digest) -> String {
    format!("{PREFIX}/done/{id}.json")
}

fn clip_key(clip: ClipId) -> String {
    format!("{PREFIX}/clips/{clip}.json")
}

/// What is left in the place of an erased clip.
#[derive(Serialize, Deserialize)]
struct Marker {
    tombstone: Digest,
}

/// The name and the bytes of a tombstone.
#[must_use]
pub fn encode(tombstone: &Tombstone) -> (Digest, Bytes) {
    let bytes = json(tombstone);
    (Digest::of(&bytes), bytes)
}

/// Writes a tombstone and returns its name; the same one twice is one.
///
/// # Errors
/// [`ErasureError::Store`].
pub async fn write(store: &Store, tombstone: &Tombstone) -> Result<Digest, ErasureError> {
    let (id, bytes) = encode(tombstone);
    store.create(&tombstone_key(id), bytes).await?;
    Ok(id)
}

/// Marks the clips of a tombstone, so that they are refused from now on.
///
/// # Errors
/// [`ErasureError::Store`].
pub async fn mark(store: &Store, id: Digest, tombstone: &Tombstone) -> Result<(), ErasureError> {
    for clip in &tombstone.clips {
        store.create(&clip_key(*clip), json(&Marker { tombstone: id })).await?;
    }
    Ok(())
}

/// The names of all tombstones, sorted.
///
/// # Errors
/// [`ErasureError::Store`].
pub async fn list(store: &Store) -> Result<Vec<Digest>, ErasureError> {
    let name = |path: &str| path.strip_prefix(TOMBSTONES)?.strip_prefix('/')?.strip_suffix(".json")?.parse().ok();
    Ok(store.list(TOMBSTONES).await?.iter().filter_map(|object| name(&object.path)).collect())
}

/// How many tombstones there are.
///
/// # Errors
/// [`StoreError`] if the store fails.
pub async fn count(store: &Store) -> Result<usize, StoreError> {
    Ok(store.list(TOMBSTONES).await?.len())
}

/// A tombstone, checked against its name.
///
/// # Errors
/// [`ErasureError::Malformed`] if it is missing or another one, or [`ErasureError::Store`].
pub async fn read(store: &Store, id: Digest) -> Result<Tombstone, ErasureError> {
    let key = tombstone_key(id);
    let wrong = |reason: &str| ErasureError::Malformed { key: key.clone(), reason: reason.into() };
    let bytes = store.get(&key).await?.ok_or_else(|| wrong("there is no such tombstone"))?;
    if Digest::of(&bytes) != id {
        return Err(wrong("its SHA-256 is not its name"));
    }
    let tombstone: Tombstone = parse(&key, &bytes)?;
    if tombstone.version == Tombstone::VERSION {
        Ok(tombstone)
    } else {
        Err(wrong("written by a later version of waymark"))
    }
}

/// The tombstone under which a clip was erased as a whole; none if it was not.
///
/// # Errors
/// [`ErasureError::Store`], or [`ErasureError::Malformed`] if its marker is damaged.
pub async fn of_clip(store: &Store, clip: ClipId) -> Result<Option<Digest>, ErasureError> {
    let key = clip_key(clip);
    let Some(bytes) = store.get(&key).await? else { return Ok(None) };
    Ok(Some(parse::<Marker>(&key, &bytes)?.tombstone))
}

/// What some tombstones erased.
#[derive(Debug, Clone, Default)]
pub struct Erased {
    /// Clips as a whole.
    pub clips: BTreeSet<ClipId>,
    /// Single frames, and all of those clips.
    pub frames: BTreeSet<FrameId>,
    /// Clips of which at least one published frame was erased: their raw footage shows it.
    pub footage: BTreeSet<ClipId>,
    /// Manifests whose verdicts are erased.
    pub manifests: BTreeSet<Digest>,
    /// The bytes of the images.
    pub images: BTreeSet<Digest>,
}

impl Erased {
    /// What all tombstones of a store erased.
    ///
    /// # Errors
    /// [`ErasureError`] if one cannot be read.
    pub async fn of_store(store: &Store) -> Result<Self, ErasureError> {
        let mut erased = Self::default();
        for id in list(store).await? {
            erased.add(&read(store, id).await?);
        }
        Ok(erased)
    }

    /// Adds what a tombstone erased.
    pub fn add(&mut self, tombstone: &Tombstone) {
        self.clips.extend(&tombstone.clips);
        self.manifests.extend(&tombstone.manifests);
        self.footage.extend(&tombstone.clips);
        for frame in &tombstone.frames {
            self.frames.insert(frame.frame_id);
            self.footage.insert(frame.clip_id);
            self.images.insert(frame.image_sha256);
        }
    }

    /// Whether a row of frames is of something erased.
    #[must_use]
    pub fn has_frame(&self, row: &FrameRow) -> bool {
        self.frames.contains(&row.frame_id) || self.clips.contains(&row.clip_id)
    }

    /// Whether a row of detections is of something erased.
    #[must_use]
    pub fn has_detection(&self, row: &DetectionRow) -> bool {
        self.frames.contains(&row.frame_id) || self.clips.contains(&row.clip_id)
    }

    /// Whether a row of verdicts is of something erased. That an erased clip was refused later says nothing of it.
    #[must_use]
    pub fn has_verdict(&self, row: &VerdictRow) -> bool {
        let is_later = row.verdict == Verdict::Refused(Reason::ClipErased);
        row.frame_id.is_some_and(|frame| self.frames.contains(&frame))
            || row.clip_id.is_some_and(|clip| self.clips.contains(&clip))
            || !is_later && self.manifests.contains(&row.manifest_sha256)
    }

    /// The words by which something erased would be named: ids of frames and of whole clips.
    #[must_use]
    pub fn names(&self) -> BTreeSet<String> {
        let frames = self.frames.iter().map(ToString::to_string);
        frames.chain(self.clips.iter().map(ToString::to_string)).collect()
    }
}

fn json(value: &impl Serialize) -> Bytes {
    // Structs of strings and numbers always have a JSON form.
    serde_json::to_vec_pretty(value).unwrap_or_default().into()
}

fn parse<T: DeserializeOwned>(key: &str, bytes: &[u8]) -> Result<T, ErasureError> {
    let malformed = |error: serde_json::Error| ErasureError::Malformed { key: key.into(), reason: error.to_string() };
    serde_json::from_slice(bytes).map_err(malformed)
}
