//! Money: whole numbers of the smallest unit, and where it goes.

use std::fmt;
use std::iter::Sum;
use std::str::FromStr;

use sha3::{Digest as _, Keccak256};

use crate::Invalid;
use crate::word::serde_as_text;

/// An amount in the smallest unit of the currency, at most [`Amount::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(u128);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// 10^30: a million million tokens of 18 decimals. A product with a share still fits 128 bits.
    pub const MAX: Self = Self(1_000_000_000_000_000_000_000_000_000_000);

    /// Smallest units.
    #[must_use]
    pub fn units(self) -> u128 {
        self.0
    }

    /// This amount without `other`; nothing is the least.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl TryFrom<u128> for Amount {
    type Error = Invalid;
    fn try_from(units: u128) -> Result<Self, Invalid> {
        if units <= Self::MAX.0 { Ok(Self(units)) } else { Err(Invalid::new("amount", units, "at most 10^30 units")) }
    }
}

impl Sum for Amount {
    /// Exact while the parts come from one pool, which is how we split; held at [`Amount::MAX`] otherwise.
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        Self(amounts.fold(0, |sum, amount| (sum + amount.0).min(Self::MAX.0)))
    }
}

impl FromStr for Amount {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let digits = !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
        let units = digits.then(|| text.parse::<u128>().ok()).flatten();
        units
            .map_or_else(|| Err(Invalid::new("amount", text, "a whole number of units, at most 10^30")), Self::try_from)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

serde_as_text!(Amount);

/// Where a driver is paid: 20 bytes, written with the checksum of EIP-55.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PayoutAddress([u8; 20]);

impl PayoutAddress {
    /// The raw address.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }
}

impl fmt::Display for PayoutAddress {
    /// EIP-55: a letter is upper case where the matching digit of the Keccak-256 of the
    /// lower-case text is 8 or more.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lower: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        let hash = Keccak256::digest(lower.as_bytes());
        f.write_str("0x")?;
        for (i, digit) in lower.chars().enumerate() {
            let nibble = hash[i / 2] >> (4 * (1 - i % 2)) & 0xf;
            write!(f, "{}", if nibble >= 8 { digit.to_ascii_uppercase() } else { digit })?;
        }
        Ok(())
    }
}

impl FromStr for PayoutAddress {
    type Err = Invalid;
    /// Accepts the checksummed form, or letters all of one case (which carries no checksum).
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid =
            || Invalid::new("payout address", text, "0x and 40 hexadecimal digits with a right EIP-55 checksum");
        let digits = text.strip_prefix("0x").filter(|d| d.len() == 40 && d.bytes().all(|c| c.is_ascii_hexdigit()));
        let digits = digits.ok_or_else(invalid)?;
        let mut bytes = [0; 20];
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).map_err(|_| invalid())?;
        }
        let address = Self(bytes);
        let one_case = digits == digits.to_ascii_lowercase() || digits == digits.to_ascii_uppercase();
        if one_case || address.to_string() == text { Ok(address) } else { Err(invalid()) }
    }
}

serde_as_text!(PayoutAddress);
