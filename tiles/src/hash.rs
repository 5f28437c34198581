//! A fast hash for keys that nobody chooses freely: cells, values of tiles, and ids, which are hashes themselves.
//!
//! The standard one withstands hostile keys and takes several times as long. A hostile set of keys costs at most what
//! comparing all of them with each other costs; the sets here are bounded by a tile or a partition.

use std::hash::{BuildHasherDefault, Hasher};

/// For maps and sets of such keys.
pub(crate) type Fast = BuildHasherDefault<Folded>;

/// Eight bytes at a time, multiplied and folded.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Folded(u64);

impl Hasher for Folded {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.write_u64(u64::from_le_bytes(*word)));
        self.write_u64(rest.iter().fold(bytes.len() as u64, |last, byte| last << 8 | u64::from(*byte)));
    }

    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word ^ 0x517c_c1b7_2722_0a95) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (product as u64) ^ (product >> 64) as u64;
    }
}
