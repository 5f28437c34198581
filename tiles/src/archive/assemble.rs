//! One archive out of the parts of many blocks.

use std::collections::HashMap;
use std::ops::Range;

use bytes::Bytes;

use super::directory::Entry;
use super::index::{Index, PartRef};
use super::reader::Reader;
use super::write::{Contents, head, push};
use crate::Error;

/// Where the tiles of a part lie, from its first one on.
#[derive(Debug, Clone, Default)]
pub struct PartTiles(Vec<Entry>);

impl PartTiles {
    /// Of a part that was just made.
    ///
    /// # Errors
    /// [`Error::Archive`] if it is no archive.
    pub async fn of(part: Bytes) -> Result<Self, Error> {
        Ok(Self(Reader::of_bytes("of a part", part).await?.entries().to_vec()))
    }

    /// Of all parts of an archive, in the order in which its index has them.
    #[must_use]
    pub fn of_all(index: &Index, archive: &Reader) -> Vec<Self> {
        let mut ends: Vec<u64> = Vec::with_capacity(index.parts.len());
        let mut end = 0u64;
        for part in &index.parts {
            end = end.saturating_add(part.bytes);
            ends.push(end);
        }
        let mut parts = vec![Self::default(); index.parts.len()];
        for entry in archive.entries() {
            let at = ends.partition_point(|end| *end <= entry.offset);
            let start = at.checked_sub(1).map_or(0, |before| ends[before]);
            if let Some(part) = parts.get_mut(at) {
                part.0.push(Entry { offset: entry.offset - start, ..*entry });
            }
        }
        parts
    }
}

/// The head of the archive in which the tiles of `parts` follow each other.
#[must_use]
pub fn assemble(contents: &Contents, parts: &[(PartRef, PartTiles)]) -> Bytes {
    let mut entries: Vec<Entry> = Vec::with_capacity(parts.iter().map(|(_, tiles)| tiles.0.len()).sum());
    let mut start = 0;
    for (part, tiles) in parts {
        entries.extend(tiles.0.iter().map(|entry| Entry { offset: entry.offset + start, ..*entry }));
        start += part.bytes;
    }
    entries.sort_unstable_by_key(|entry| entry.tile_id);
    head(contents, &entries, (start, false)).into()
}

/// An archive as one file whose tiles lie in the order of their ids: its head, and which bytes of the archive follow.
#[must_use]
pub fn clustered(archive: &Reader, contents: &Contents) -> (Bytes, Vec<Range<u64>>) {
    let (mut entries, mut ranges): (Vec<Entry>, Vec<Range<u64>>) = (Vec::new(), Vec::new());
    let mut moved: HashMap<u64, u64> = HashMap::new();
    let (from, mut end) = (archive.header().tiles.start, 0u64);
    for entry in archive.entries() {
        let length = u64::from(entry.length);
        let offset = *moved.entry(entry.offset).or_insert_with(|| {
            let range = from + entry.offset..from + entry.offset + length;
            match ranges.last_mut() {
                Some(last) if last.end == range.start => last.end = range.end,
                _ => ranges.push(range),
            }
            end += length;
            end - length
        });
        push(&mut entries, Entry { offset, ..*entry });
    }
    (head(contents, &entries, (end, true)).into(), ranges)
}

impl Contents {
    /// What an archive says of its tiles.
    ///
    /// # Errors
    /// [`Error::Archive`] if its metadata is no text.
    pub fn of(archive: &Reader) -> Result<Self, Error> {
        let header = archive.header();
        let metadata = std::str::from_utf8(archive.metadata())
            .map_err(|error| Error::Archive { name: "metadata".into(), problem: error.to_string() })?;
        Ok(Self { zooms: header.zooms, bounds: header.bounds, metadata: metadata.into() })
    }
}
