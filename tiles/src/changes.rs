//! What changes on the map from one snapshot to the next: things that are new, moved, gone, back, or taken down.
//!
//! Each entry of the feed is computed once, when its snapshot is published, and written as an object, so that whoever
//! follows it is told the same at any time. Whoever applies the entries in order has the map of the last one.

mod difference;
mod feature;
mod http;
mod log;

pub use difference::{Change, ChangeKind, MOVED_MIN_M, apply, difference};
pub use feature::MapFeature;
pub use http::{Changes, changes_openapi, changes_router};
pub use log::{ChangesError, Entry, Rebuilt, append, erased_from, last, read, record_erasure, sequence_of};
