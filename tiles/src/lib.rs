//! From frames to what a map needs: one best frame per place and direction, the things that frames show, and tiles;
//! and the map over HTTP, read from what was published.
//!
//! Tables come in and go out as bytes or rows of `datasets`, so that every value is checked by its types on the way.
//! Knows nothing of pay.

pub mod access;
pub mod archive;
pub mod changes;
mod coverage;
mod error;
mod features;
mod hash;
pub mod http;
pub mod map;
pub mod query;
mod stac_table;
pub mod vector;

pub use coverage::coverage;
pub use error::Error;
pub use features::{FeatureInput, features};
pub use stac_table::StacTable;
