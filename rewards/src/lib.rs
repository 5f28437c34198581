//! What each slot pass of an epoch is worth, and the exact split of a pool among them.
//!
//! Everything here is a pure function of published rows in integers, so that anyone can recompute it.
//! Knows nothing of HTTP and pixels.

mod commitment;
mod pass;
mod points;
mod settle;
mod split;

pub use commitment::{Commitment, Node, Proof};
pub use pass::{Pass, passes};
pub use points::{FormulaSettings, Points, points};
pub use settle::{Settlement, Terms, UnknownDriver, settle};
pub use split::{Split, split};
