//! Questions to a snapshot: which frames, slots and things lie in an area, page by page.
//!
//! A [`View`] is one snapshot, opened; it answers from that snapshot alone, whatever is published meanwhile. Tables are
//! decoded by partition and kept up to a number of bytes. What a question may cost is bounded: see [`limits`].

mod area;
mod cache;
mod geojson;
mod index;
mod layer;
pub mod limits;
mod page;
mod placed;
mod refusal;
mod shelf;
mod time;
mod view;
mod wkt;

pub use area::{Area, look_at};
pub use cache::Cache;
pub use geojson::{geometry_of, geometry_to};
pub use layer::{Layer, Sheaf};
pub use page::{Cursor, Found, Page, Question, search};
pub use placed::{Placed, Placing};
pub use refusal::Refusal;
pub use shelf::Shelf;
pub use time::{Interval, interval};
pub use view::{Held, View};
pub use wkt::parse as wkt;
