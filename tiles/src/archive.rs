//! PMTiles v3: tiles of a map in one file that is read by ranges.
//!
//! Source: <https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md>. Written and read here: the file of a
//! snapshot exists only in pieces (see [`Reader::published`]), and its directories must be had without its tiles.

mod assemble;
mod directory;
mod gzip;
mod header;
mod index;
mod reader;
mod write;

pub use assemble::{PartTiles, assemble, clustered};
pub use gzip::{Gzip, unpack};
pub use header::{Bounds, Header};
pub use index::{Index, LATEST, PartRef, RegionRef, index_key};
pub use pmtiles::{TileCoord, TileId};
pub use reader::{Encoding, Reader, Tile};
pub use write::{Contents, whole};

pub(crate) use directory::put_varint;
