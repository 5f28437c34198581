//! The feed in the bucket: one object for each entry, numbered without a gap; each is created once.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use waymark_datasets::rows::FeatureRow;
use waymark_datasets::snapshot::{self, FileRef, PartRef, Root, SnapshotError};
use waymark_datasets::{Created, Digest, Epoch, Region, Store, StoreError, Table, table};

use super::difference::{Change, difference};
use super::feature::MapFeature;

/// What changed from one snapshot to the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Of this format: 1.
    pub version: u32,
    /// Its number, from 1.
    pub sequence: u64,
    /// The snapshot that it leads from; none if it begins with an empty map.
    pub from: Option<Digest>,
    /// The snapshot that it leads to.
    pub to: Digest,
    /// Tombstones of what was erased on the way: whoever holds copies of frames looks into them.
    pub erasures: Vec<Digest>,
    /// Partitions whose frames, coverage or features are other ones now.
    pub regions: Vec<Rebuilt>,
    /// What happened to things on the map, one change each, in order of their ids.
    pub changes: Vec<Change>,
}

/// A partition of the map that was built anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rebuilt {
    /// By capture time.
    pub epoch: Epoch,
    /// By position.
    pub region: Region,
}

/// The feed cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ChangesError {
    /// A snapshot cannot be read.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The bucket failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An object of the feed is damaged.
    #[error("{key}: {reason}")]
    Malformed {
        /// The object.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
}

const VERSION: u32 = 1;
const LOG: &str = "changes/log";

fn entry_key(sequence: u64) -> String {
    format!("{LOG}/{sequence:010}.json")
}

fn pointer_key(snapshot: Digest) -> String {
    format!("changes/of/{snapshot}.json")
}

/// The number of the last entry; 0 before the first.
///
/// # Errors
/// [`ChangesError::Store`].
pub async fn last(store: &Store) -> Result<u64, ChangesError> {
    let number = |path: &str| path.strip_prefix(LOG)?.strip_prefix('/')?.strip_suffix(".json")?.parse().ok();
    Ok(store.list(LOG).await?.iter().filter_map(|object| number(&object.path)).max().unwrap_or(0))
}

/// The entry of a number; none if there is none yet.
///
/// # Errors
/// [`ChangesError::Malformed`] if it is damaged, or [`ChangesError::Store`].
pub async fn read(store: &Store, sequence: u64) -> Result<Option<Entry>, ChangesError> {
    let key = entry_key(sequence);
    let Some(bytes) = store.get(&key).await? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| malformed(&key, &error))
}

/// The number of the last entry that leads to a snapshot; none if none does.
///
/// # Errors
/// [`ChangesError::Malformed`] if the pointer is damaged, or [`ChangesError::Store`].
pub async fn sequence_of(store: &Store, snapshot: Digest) -> Result<Option<u64>, ChangesError> {
    let key = pointer_key(snapshot);
    let Some(bytes) = store.get(&key).await? else { return Ok(None) };
    let pointer: Pointer = serde_json::from_slice(&bytes).map_err(|error| malformed(&key, &error))?;
    Ok(Some(pointer.sequence))
}

#[derive(Serialize, Deserialize)]
struct Pointer {
    sequence: u64,
}

fn malformed(key: &str, error: &serde_json::Error) -> ChangesError {
    ChangesError::Malformed { key: key.into(), reason: error.to_string() }
}

/// Adds the entry that leads from where the feed ends to snapshot `to`, unless it ends there; says its number. Safe to
/// repeat, to kill and to race: of two writers one is first, and the other goes on from there.
///
/// # Errors
/// [`ChangesError`] if a snapshot or the feed cannot be read, or the store fails.
pub async fn append(store: &Store, to: Digest) -> Result<u64, ChangesError> {
    add(store, to, None).await
}

/// Adds the entry of an erasure, which leads from snapshot `old` to `new` while both are there, unless it is there.
///
/// # Errors
/// Those of [`append`].
pub async fn record_erasure(
    store: &Store,
    (old, new): (Digest, Digest),
    tombstone: Digest,
) -> Result<u64, ChangesError> {
    let sequence = last(store).await?;
    if read(store, sequence).await?.is_some_and(|entry| entry.erasures.contains(&tombstone)) {
        return Ok(sequence);
    }
    add(store, old, None).await?;
    add(store, new, Some(tombstone)).await
}

/// The snapshot that was the latest when an erasure began, if the last entry is that of the erasure.
///
/// # Errors
/// [`ChangesError::Malformed`] if the entry is damaged, or [`ChangesError::Store`].
pub async fn erased_from(store: &Store, tombstone: Digest) -> Result<Option<Digest>, ChangesError> {
    let entry = read(store, last(store).await?).await?;
    Ok(entry.filter(|entry| entry.erasures.contains(&tombstone)).and_then(|entry| entry.from))
}

