//! The unit of pay: an ISO week in UTC.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate, NaiveTime, Weekday};

use crate::word::serde_as_text;
use crate::{Invalid, UtcMillis};

/// An ISO week in UTC by capture time, such as `2026-W47`: Monday to Sunday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch {
    year: i32,
    week: u32,
}

const WEEK_MS: i64 = 7 * 24 * 3_600_000;

impl Epoch {
    /// The epoch that `time` falls in.
    #[must_use]
    pub fn of(time: UtcMillis) -> Self {
        let week = time.to_chrono().iso_week();
        Self { year: week.year(), week: week.week() }
    }

    /// Its first millisecond.
    #[must_use]
    pub fn start(self) -> UtcMillis {
        let monday = NaiveDate::from_isoywd_opt(self.year, self.week, Weekday::Mon).unwrap_or_default();
        let start_ms = monday.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
        // The week of 1970-01-01 starts in 1969: clamped to the first moment that we know.
        UtcMillis::MIN.plus_ms(start_ms)
    }

    /// The first millisecond after it; of the last epoch, `2200-W01`, [`UtcMillis::MAX`].
    #[must_use]
    pub fn end(self) -> UtcMillis {
        let start_ms = self.start().millis();
        // 1970-W01 starts on the Monday before 1970-01-01 (a Thursday), outside our time.
        let lead_ms = if start_ms == 0 { 3 * 24 * 3_600_000 } else { 0 };
        self.start().plus_ms(WEEK_MS - lead_ms)
    }

    /// The epochs before this one, latest first, at most `count` of them.
    pub fn before(self, count: usize) -> impl Iterator<Item = Self> {
        let back = move |epoch: &Self| (epoch.start().millis() > 0).then(|| Self::of(epoch.start().plus_ms(-1)));
        std::iter::successors(back(&self), back).take(count)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-W{:02}", self.year, self.week)
    }
}

impl FromStr for Epoch {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid::new("epoch", text, "an ISO week that begins before 2200, such as 2026-W47");
        let (year, week) = text.split_once("-W").ok_or_else(invalid)?;
        let epoch = Self { year: year.parse().map_err(|_| invalid())?, week: week.parse().map_err(|_| invalid())? };
        NaiveDate::from_isoywd_opt(epoch.year, epoch.week, Weekday::Mon).ok_or_else(invalid)?;
        // The last days of 2199 fall in the first week of 2200.
        let known = Self::of(UtcMillis::MIN)..=Self::of(UtcMillis::MAX);
        if epoch.to_string() == text && known.contains(&epoch) { Ok(epoch) } else { Err(invalid()) }
    }
}

serde_as_text!(Epoch);
