//! From frames to what a map needs: one best frame per place and direction, and the things that frames show; and the
//! map over HTTP, read from what was published.
//!
//! Tables come in and go out as bytes or rows of `datasets`, so that every value is checked by its types on the way;
//! `polars` does the relational work. Knows nothing of pay.

pub mod access;
pub mod changes;
mod coverage;
mod features;
pub mod http;
pub mod query;

pub use coverage::{Error, coverage};
pub use features::{FeatureInput, features};
