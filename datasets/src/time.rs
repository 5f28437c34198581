//! A moment: milliseconds since 1970 in UTC, without leap seconds.

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, SecondsFormat, Utc};

use crate::Invalid;
use crate::word::serde_as_number;

/// Milliseconds since 1970-01-01T00:00:00Z; from 1970 to the end of 2199.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcMillis(i64);

/// 2200-01-01T00:00:00Z: far beyond any camera, well within every format.
const END_MS: i64 = 7_258_118_400_000;

impl UtcMillis {
    /// 1970-01-01T00:00:00Z.
    pub const MIN: Self = Self(0);
    /// The last millisecond of 2199.
    pub const MAX: Self = Self(END_MS - 1);

    /// Milliseconds since 1970.
    #[must_use]
    pub fn millis(self) -> i64 {
        self.0
    }

    /// This moment moved by `ms`, held within the range.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms).clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Milliseconds from `earlier` to this moment; negative when it is later.
    #[must_use]
    pub fn ms_since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// As `chrono` has it.
    #[must_use]
    pub fn to_chrono(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or_default()
    }
}

impl TryFrom<i64> for UtcMillis {
    type Error = Invalid;
    fn try_from(ms: i64) -> Result<Self, Invalid> {
        if (0..END_MS).contains(&ms) {
            Ok(Self(ms))
        } else {
            Err(Invalid::new("time", ms, "milliseconds since 1970, before the year 2200"))
        }
    }
}

impl From<UtcMillis> for i64 {
    fn from(time: UtcMillis) -> Self {
        time.0
    }
}

impl TryFrom<SystemTime> for UtcMillis {
    type Error = Invalid;
    fn try_from(time: SystemTime) -> Result<Self, Invalid> {
        let since_1970_ms =
            time.duration_since(UNIX_EPOCH).map_or(-1, |since| since.as_millis().min(i64::MAX as u128) as i64);
        since_1970_ms.try_into()
    }
}

impl FromStr for UtcMillis {
    type Err = Invalid;
    /// Reads RFC 3339, such as `2025-12-15T21:53:41.771Z`.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        DateTime::parse_from_rfc3339(text)
            .map_err(|_| Invalid::new("time", text, "RFC 3339, such as 2025-12-15T21:53:41.771Z"))
            .and_then(|time| time.timestamp_millis().try_into())
    }
}

impl fmt::Display for UtcMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_chrono().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

serde_as_number!(UtcMillis, i64);
