//! A directory of an archive: which tiles lie where.

/// Some tiles in a row with the same bytes, or a leaf directory if the run is of none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// The first tile.
    pub(super) tile_id: u64,
    /// In its section.
    pub(super) offset: u64,
    /// In bytes.
    pub(super) length: u32,
    /// How many tiles; 0 for a leaf directory.
    pub(super) run_length: u32,
}

/// Entries in order of tile.
#[derive(Debug)]
pub(super) struct Directory {
    entries: Vec<Entry>,
}

const CUT: &str = "a directory is cut";

impl Directory {
    pub(super) fn parse(mut bytes: &[u8]) -> Result<Self, &'static str> {
        let count = varint(&mut bytes)?;
        // Each entry takes four bytes at least.
        if count > bytes.len() as u64 / 4 {
            return Err(CUT);
        }
        let empty = Entry { tile_id: 0, offset: 0, length: 0, run_length: 0 };
        let mut entries = vec![empty; usize::try_from(count).map_err(|_| CUT)?];
        let mut tile_id = 0_u64;
        for entry in &mut entries {
            tile_id = tile_id.checked_add(varint(&mut bytes)?).ok_or(CUT)?;
            entry.tile_id = tile_id;
        }
        for entry in &mut entries {
            entry.run_length = u32::try_from(varint(&mut bytes)?).map_err(|_| CUT)?;
        }
        for entry in &mut entries {
            entry.length = u32::try_from(varint(&mut bytes)?).map_err(|_| CUT)?;
        }
        let mut behind = None;
        for entry in &mut entries {
            // Nought stands for: right behind the one before.
            entry.offset = match (varint(&mut bytes)?, behind) {
                (0, Some(behind)) => behind,
                (given, _) => given.checked_sub(1).ok_or(CUT)?,
            };
            behind = entry.offset.checked_add(u64::from(entry.length));
        }
        Ok(Self { entries })
    }

    /// The entry that holds tile `id`, or the leaf directory that may.
    pub(super) fn find(&self, id: u64) -> Option<Entry> {
        let after = self.entries.partition_point(|entry| entry.tile_id <= id);
        let entry = *self.entries.get(after.checked_sub(1)?)?;
        let is_held = entry.run_length == 0 || id - entry.tile_id < u64::from(entry.run_length);
        is_held.then_some(entry)
    }

    /// About how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        self.entries.len() * size_of::<Entry>()
    }
}

/// An unsigned LEB128 number.
fn varint(bytes: &mut &[u8]) -> Result<u64, &'static str> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or(CUT)?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(CUT)
}
