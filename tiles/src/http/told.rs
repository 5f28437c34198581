//! Which slots an answer told of, for whoever counts what is read.

use axum::response::Response;

use crate::access::Reads;
use crate::query::{Found, Layer};

/// Notes in an answer which slots it told of.
pub(super) fn tell<R: Layer>(response: &mut Response, rows: &[Found<R>]) {
    response.extensions_mut().insert(Reads(rows.iter().filter_map(|row| row.slot_told()).collect()));
}
