//! Writing past the system's memory: what is large and not read again soon costs half as much then, and pushes nothing
//! else out of it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// What is written so begins at a multiple of this in memory and in the file, and is a multiple of it long. No disk
/// has larger blocks.
pub(super) const BLOCK_BYTES: usize = 4096;
/// Less is not worth a way of its own.
const DIRECT_BYTES_MIN: usize = 256 << 10;

/// Writes a file from its start, large ones past the system's memory if that can be: if the file system can, and `bytes`
/// begin at a block. They are not durable then.
pub(super) fn write(file: &File, bytes: &[u8]) -> io::Result<()> {
    let (blocks, rest) = bytes.split_at(bytes.len() / BLOCK_BYTES * BLOCK_BYTES);
    let is_written = bytes.len() >= DIRECT_BYTES_MIN && write_past_memory(file, blocks)?;
    if is_written { file.write_all_at(rest, blocks.len() as u64) } else { file.write_all_at(bytes, 0) }
}

/// Whether that could be.
#[cfg(target_os = "linux")]
fn write_past_memory(file: &File, blocks: &[u8]) -> io::Result<bool> {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    let usual = fcntl_getfl(file)?;
    if fcntl_setfl(file, usual | OFlags::DIRECT).is_err() {
        return Ok(false);
    }
    let written = file.write_all_at(blocks, 0);
    fcntl_setfl(file, usual)?;
    match written {
        // Some file systems say so only now.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(false),
        written => written.map(|()| true),
    }
}

/// Other systems have other ways, if any.
#[cfg(not(target_os = "linux"))]
fn write_past_memory(_: &File, _: &[u8]) -> io::Result<bool> {
    Ok(false)
}
