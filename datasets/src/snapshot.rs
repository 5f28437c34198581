//! Snapshots: an immutable, complete version of everything published, named by the hash of its manifest.
//!
//! The manifest is a tree: the root lists partitions, a partition lists files with size and SHA-256. A change in one
//! partition writes that partition's manifests and the root. `latest.json` moves last, so it points to something whole.

mod history;
mod moved;
mod write;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::store::{Store, StoreError};
use crate::table::{Partition, TableError};
use crate::{Digest, Epoch, FrameId, Region};

pub use history::history;
pub use moved::{LastSeen, Moved, Resolved, moved, resolve, set_moved};
pub use write::write;

/// Redacted JPEGs live below this prefix, partitioned like the tables.
pub const IMAGERY: &str = "imagery";

/// The key of a frame's image, by when and where it was captured.
#[must_use]
pub fn image_key(at: (Epoch, Region), frame: FrameId) -> String {
    image_key_in(&image_folder(at), frame)
}

/// The key of a frame's image in an [`image_folder`].
#[must_use]
pub fn image_key_in(folder: &str, frame: FrameId) -> String {
    [folder, &frame.to_string(), ".jpg"].concat()
}

/// What the keys of all images of an epoch and region begin with.
#[must_use]
pub fn image_folder((epoch, region): (Epoch, Region)) -> String {
    format!("{IMAGERY}/epoch={epoch}/region={region}/")
}

const LATEST: &str = "snapshots/latest.json";
const VERSION: u32 = 2;

/// The top of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Root {
    /// Of this format: 2.
    pub version: u32,
    /// In order of epoch and region.
    pub parts: Vec<PartRef>,
}

/// One partition of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartRef {
    /// By capture time; none for what has no time.
    pub epoch: Option<Epoch>,
    /// By position; none for what concerns an epoch as a whole.
    pub region: Option<Region>,
    /// Of the partition's manifest, which is `snapshots/parts/{sha256}.json`.
    pub sha256: Digest,
    /// Of the same without the images, in a manifest of its own: there are a hundred times as many of them.
    pub tables_sha256: Digest,
    /// Files in it.
    pub files: u64,
    /// Their sizes added up.
    pub size_bytes: u64,
}

/// The files of one partition, in order of path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its files.
    pub files: Vec<FileRef>,
}

/// One file of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRef {
    /// Where it lies while this snapshot is the latest.
    pub path: String,
    /// Where it lies for good: the same key, or a copy under its hash if `path` is replaced in time.
    pub object: String,
    /// Its size.
    pub size_bytes: u64,
    /// Its SHA-256.
    pub sha256: Digest,
}

/// Why a snapshot could not be made or is not what it says.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The bucket failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A table in it is damaged.
    #[error(transparent)]
    Table(#[from] TableError),
    /// There is no snapshot yet.
    #[error("there is no snapshot yet: run `waymark build` first")]
    None,
    /// An object is missing, or not the bytes that the snapshot promises.
    #[error("{object}: {problem}")]
    Differs {
        /// The first object that differs.
        object: String,
        /// How.
        problem: String,
    },
}

/// Where the root of snapshot `id` lies.
#[must_use]
pub fn root_key(id: Digest) -> String {
    format!("snapshots/{id}.json")
}

/// Where the manifest of a partition lies.
#[must_use]
pub fn part_key(sha256: Digest) -> String {
    format!("snapshots/parts/{sha256}.json")
}

/// The id of the latest snapshot; none if nothing was published.
///
/// # Errors
/// [`SnapshotError`] if the pointer is damaged or the store fails.
pub async fn latest(store: &Store) -> Result<Option<Digest>, SnapshotError> {
    match store.get(LATEST).await? {
        None => Ok(None),
        Some(bytes) => parse::<Latest>(LATEST, &bytes).map(|latest| Some(latest.snapshot)),
    }
}

#[derive(Serialize, Deserialize)]
struct Latest {
    snapshot: Digest,
}

/// The root of snapshot `id`, checked against its name.
///
/// # Errors
/// [`SnapshotError::Differs`] if it is missing or damaged.
pub async fn root(store: &Store, id: Digest) -> Result<Root, SnapshotError> {
    let key = root_key(id);
    let root: Root = parse(&key, &checked(store, &key, id).await?)?;
    if root.version == VERSION { Ok(root) } else { Err(differs(&key, "written by another version of waymark")) }
}

/// The files of one partition, checked against its hash.
///
/// # Errors
/// [`SnapshotError::Differs`] if the manifest is missing or damaged.
pub async fn part(store: &Store, reference: &PartRef) -> Result<Part, SnapshotError> {
    let key = part_key(reference.sha256);
    parse(&key, &checked(store, &key, reference.sha256).await?)
}

/// The files of tables of one partition, checked against their hash.
///
/// # Errors
/// [`SnapshotError::Differs`] if the manifest is missing or damaged.
pub async fn tables(store: &Store, reference: &PartRef) -> Result<Part, SnapshotError> {
    let key = part_key(reference.tables_sha256);
    parse(&key, &checked(store, &key, reference.tables_sha256).await?)
}

