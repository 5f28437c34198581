//! Pictures of what is published: a map, a frame with what was found in it, and a sheet of frames.

mod contact;
mod frame;
mod map;
mod pen;
mod roc;
mod text;

pub use contact::{contact_sheet, telling};
pub use frame::{Shot, frame};
pub use map::{MapContent, map};
pub use roc::{Curve, roc};
