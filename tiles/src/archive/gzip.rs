//! gzip, whole buffers at a time.

use libdeflater::{CompressionLvl, Compressor, Decompressor};

/// What one directory, metadata or tile may unpack to.
const UNPACKED_BYTES_MAX: usize = 256 << 20;

/// A compressor, to be used for many buffers. The same bytes come out every time.
pub struct Gzip(Compressor);

impl Default for Gzip {
    /// At zlib's usual level, 6.
    fn default() -> Self {
        Self(Compressor::new(CompressionLvl::default()))
    }
}

impl Gzip {
    /// `bytes` as a gzip file, without name and time.
    pub fn pack(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut packed = vec![0; self.0.gzip_compress_bound(bytes.len())];
        // The bound is always enough.
        let length = self.0.gzip_compress(bytes, &mut packed).unwrap_or_default();
        packed.truncate(length);
        packed
    }
}

/// What is in a gzip file of one member.
///
/// # Errors
/// A sentence if it is none, or says that it holds too much.
pub fn unpack(packed: &[u8]) -> Result<Vec<u8>, String> {
    let size = packed.last_chunk::<4>().map_or(0, |size| u32::from_le_bytes(*size)) as usize;
    if size > UNPACKED_BYTES_MAX {
        return Err(format!("unpacks to {size} bytes, {UNPACKED_BYTES_MAX} are allowed"));
    }
    let mut bytes = vec![0; size];
    let length = Decompressor::new().gzip_decompress(packed, &mut bytes).map_err(|error| format!("gzip: {error}"))?;
    bytes.truncate(length);
    Ok(bytes)
}
