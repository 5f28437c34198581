//! Reading an archive, wherever its bytes are.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use waymark_datasets::{Digest, Store};

use super::directory::{self, Entry};
use super::gzip::unpack;
use super::header::{HEADER_BYTES, Header};
use super::index::Index;
use super::{TileCoord, TileId};
use crate::Error;

/// How the bytes of a tile are packed; the word of HTTP is `gzip` or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Not at all.
    Identity,
    /// As a gzip file.
    Gzip,
}

/// One tile: a Mapbox Vector Tile, version 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// As they lie in the archive.
    pub bytes: Bytes,
    /// How they are packed.
    pub encoding: Encoding,
}

/// An archive whose directories are held in memory, 24 bytes a tile; tiles are read when asked for.
///
/// It is one file to its reader. That of a snapshot lies in the bucket in pieces: what changed between two snapshots
/// is all that the second one adds.
#[derive(Debug, Clone)]
pub struct Reader {
    name: String,
    header: Header,
    metadata: Bytes,
    entries: Vec<Entry>,
    file: File,
}

/// A file in pieces, in order and without gaps.
#[derive(Debug, Clone)]
struct File {
    pieces: Vec<Piece>,
    /// Where objects are.
    store: Option<Store>,
}

#[derive(Debug, Clone)]
struct Piece {
    /// Of the file.
    range: Range<u64>,
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    Held(Bytes),
    /// From this offset on of an object.
    Object(String, u64),
}

/// Directories and metadata of more bytes are refused.
const HEAD_BYTES_MAX: u64 = 1 << 30;

impl Reader {
    /// The archive of a snapshot; none if its tiles were not built.
    ///
    /// # Errors
    /// [`Error`] if it is damaged or the store fails.
    pub async fn published(store: &Store, snapshot: Digest) -> Result<Option<Self>, Error> {
        let Some(index) = Index::read(store, snapshot).await? else { return Ok(None) };
        Self::of_index(store, &format!("of snapshot {snapshot}"), &index).await.map(Some)
    }

    /// The archive that an index describes; `name` is for errors.
    ///
    /// # Errors
    /// [`Error`] if it is damaged or the store fails.
    pub async fn of_index(store: &Store, name: &str, index: &Index) -> Result<Self, Error> {
        let head = index.head(store).await?;
        let mut end = head.len() as u64;
        let mut pieces = vec![Piece { range: 0..end, source: Source::Held(head) }];
        for part in &index.parts {
            let range = end..end.saturating_add(part.bytes);
            end = range.end;
            pieces.push(Piece { range, source: Source::Object(part.object(), part.offset) });
        }
        Self::open(name.into(), File { pieces, store: Some(store.clone()) }).await
    }

    /// The archive that is the object `key`; none if there is none.
    ///
    /// # Errors
    /// [`Error`] if it is damaged or the store fails.
    pub async fn of_object(store: &Store, key: &str) -> Result<Option<Self>, Error> {
        let Some(size_bytes) = store.size_bytes(key).await? else { return Ok(None) };
        let pieces = vec![Piece { range: 0..size_bytes, source: Source::Object(key.into(), 0) }];
        Self::open(key.into(), File { pieces, store: Some(store.clone()) }).await.map(Some)
    }

    /// The archive that is `bytes`; `name` is for errors.
    ///
    /// # Errors
    /// [`Error::Archive`] if it is none.
    pub async fn of_bytes(name: &str, bytes: Bytes) -> Result<Self, Error> {
        let pieces = vec![Piece { range: 0..bytes.len() as u64, source: Source::Held(bytes) }];
        Self::open(name.into(), File { pieces, store: None }).await
    }

    async fn open(name: String, file: File) -> Result<Self, Error> {
        let damaged = |problem: String| Error::Archive { name: name.clone(), problem };
        let header = Header::parse(&file.read(0..HEADER_BYTES as u64, &name).await?).map_err(damaged)?;
        let parts = [&header.root, &header.metadata, &header.leaves];
        let size_bytes = file.size_bytes();
        if header.tiles.end > size_bytes || parts.iter().any(|part| part.end > size_bytes) {
            return Err(damaged(format!("has {size_bytes} bytes, its header says more")));
        }
        if parts.iter().any(|part| part.end - part.start > HEAD_BYTES_MAX) {
            return Err(damaged("has directories that are too large".into()));
        }
        let root = directory::read(&file.read(header.root.clone(), &name).await?, header.is_packed).map_err(damaged)?;
        let leaves = file.read(header.leaves.clone(), &name).await?;
        let entries = flat(&header, root, &leaves).map_err(damaged)?;
        let packed = file.read(header.metadata.clone(), &name).await?;
        let metadata = if header.is_packed { unpack(&packed).map_err(damaged)?.into() } else { packed };
        Ok(Self { name, header, metadata, entries, file })
    }

    /// What the archive says of itself.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Its metadata: a JSON object with `vector_layers`, as in TileJSON.
    #[must_use]
    pub fn metadata(&self) -> &Bytes {
        &self.metadata
    }

