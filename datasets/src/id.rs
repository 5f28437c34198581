//! Names of things: devices, drivers, clips, frames, and the digest of bytes.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::Invalid;
use crate::word::serde_as_text;

/// The SHA-256 of some bytes; written as 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Hashes `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Of what `hash` was fed.
    pub(crate) fn finish(hash: Sha256) -> Self {
        Self(hash.finalize().into())
    }

    /// The raw hash.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A clip: the first 128 bits of a hash over the device and its media, so that a device that signs
/// the same footage twice names the same clip, and nobody can take another device's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClipId([u8; 16]);

impl ClipId {
    /// The only name that a clip of `media` by `device` can have; the order of media is part of it.
    #[must_use]
    pub fn derive(device: &DeviceId, media: &[Digest]) -> Self {
        let mut hash = Sha256::new_with_prefix(b"waymark clip 1\0");
        hash.update(device.as_str());
        media.iter().for_each(|digest| hash.update(digest.0));
        Self(first_half(hash.finalize().into()))
    }
}

/// A frame: the first 128 bits of a hash over its clip and its index there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameId([u8; 16]);

impl FrameId {
    /// The name of frame `index` of `clip`.
    #[must_use]
    pub fn derive(clip: ClipId, index: u32) -> Self {
        let mut hash = Sha256::new_with_prefix(b"waymark frame 1\0");
        hash.update(clip.0);
        hash.update(index.to_be_bytes());
        Self(first_half(hash.finalize().into()))
    }
}

fn first_half(hash: [u8; 32]) -> [u8; 16] {
    std::array::from_fn(|i| hash[i])
}

/// `Display` and `FromStr` as lower-case hexadecimal, and serde through them.
macro_rules! hexadecimal {
    ($word:ident, $bytes:literal, $what:literal, $expected:literal) => {
        impl fmt::Display for $word {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                let digit = |at: usize| DIGITS[usize::from(self.0[at / 2] >> (4 - at % 2 * 4) & 15)];
                let digits: [u8; 2 * $bytes] = std::array::from_fn(digit);
                f.pad(std::str::from_utf8(&digits).map_err(|_| fmt::Error)?)
            }
        }
        impl FromStr for $word {
            type Err = Invalid;
            fn from_str(text: &str) -> Result<Self, Invalid> {
                let invalid = || Invalid::new($what, text, $expected);
                let lower = |digit: &u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
                if text.len() != 2 * $bytes || !text.as_bytes().iter().all(lower) {
                    return Err(invalid());
                }
                let mut bytes = [0; $bytes];
                for (i, byte) in bytes.iter_mut().enumerate() {
                    *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).map_err(|_| invalid())?;
                }
                Ok(Self(bytes))
            }
        }
        serde_as_text!($word);
    };
}

hexadecimal!(Digest, 32, "digest", "64 lower-case hexadecimal digits");
hexadecimal!(ClipId, 16, "clip id", "32 lower-case hexadecimal digits");
hexadecimal!(FrameId, 16, "frame id", "32 lower-case hexadecimal digits");

/// A device: the RFC 7638 thumbprint of its public key, 43 characters of base64url.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(String);

impl DeviceId {
    const CHARS: usize = 43;

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DeviceId {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let base64url = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
        if text.len() == Self::CHARS && text.bytes().all(base64url) {
            Ok(Self(text.into()))
        } else {
            Err(Invalid::new("device id", text, "the 43 base64url characters of an RFC 7638 thumbprint"))
        }
    }
}

/// A driver's account: 1 to 64 of `a-z 0-9 . _ -`, beginning with a letter or digit; safe in a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DriverId(String);

impl DriverId {
    const CHARS_MAX: usize = 64;

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DriverId {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
        let inner = |c: u8| plain(c) || matches!(c, b'.' | b'_' | b'-');
        let first = text.bytes().next().is_some_and(plain);
        if first && text.len() <= Self::CHARS_MAX && text.bytes().all(inner) {
            Ok(Self(text.into()))
        } else {
            Err(Invalid::new("driver", text, "1 to 64 of a-z 0-9 . _ -, beginning with a letter or digit"))
        }
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for DriverId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(DeviceId);
serde_as_text!(DriverId);
