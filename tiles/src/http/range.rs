//! `Range` (RFC 9110, section 14): one part of a whole that never changes.

use std::ops::Range;

use axum::http::header::{IF_RANGE, RANGE};
use axum::http::{HeaderMap, HeaderValue};

/// What of a whole to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of it.
    Whole,
    /// A part, which is not empty.
    Part(Range<u64>),
    /// A part beyond the end.
    Unsatisfiable,
}

/// What is asked of `size_bytes` bytes named `etag`. Several ranges at once, and what is no range, ask for the whole.
pub(super) fn wanted(asked: &HeaderMap, etag: &HeaderValue, size_bytes: u64) -> Wanted {
    let is_meant = asked.get(IF_RANGE).is_none_or(|name| name == etag);
    let range = asked.get(RANGE).filter(|_| is_meant).and_then(|range| range.to_str().ok());
    let parsed = range.and_then(|range| range.strip_prefix("bytes=")).and_then(|range| parse(range.trim(), size_bytes));
    parsed.unwrap_or(Wanted::Whole)
}

fn parse(range: &str, size_bytes: u64) -> Option<Wanted> {
    let (from, to) = range.split_once('-')?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(from) || !is_number(to) {
        return None;
    }
    let number = |text: &str| text.parse::<u64>().unwrap_or(u64::MAX);
    let part = match (from, to) {
        ("", "") => return None,
        ("", last) => size_bytes.saturating_sub(number(last))..size_bytes,
        (from, "") => number(from)..size_bytes,
        (from, to) if number(to) < number(from) => return None,
        (from, to) => number(from)..number(to).saturating_add(1).min(size_bytes),
    };
    Some(if part.is_empty() { Wanted::Unsatisfiable } else { Wanted::Part(part) })
}
