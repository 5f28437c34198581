//! Memory for files that are in memory whole, used again: fresh memory costs as much as reading or writing.

use std::fs::File;
use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use super::direct::BLOCK_BYTES;

/// A smaller file's memory is the allocator's to keep.
const KEPT_BYTES_MIN: usize = 256 << 10;
/// A larger one's is given back.
const KEPT_BYTES_MAX: usize = 32 << 20;
/// So much is kept in all.
const KEPT_ALL_BYTES_MAX: usize = 128 << 20;

static KEPT: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// Reads a file of so many bytes.
pub(crate) fn read_whole(mut file: &File, size_bytes: u64) -> io::Result<Bytes> {
    let size_bytes = usize::try_from(size_bytes).unwrap_or(usize::MAX);
    if !(KEPT_BYTES_MIN..=KEPT_BYTES_MAX).contains(&size_bytes) {
        let mut whole = Vec::with_capacity(size_bytes);
        file.read_to_end(&mut whole)?;
        return Ok(whole.into());
    }
    let mut whole = Memory::of(size_bytes);
    whole.read(file)?;
    Ok(Bytes::from_owner(whole))
}

/// Bytes that begin at a block, in memory that is kept when nobody needs them any more.
#[derive(Debug)]
pub(crate) struct Memory {
    all: Vec<u8>,
    begin: usize,
    end: usize,
    end_max: usize,
}

impl Memory {
    /// No bytes, and room for so many.
    pub(crate) fn of(bytes: usize) -> Self {
        let wanted = bytes.saturating_add(BLOCK_BYTES);
        let fitting = |all: &mut Vec<Vec<u8>>| {
            let fits = all.iter().enumerate().filter(|(_, one)| one.len() >= wanted);
            let (at, _) = fits.min_by_key(|(_, one)| one.len())?;
            Some(all.swap_remove(at))
        };
        let all = kept(fitting).unwrap_or_else(|| vec![0; wanted]);
        let begin = all.as_ptr().align_offset(BLOCK_BYTES).min(BLOCK_BYTES);
        Self { all, begin, end: begin, end_max: begin + bytes }
    }

    /// Adds bytes at the end, as far as there is room for them.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let count = bytes.len().min(self.end_max - self.end);
        self.all[self.end..self.end + count].copy_from_slice(&bytes[..count]);
        self.end += count;
    }

    /// Reads a file to its end; one that grew meanwhile is none that we wrote.
    fn read(&mut self, mut file: &File) -> io::Result<()> {
        loop {
            match file.read(&mut self.all[self.end..self.end_max]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) => return Ok(()),
                read => self.end += read?,
            }
        }
    }
}

impl AsRef<[u8]> for Memory {
    fn as_ref(&self) -> &[u8] {
        &self.all[self.begin..self.end]
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let memory = std::mem::take(&mut self.all);
        kept(|kept| {
            let before: usize = kept.iter().map(Vec::len).sum();
            if (KEPT_BYTES_MIN..=2 * KEPT_BYTES_MAX).contains(&memory.len())
                && before + memory.len() <= KEPT_ALL_BYTES_MAX
            {
                kept.push(memory);
            }
        });
    }
}

/// No step under the lock can stop half way.
fn kept<T>(work: impl FnOnce(&mut Vec<Vec<u8>>) -> T) -> T {
    work(&mut KEPT.lock().unwrap_or_else(PoisonError::into_inner))
}
