//! Writing an archive: as one file, or its head alone.

use std::collections::HashMap;

use super::directory::{self, Entry};
use super::gzip::Gzip;
use super::header::{Bounds, HEADER_BYTES, Header};

/// What an archive says of its tiles.
#[derive(Debug, Clone, PartialEq)]
pub struct Contents {
    /// Zoom levels that have tiles.
    pub zooms: (u8, u8),
    /// Where there is anything.
    pub bounds: Bounds,
    /// A JSON object with `vector_layers`, as in TileJSON.
    pub metadata: String,
}

/// An archive of tiles, packed with gzip and in order of their ids, as one file; equal tiles lie in it once.
/// Says where the tiles begin.
#[must_use]
pub fn whole<T: AsRef<[u8]>>(contents: &Contents, tiles: &[(u64, T)]) -> (Vec<u8>, u64) {
    let mut entries: Vec<Entry> = Vec::with_capacity(tiles.len());
    let mut known: HashMap<&[u8], u64> = HashMap::with_capacity(tiles.len());
    let mut body: Vec<u8> = Vec::new();
    for (tile_id, tile) in tiles {
        let tile = tile.as_ref();
        let offset = *known.entry(tile).or_insert_with(|| {
            let offset = body.len() as u64;
            body.extend(tile);
            offset
        });
        push(&mut entries, Entry { tile_id: *tile_id, offset, length: tile.len() as u32, run_length: 1 });
    }
    let different = known.len() as u64;
    let mut file = with_counts(contents, &entries, (body.len() as u64, different, true));
    let start = file.len() as u64;
    file.extend(body);
    (file, start)
}

/// Neighbours on the curve that are the same tile make one entry.
pub(super) fn push(entries: &mut Vec<Entry>, entry: Entry) {
    match entries.last_mut() {
        Some(last) if last.offset == entry.offset && last.tile_id + u64::from(last.run_length) == entry.tile_id => {
            last.run_length += entry.run_length;
        }
        _ => entries.push(entry),
    }
}

/// The bytes of an archive before its tiles, which are so many bytes and lie in the order of their ids, or not.
pub(super) fn head(contents: &Contents, entries: &[Entry], (tiles_bytes, is_clustered): (u64, bool)) -> Vec<u8> {
    let mut offsets: Vec<u64> = entries.iter().map(|entry| entry.offset).collect();
    offsets.sort_unstable();
    offsets.dedup();
    with_counts(contents, entries, (tiles_bytes, offsets.len() as u64, is_clustered))
}

fn with_counts(contents: &Contents, entries: &[Entry], counts: (u64, u64, bool)) -> Vec<u8> {
    let (tiles_bytes, different, is_clustered) = counts;
    let directory::Packed { root, leaves } = directory::pack(entries);
    let metadata = Gzip::default().pack(contents.metadata.as_bytes());
    let mut end = HEADER_BYTES as u64;
    let mut next = |bytes: u64| {
        let start = end;
        end += bytes;
        start..end
    };
    let header = Header {
        root: next(root.len() as u64),
        metadata: next(metadata.len() as u64),
        leaves: next(leaves.len() as u64),
        tiles: next(tiles_bytes),
        addressed_tiles: entries.iter().map(|entry| u64::from(entry.run_length)).sum(),
        entries: entries.len() as u64,
        contents: different,
        is_clustered,
        is_packed: true,
        are_tiles_packed: true,
        zooms: contents.zooms,
        bounds: contents.bounds,
    };
    [header.to_bytes().as_slice(), &root, &metadata, &leaves].concat()
}
