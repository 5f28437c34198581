//! Memory for files that are read whole, used again: fresh memory costs as much as the reading.

use std::fs::File;
use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

/// A smaller file's memory is the allocator's to keep.
const KEPT_BYTES_MIN: usize = 1 << 20;
/// More than this is given back.
const KEPT_BYTES_MAX: usize = 32 << 20;
/// So many are kept.
const KEPT_MAX: usize = 4;

static KEPT: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// Reads a file of so many bytes.
pub(crate) fn read_whole(mut file: &File, size_bytes: u64) -> io::Result<Bytes> {
    let size_bytes = usize::try_from(size_bytes).unwrap_or(usize::MAX);
    if !(KEPT_BYTES_MIN..=KEPT_BYTES_MAX).contains(&size_bytes) {
        let mut whole = Vec::with_capacity(size_bytes);
        file.read_to_end(&mut whole)?;
        return Ok(whole.into());
    }
    let mut whole = Kept(kept(|kept| kept.pop()).unwrap_or_default());
    // One byte more shows that the file has ended.
    whole.0.reserve_exact(size_bytes + 1);
    file.read_to_end(&mut whole.0)?;
    Ok(Bytes::from_owner(whole))
}

/// Memory that is kept when nobody needs its bytes any more.
struct Kept(Vec<u8>);

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let mut memory = std::mem::take(&mut self.0);
        memory.clear();
        kept(|kept| {
            if memory.capacity() <= 2 * KEPT_BYTES_MAX && kept.len() < KEPT_MAX {
                kept.push(memory);
            }
        });
    }
}

/// No step under the lock can stop half way.
fn kept<T>(work: impl FnOnce(&mut Vec<Vec<u8>>) -> T) -> T {
    work(&mut KEPT.lock().unwrap_or_else(PoisonError::into_inner))
}
