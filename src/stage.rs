//! Stages: functions from published objects to published objects. Each can be killed at any point and run again.

pub mod bench;
pub mod cover;
pub mod features;
pub mod process;
mod rows;
pub mod settle;
pub mod shelf;
pub mod stream;
pub mod summary;
pub mod trust;
