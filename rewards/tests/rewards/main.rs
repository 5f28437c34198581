//! The laws of pay, and the same money computed a second time by the plainest loops.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod by_hand;
mod committing;
mod frames;
mod passing;
mod scoring;
mod settling;
mod splitting;
