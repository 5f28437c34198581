//! From frames to coverage: one best frame per place and direction.
//!
//! `polars` does the relational work; tables come in and go out as Parquet bytes, so that every value
//! is checked by the types of `datasets` on the way. Knows nothing of pay.

mod coverage;

pub use coverage::{Error, coverage};
