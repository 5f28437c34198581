//! Moments and intervals as OGC API Features and STAC write them.

use chrono::DateTime;

use super::Refusal;

/// Milliseconds since 1970, from and to inclusive; open ends are the extremes.
pub type Interval = (i64, i64);

/// Reads `2026-11-21T09:00:00Z`, or an interval such as `2026-11-01T00:00:00Z/..`.
///
/// # Errors
/// [`Refusal`] `datetime_malformed` or `datetime_inverted`.
pub fn interval(text: &str) -> Result<Interval, Refusal> {
    let Some((from, to)) = text.split_once('/') else { return moment(text).map(|at| (at, at)) };
    let is_open = |end: &str| end.is_empty() || end == "..";
    if is_open(from) && is_open(to) {
        return Err(malformed());
    }
    let from_ms = if is_open(from) { i64::MIN } else { moment(from)? };
    let to_ms = if is_open(to) { i64::MAX } else { moment(to)? };
    if from_ms > to_ms {
        return Err(Refusal::new("datetime_inverted", "an interval ends no earlier than it begins"));
    }
    Ok((from_ms, to_ms))
}

fn moment(text: &str) -> Result<i64, Refusal> {
    // `chrono` takes a space for the T, which RFC 3339 leaves to agreement; we agreed on nothing.
    let is_split = text.as_bytes().get(10).is_some_and(|byte| matches!(byte, b'T' | b't'));
    let time = DateTime::parse_from_rfc3339(text).ok().filter(|_| is_split);
    time.map(|time| time.timestamp_millis()).ok_or_else(malformed)
}

fn malformed() -> Refusal {
    Refusal::new("datetime_malformed", "datetime: expected RFC 3339, or two of it with a / between; .. is an open end")
}
