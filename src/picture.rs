//! Pictures of what is published: a map, and a frame with what was found in it.

mod frame;
mod map;
mod text;

pub use frame::frame;
pub use map::map;
