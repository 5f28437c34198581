//! Stages: functions from published objects to published objects. Each can be killed at any point and run again.

pub mod bench;
pub mod cover;
pub mod erase;
pub mod features;
pub mod guide;
pub mod hand;
pub mod process;
pub mod publish;
pub mod rows;
pub mod settle;
pub mod shelf;
pub mod stream;
pub mod summary;
pub mod tables;
pub mod tiles;
pub mod trust;
pub mod turn;

use std::num::NonZeroUsize;

/// Threads for work that comes out the same on any number of them.
pub fn threads() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}
