//! Shares in parts per million: what pay is made of, so never floating point.

use std::fmt;

use crate::Invalid;
use crate::word::serde_as_number;

/// A share, `0..=1_000_000` parts per million; nothing by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ppm(u32);

impl Ppm {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The whole.
    pub const ONE: Self = Self(1_000_000);

    /// A measured ratio, clamped to 0..=1 and rounded; not a number is nothing.
    #[must_use]
    pub fn from_ratio(ratio: f64) -> Self {
        // A float cast saturates and sends NaN to 0.
        Self((ratio.clamp(0.0, 1.0) * 1e6).round() as u32)
    }

    /// `part` of `whole`, rounded down; the whole if `part` exceeds it, nothing if `whole` is 0.
    #[must_use]
    pub fn of(part: u64, whole: u64) -> Self {
        if whole == 0 {
            return Self::ZERO;
        }
        let share = u128::from(part.min(whole)) * 1_000_000 / u128::from(whole);
        Self(share as u32)
    }

    /// The product of two shares, rounded down.
    #[must_use]
    pub fn times(self, other: Self) -> Self {
        Self((u64::from(self.0) * u64::from(other.0) / 1_000_000) as u32)
    }

    /// What is missing to the whole.
    #[must_use]
    pub fn complement(self) -> Self {
        Self(1_000_000 - self.0)
    }
}

impl TryFrom<u32> for Ppm {
    type Error = Invalid;
    fn try_from(ppm: u32) -> Result<Self, Invalid> {
        if ppm <= 1_000_000 { Ok(Self(ppm)) } else { Err(Invalid::new("share", ppm, "0..=1000000 parts per million")) }
    }
}

impl From<Ppm> for u32 {
    fn from(share: Ppm) -> Self {
        share.0
    }
}

serde_as_number!(Ppm, u32);

impl fmt::Display for Ppm {
    /// As a percentage with one digit.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}%", self.0 / 10_000, self.0 % 10_000 / 1_000)
    }
}
