//! The crate through its public API: real folders, real stores, real keys.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod admission;
mod assets;
mod chains;
mod crashes;
mod footage;
mod hostile;
mod keys;
mod readers;
mod refusals;
mod registries;
mod signing;
mod world;
