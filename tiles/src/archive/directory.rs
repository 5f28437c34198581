//! Directories: where each tile lies.

use super::gzip::{Gzip, unpack};
use super::header::{FIRST_REQUEST_BYTES, HEADER_BYTES};

/// Tiles `tile_id..tile_id + run_length` are the same bytes; with a run length of 0 they are a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) tile_id: u64,
    /// From the first tile of the archive on.
    pub(crate) offset: u64,
    pub(crate) length: u32,
    pub(crate) run_length: u32,
}

/// The root directory and the leaves below it, packed.
pub(super) struct Packed {
    pub(super) root: Vec<u8>,
    pub(super) leaves: Vec<u8>,
}

const ROOT_BYTES_MAX: usize = FIRST_REQUEST_BYTES - HEADER_BYTES;
/// Entries of a leaf, unless the root then grows too long.
const LEAF_ENTRIES: usize = 4_096;

/// Packs entries in order of tile id; into leaves of equal count where they are too many for a root.
pub(super) fn pack(entries: &[Entry]) -> Packed {
    let mut gzip = Gzip::default();
    if entries.len() <= FIRST_REQUEST_BYTES {
        let root = gzip.pack(&encode(entries));
        if root.len() <= ROOT_BYTES_MAX {
            return Packed { root, leaves: Vec::new() };
        }
    }
    let mut leaf_entries = LEAF_ENTRIES;
    loop {
        let packed = pack_leaves(entries, leaf_entries, &mut gzip);
        if packed.root.len() <= ROOT_BYTES_MAX {
            return packed;
        }
        leaf_entries *= 2;
    }
}

fn pack_leaves(entries: &[Entry], leaf_entries: usize, gzip: &mut Gzip) -> Packed {
    let (mut root, mut leaves) = (Vec::new(), Vec::new());
    for leaf in entries.chunks(leaf_entries) {
        let packed = gzip.pack(&encode(leaf));
        let tile_id = leaf.first().map_or(0, |entry| entry.tile_id);
        root.push(Entry { tile_id, offset: leaves.len() as u64, length: packed.len() as u32, run_length: 0 });
        leaves.extend(packed);
    }
    Packed { root: gzip.pack(&encode(&root)), leaves }
}

fn encode(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(entries.len() * 6);
    put_varint(&mut bytes, entries.len() as u64);
    let mut before = 0;
    for entry in entries {
        put_varint(&mut bytes, entry.tile_id - before);
        before = entry.tile_id;
    }
    entries.iter().for_each(|entry| put_varint(&mut bytes, entry.run_length.into()));
    entries.iter().for_each(|entry| put_varint(&mut bytes, entry.length.into()));
    let mut end = None;
    for entry in entries {
        // 0 stands for "where the one before ends".
        put_varint(&mut bytes, if end == Some(entry.offset) { 0 } else { entry.offset + 1 });
        end = Some(entry.offset + u64::from(entry.length));
    }
    bytes
}

/// The entries of a directory as it lies in the file. They are in order and none is empty.
pub(super) fn read(bytes: &[u8], is_packed: bool) -> Result<Vec<Entry>, String> {
    if is_packed { decode(&unpack(bytes)?) } else { decode(bytes) }.map_err(|problem| format!("directory: {problem}"))
}

fn decode(mut bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let short = || "ends too early".to_owned();
    let count = take_varint(&mut bytes).ok_or_else(short)?;
    // Each entry takes four bytes or more.
    let count = usize::try_from(count).ok().filter(|count| *count <= bytes.len() / 4).ok_or_else(short)?;
    let mut columns = [const { Vec::new() }; 4];
    for column in &mut columns {
        for _ in 0..count {
            column.push(take_varint(&mut bytes).ok_or_else(short)?);
        }
    }
    let [ids, runs, lengths, offsets] = columns;
    let mut entries: Vec<Entry> = Vec::with_capacity(count);
    for (index, id) in ids.iter().enumerate() {
        let before = entries.last();
        let tile_id = before.map_or(Some(*id), |before| before.tile_id.checked_add(*id));
        let offset = match (offsets[index], before) {
            (0, Some(before)) => before.offset.checked_add(before.length.into()),
            (offset, _) => offset.checked_sub(1),
        };
        let (tile_id, offset) = tile_id.zip(offset).ok_or("an entry lies nowhere")?;
        let narrow = |value: u64| u32::try_from(value).map_err(|_| "an entry is too long");
        entries.push(Entry { tile_id, offset, length: narrow(lengths[index])?, run_length: narrow(runs[index])? });
    }
    Ok(entries)
}

pub(crate) fn put_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}
