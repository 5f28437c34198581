//! The crate through its public API: real Parquet, real folders, real processes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod contents;
mod damage;
mod dice;
mod durability;
mod geometry;
mod names;
mod numbers;
mod places;
mod removals;
mod samples;
mod snapshots;
mod stores;
mod tables;
mod times;
mod tracks;