impl Part {
    /// The same without the images.
    #[must_use]
    pub fn tables(&self) -> Self {
        let is_image = |file: &&FileRef| is_of(&file.path, IMAGERY);
        Self { files: self.files.iter().filter(|file| !is_image(file)).cloned().collect() }
    }
}

/// Whether a path lies below a table or the imagery.
fn is_of(path: &str, name: &str) -> bool {
    path.split('/').next() == Some(name)
}

/// The bytes of a file of a snapshot, checked against size and hash.
///
/// # Errors
/// [`SnapshotError::Differs`] if it is missing or damaged.
pub async fn file(store: &Store, file: &FileRef) -> Result<Bytes, SnapshotError> {
    let bytes = checked(store, &file.object, file.sha256).await?;
    if bytes.len() as u64 == file.size_bytes { Ok(bytes) } else { Err(differs(&file.object, "has another size")) }
}

async fn checked(store: &Store, key: &str, sha256: Digest) -> Result<Bytes, SnapshotError> {
    let bytes = store.get(key).await?.ok_or_else(|| differs(key, "is missing"))?;
    let found = Digest::of(&bytes);
    if found == sha256 {
        Ok(bytes)
    } else {
        Err(differs(key, &format!("has SHA-256 {found}, the snapshot says {sha256}")))
    }
}

fn differs(object: &str, problem: &str) -> SnapshotError {
    SnapshotError::Differs { object: object.into(), problem: problem.into() }
}

fn parse<T: DeserializeOwned>(key: &str, bytes: &[u8]) -> Result<T, SnapshotError> {
    serde_json::from_slice(bytes).map_err(|error| differs(key, &format!("is not what it should be: {error}")))
}

/// Publishes what is in the bucket now as a snapshot and moves `latest` to it; the same content has the same id.
///
/// # Errors
/// [`SnapshotError`] if a table is damaged or the store fails.
pub async fn publish(store: &Store) -> Result<Digest, SnapshotError> {
    let id = write(store).await?;
    make_latest(store, id).await?;
    Ok(id)
}

/// Moves `latest` to a snapshot that was written: from then on readers see it, and all that was made from it before.
///
/// # Errors
/// [`SnapshotError::Store`] if the store fails.
pub async fn make_latest(store: &Store, id: Digest) -> Result<(), SnapshotError> {
    Ok(store.put(LATEST, json(&Latest { snapshot: id })).await?)
}

/// Writes the root of a snapshot of these partitions, whose manifests are there, and returns its id. `latest` stays
/// where it is.
///
/// # Errors
/// [`SnapshotError::Store`].
pub async fn write_root(store: &Store, mut parts: Vec<PartRef>) -> Result<Digest, SnapshotError> {
    parts.sort_by_key(|part| (part.epoch, part.region));
    let manifest = json(&Root { version: VERSION, parts });
    let id = Digest::of(&manifest);
    store.create(&root_key(id), manifest).await?;
    Ok(id)
}

/// Keeps `bytes`, of which `path` holds another version now or later, as a copy under their hash.
///
/// # Errors
/// [`SnapshotError::Store`].
pub async fn keep(store: &Store, path: &str, bytes: Bytes) -> Result<FileRef, SnapshotError> {
    let file = as_it_is(path, &bytes);
    let object = format!("snapshots/files/{}.parquet", file.sha256);
    store.create(&object, bytes).await?;
    Ok(FileRef { object, ..file })
}

/// Names the bytes that lie at `path` for good.
#[must_use]
pub fn as_it_is(path: &str, bytes: &[u8]) -> FileRef {
    FileRef { path: path.into(), object: path.into(), size_bytes: bytes.len() as u64, sha256: Digest::of(bytes) }
}

/// Writes the manifests of a partition of these files.
///
/// # Errors
/// [`SnapshotError::Store`].
pub async fn write_part(store: &Store, at: Partition, mut files: Vec<FileRef>) -> Result<PartRef, SnapshotError> {
    files.sort_by(|a, b| a.path.cmp(&b.path));
    // The size of an image is what a row says, so the sum of a hostile table could exceed 64 bits.
    let size_bytes = files.iter().fold(0, |sum: u64, file| sum.saturating_add(file.size_bytes));
    let (count, part) = (files.len() as u64, Part { files });
    let tables_sha256 = write_manifest(store, &part.tables()).await?;
    let sha256 = write_manifest(store, &part).await?;
    Ok(PartRef { epoch: at.epoch, region: at.region, sha256, tables_sha256, files: count, size_bytes })
}

/// Content-addressed: the same manifest is written once.
async fn write_manifest(store: &Store, part: &Part) -> Result<Digest, SnapshotError> {
    let manifest = json(part);
    let sha256 = Digest::of(&manifest);
    store.create(&part_key(sha256), manifest).await?;
    Ok(sha256)
}

fn json(value: &impl Serialize) -> Bytes {
    // Structs of strings and numbers always have a JSON form.
    serde_json::to_vec_pretty(value).unwrap_or_default().into()
}
