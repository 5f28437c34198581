//! One PMTiles archive (version 3) in the store, read piece by piece.
//!
//! Source: <https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md>. A damaged archive is an error, never a
//! panic; what it may claim of sizes is bounded.

mod directory;
mod header;

use std::sync::Arc;

use bytes::Bytes;
use libdeflater::Decompressor;
use pmtiles::{TileCoord, TileId};
use serde_json::Value;
use waymark_datasets::{Store, StoreError};

use crate::query::Cache;
use directory::{Directory, Entry};
pub(super) use header::Header;

/// Why an archive cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ArchiveError {
    /// The bucket failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It is not what it should be.
    #[error("archive {key}: {reason}")]
    Damaged {
        /// The object.
        key: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// An open archive: its header and root directory are in memory, leaf directories as they are asked for.
#[derive(Debug)]
pub(super) struct Archive {
    store: Store,
    /// Its object.
    pub(super) key: String,
    /// Of the whole object.
    pub(super) size_bytes: u64,
    /// What it holds and where.
    pub(super) header: Header,
    /// What its writer says of its layers.
    pub(super) metadata: Value,
    root: Directory,
    leaves: Cache<u64, Arc<Directory>>,
}

/// Header and root directory lie within so many bytes.
const HEAD_BYTES: u64 = 16_384;
/// Neither a directory nor the metadata may be larger, unpacked.
const DIRECTORY_BYTES_MAX: usize = 16 << 20;
/// No tile may be larger, unpacked.
pub(super) const TILE_BYTES_MAX: usize = 16 << 20;
/// Leaf directories in memory.
const LEAVES_MAX_BYTES: usize = 32 << 20;
/// The standard has the root, and leaves; a third level is allowed.
const LEVELS_MAX: usize = 3;

impl Archive {
    /// Opens the object `key`; none if there is none.
    pub(super) async fn open(store: &Store, key: &str) -> Result<Option<Self>, ArchiveError> {
        let Some(size_bytes) = store.size_bytes(key).await? else { return Ok(None) };
        let damaged = |reason| ArchiveError::Damaged { key: key.into(), reason };
        let Some(head) = store.get_range(key, 0..HEAD_BYTES.min(size_bytes)).await? else { return Ok(None) };
        let header = Header::parse(&head).map_err(damaged)?;
        let piece = async |(offset, length): (u64, u64)| -> Result<Bytes, ArchiveError> {
            let end =
                offset.checked_add(length).filter(|end| *end <= size_bytes && length <= DIRECTORY_BYTES_MAX as u64);
            let end = end.ok_or_else(|| damaged("a directory lies outside of it"))?;
            let packed = store.get_range(key, offset..end).await?.ok_or_else(|| damaged("it vanished"))?;
            unpack(packed, header.is_internal_gzip, DIRECTORY_BYTES_MAX).map_err(damaged)
        };
        let root = Directory::parse(&piece(header.root).await?).map_err(damaged)?;
        let metadata = if header.metadata.1 == 0 { Bytes::from_static(b"{}") } else { piece(header.metadata).await? };
        let metadata = serde_json::from_slice(&metadata).map_err(|_| damaged("its metadata are no JSON"))?;
        let leaves = Cache::new(LEAVES_MAX_BYTES);
        Ok(Some(Self { store: store.clone(), key: key.into(), size_bytes, header, metadata, root, leaves }))
    }

    /// The bytes of a tile as they are packed in the archive; none if it has no such tile.
    pub(super) async fn tile(&self, zoom: u8, x: u32, y: u32) -> Result<Option<Bytes>, ArchiveError> {
        let Ok(coord) = TileCoord::new(zoom, x, y) else { return Ok(None) };
        let id = TileId::from(coord).value();
        let mut found = self.root.find(id);
        for _ in 0..LEVELS_MAX {
            match found {
                None => return Ok(None),
                Some(entry) if entry.run_length > 0 => {
                    return self.range(self.header.data, entry).await.map(Some);
                }
                Some(leaf) => found = self.leaf(leaf).await?.find(id),
            }
        }
        Err(self.damaged("its directories go too deep"))
    }

    async fn leaf(&self, entry: Entry) -> Result<Arc<Directory>, ArchiveError> {
        if let Some(known) = self.leaves.get(&entry.offset) {
            return Ok(known);
        }
        let packed = self.range(self.header.leaves, entry).await?;
        let bytes = unpack(packed, self.header.is_internal_gzip, DIRECTORY_BYTES_MAX);
        let leaf = bytes.and_then(|bytes| Directory::parse(&bytes)).map_err(|reason| self.damaged(reason))?;
        let leaf = Arc::new(leaf);
        self.leaves.put(entry.offset, leaf.clone(), leaf.bytes());
        Ok(leaf)
    }

    /// Any part of the whole object.
    pub(super) async fn bytes(&self, from: u64, to: u64) -> Result<Bytes, ArchiveError> {
        let read = self.store.get_range(&self.key, from..to).await?;
        read.filter(|bytes| bytes.len() as u64 == to - from).ok_or_else(|| self.damaged("it was cut"))
    }

    async fn range(&self, section: (u64, u64), entry: Entry) -> Result<Bytes, ArchiveError> {
        let from = section.0.checked_add(entry.offset);
        let to = from.and_then(|from| from.checked_add(u64::from(entry.length)));
        match (from, to) {
            (Some(from), Some(to)) if to <= self.size_bytes && u64::from(entry.length) <= TILE_BYTES_MAX as u64 => {
                self.bytes(from, to).await
            }
            _ => Err(self.damaged("an entry lies outside of it")),
        }
    }

    fn damaged(&self, reason: &'static str) -> ArchiveError {
        ArchiveError::Damaged { key: self.key.clone(), reason }
    }
}

/// Unpacks what may be packed by gzip, up to `max_bytes`.
pub(super) fn unpack(packed: Bytes, is_gzip: bool, max_bytes: usize) -> Result<Bytes, &'static str> {
    if !is_gzip {
        return Ok(packed);
    }
    // The last four bytes say how large it was, and are checked by whoever unpacks.
    let size = packed.last_chunk::<4>().map_or(0, |size| u32::from_le_bytes(*size) as usize);
    if size > max_bytes {
        return Err("it unpacks to more than is read");
    }
    let mut bytes = vec![0; size];
    match Decompressor::new().gzip_decompress(&packed, &mut bytes) {
        Ok(length) if length == size => Ok(bytes.into()),
        _ => Err("it is not packed by gzip as it says"),
    }
}
