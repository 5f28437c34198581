//! HMAC-SHA-256.

use waymark_datasets::Digest;

const BLOCK_BYTES: usize = 64;

/// The HMAC of `message` by a key of 32 bytes (RFC 2104, section 2).
pub(super) fn hmac(key: &[u8; 32], message: &[u8]) -> Digest {
    let padded = |pad: u8| {
        let mut block = vec![pad; BLOCK_BYTES];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Digest::of(&[padded(0x36).as_slice(), message].concat());
    Digest::of(&[padded(0x5c).as_slice(), inner.as_bytes()].concat())
}

/// Whether two digests are one, in a time that tells nothing of where they differ.
pub(super) fn is_same(one: &Digest, other: &Digest) -> bool {
    one.as_bytes().iter().zip(other.as_bytes()).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}
