//! Vector tiles: shapes in the plane of the map, thinned, cut and encoded tile by tile.

mod build;
mod clip;
mod fit;
mod grid;
mod intern;
mod mvt;
mod parallel;
mod sheet;
mod simplify;
mod world;

pub use build::{Plan, build};
pub use parallel::in_parallel;
pub use sheet::{Item, Rule, Shape, Sheet, Values};
pub use world::{EXTENT, Frame, Spot, WORLD_BITS};