async fn add(store: &Store, to: Digest, tombstone: Option<Digest>) -> Result<u64, ChangesError> {
    loop {
        let before = last(store).await?;
        let from = read(store, before).await?.map(|entry| entry.to);
        let sequence = if from == Some(to) && tombstone.is_none() {
            before
        } else {
            let entry =
                Entry { erasures: tombstone.into_iter().collect(), ..entry(store, from, to, before + 1).await? };
            if store.create(&entry_key(entry.sequence), json(&entry)).await? == Created::Existed {
                continue;
            }
            entry.sequence
        };
        // Also where the entry was there: whoever wrote it may have been killed before this.
        store.put(&pointer_key(to), json(&Pointer { sequence })).await?;
        return Ok(sequence);
    }
}

fn json(value: &impl Serialize) -> Bytes {
    // Structs of strings and numbers always have a JSON form.
    serde_json::to_vec(value).unwrap_or_default().into()
}

/// A snapshot that is no longer there leads from nothing: whoever follows begins anew.
async fn entry(store: &Store, from: Option<Digest>, to: Digest, sequence: u64) -> Result<Entry, ChangesError> {
    let old = match from {
        Some(id) => snapshot::resolve(store, id).await?.id,
        None => None,
    };
    let (before, from) = match old {
        Some(old) => (snapshot::root(store, old).await?, from),
        None => (Root { version: 1, parts: Vec::new() }, None),
    };
    let now = snapshot::root(store, to).await?;
    let changed = changed(&before, &now);
    let mut regions = Vec::new();
    for (region, epochs) in &changed {
        for epoch in epochs {
            let (old, new) = (part_at(&before, *epoch, *region), part_at(&now, *epoch, *region));
            if map_files(store, old).await? != map_files(store, new).await? {
                regions.push(Rebuilt { epoch: *epoch, region: *region });
            }
        }
    }
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for region in regions.iter().map(|rebuilt| rebuilt.region).collect::<BTreeSet<_>>() {
        old.extend(features(store, &before, region).await?);
        new.extend(features(store, &now, region).await?);
    }
    regions.sort();
    Ok(Entry { version: VERSION, sequence, from, to, erasures: Vec::new(), regions, changes: difference(old, new) })
}

fn part_at(root: &Root, epoch: Epoch, region: Region) -> Option<PartRef> {
    root.parts.iter().find(|part| (part.epoch, part.region) == (Some(epoch), Some(region))).cloned()
}

/// The partitions whose manifests differ.
fn changed(before: &Root, now: &Root) -> BTreeMap<Region, BTreeSet<Epoch>> {
    let parts = |root: &Root| -> BTreeSet<(Region, Epoch, Digest)> {
        root.parts.iter().filter_map(|part| Some((part.region?, part.epoch?, part.sha256))).collect()
    };
    let mut found: BTreeMap<Region, BTreeSet<Epoch>> = BTreeMap::new();
    for (region, epoch, _) in parts(before).symmetric_difference(&parts(now)) {
        found.entry(*region).or_default().insert(*epoch);
    }
    found
}

/// Path and hash of the files that the map is made of; verdicts and what was read are none of them.
async fn map_files(store: &Store, part: Option<PartRef>) -> Result<Vec<(String, Digest)>, ChangesError> {
    let Some(part) = part else { return Ok(Vec::new()) };
    let of_map = [Table::Frames, Table::Coverage, Table::Features].map(Table::name);
    let is_of_map = |file: &FileRef| of_map.contains(&file.path.split('/').next().unwrap_or_default());
    let files = snapshot::tables(store, &part).await?.files;
    Ok(files.into_iter().filter(is_of_map).map(|file| (file.path, file.sha256)).collect())
}

/// The features of a region as of its latest epoch that has any.
async fn features(store: &Store, root: &Root, region: Region) -> Result<Vec<MapFeature>, ChangesError> {
    let prefix = format!("{}/", Table::Features.name());
    let parts: Vec<&PartRef> = root.parts.iter().rev().filter(|part| part.region == Some(region)).collect();
    for reference in parts {
        let mut files = snapshot::tables(store, reference).await?.files;
        files.retain(|file| file.path.starts_with(&prefix));
        if files.is_empty() {
            continue;
        }
        let mut found = Vec::new();
        for file in &files {
            let bytes = snapshot::file(store, file).await?;
            let rows: Vec<FeatureRow> = table::decode(&file.path, bytes).map_err(SnapshotError::from)?;
            found.extend(rows.into_iter().map(MapFeature::from));
        }
        return Ok(found);
    }
    Ok(Vec::new())
}