    /// One tile; none where nothing is.
    ///
    /// # Errors
    /// [`Error`] if the store fails.
    pub async fn tile(&self, at: TileCoord) -> Result<Option<Tile>, Error> {
        let Some(range) = self.place(TileId::from(at)) else { return Ok(None) };
        let encoding = if self.header.are_tiles_packed { Encoding::Gzip } else { Encoding::Identity };
        let bytes = self.file.read(range, &self.name).await?;
        Ok(Some(Tile { bytes, encoding }))
    }

    /// Where a tile lies in the file; none where nothing is.
    #[must_use]
    pub fn place(&self, id: TileId) -> Option<Range<u64>> {
        let id = id.value();
        let at = self.entries.partition_point(|entry| entry.tile_id <= id).checked_sub(1)?;
        let entry = self.entries[at];
        let start = self.header.tiles.start + entry.offset;
        (id - entry.tile_id < entry.run_length.into()).then(|| start..start + u64::from(entry.length))
    }

    /// The size of the archive as one file.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.file.size_bytes()
    }

    /// Bytes of the archive as one file, cut at its end.
    ///
    /// # Errors
    /// [`Error`] if the store fails.
    pub async fn bytes(&self, range: Range<u64>) -> Result<Bytes, Error> {
        let end = range.end.min(self.size_bytes());
        self.file.read(range.start.min(end)..end, &self.name).await
    }

    /// The ids of all tiles, in order.
    pub fn tile_ids(&self) -> impl Iterator<Item = TileId> {
        let ids = |entry: &Entry| entry.tile_id..entry.tile_id.saturating_add(entry.run_length.into());
        self.entries.iter().flat_map(ids).filter_map(|id| TileId::new(id).ok())
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

/// All entries that are tiles, in order; checked to lie within the archive.
fn flat(header: &Header, root: Vec<Entry>, leaves: &[u8]) -> Result<Vec<Entry>, String> {
    let mut entries: Vec<Entry> = Vec::new();
    for entry in root {
        if entry.run_length > 0 {
            entries.push(entry);
            continue;
        }
        let end = entry.offset.checked_add(entry.length.into());
        let leaf = end.and_then(|end| leaves.get(usize::try_from(entry.offset).ok()?..usize::try_from(end).ok()?));
        let leaf = directory::read(leaf.ok_or("a directory lies nowhere")?, header.is_packed)?;
        if leaf.iter().any(|entry| entry.run_length == 0) {
            return Err("has directories below directories below its root".into());
        }
        entries.extend(leaf);
    }
    let tiles_bytes = header.tiles.end - header.tiles.start;
    let mut next_id = 0;
    for entry in &entries {
        let is_inside = entry.offset.checked_add(entry.length.into()).is_some_and(|end| end <= tiles_bytes);
        if entry.tile_id < next_id {
            return Err(format!("has tile {} twice", entry.tile_id));
        }
        if !is_inside {
            return Err(format!("has tile {} nowhere", entry.tile_id));
        }
        next_id = entry.tile_id.saturating_add(entry.run_length.into());
    }
    Ok(entries)
}

impl File {
    fn size_bytes(&self) -> u64 {
        self.pieces.last().map_or(0, |piece| piece.range.end)
    }

    async fn read(&self, range: Range<u64>, name: &str) -> Result<Bytes, Error> {
        let first = self.pieces.partition_point(|piece| piece.range.end <= range.start);
        let mut gathered: Vec<Bytes> = Vec::new();
        let mut at = range.start;
        for piece in self.pieces.get(first..).unwrap_or_default() {
            if at >= range.end {
                break;
            }
            let end = range.end.min(piece.range.end);
            gathered.push(self.read_piece(piece, at - piece.range.start..end - piece.range.start, name).await?);
            at = end;
        }
        if at < range.end {
            return Err(Error::Archive { name: name.into(), problem: "ends too early".into() });
        }
        if let [only] = gathered.as_slice() {
            return Ok(only.clone());
        }
        let mut all = BytesMut::new();
        gathered.iter().for_each(|bytes| all.extend_from_slice(bytes));
        Ok(all.freeze())
    }

    async fn read_piece(&self, piece: &Piece, range: Range<u64>, name: &str) -> Result<Bytes, Error> {
        let damaged = |problem: &str| Error::Archive { name: name.into(), problem: problem.into() };
        let length = range.end - range.start;
        let read = match &piece.source {
            // What is held in memory has a length that fits it.
            Source::Held(bytes) => bytes.slice(range.start as usize..range.end as usize),
            Source::Object(key, offset) => {
                let store = self.store.as_ref().ok_or_else(|| damaged("is nowhere"))?;
                let range = range.start.saturating_add(*offset)..range.end.saturating_add(*offset);
                store.get_range(key, range).await?.ok_or_else(|| damaged(&format!("object {key} is missing")))?
            }
        };
        if read.len() as u64 == length { Ok(read) } else { Err(damaged("is shorter than it says")) }
    }
}
