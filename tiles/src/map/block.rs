//! Pyramids of tiles that are built at once.

use serde::{Deserialize, Serialize};

use crate::archive::TileCoord;
use crate::vector::Frame;

/// The last zoom level that has tiles; clients enlarge its tiles beyond.
pub const ZOOM_MAX: u8 = 14;

/// Zoom levels whose tiles are built together, below a tile at the first of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// The first and the last zoom level.
    pub zooms: (u8, u8),
}

impl Level {
    /// The world at once.
    pub const TOP: Self = Self { zooms: (0, 5) };
    /// A country at once.
    pub const MIDDLE: Self = Self { zooms: (6, 9) };
    /// A town at once: about as large as a region.
    pub const NEAR: Self = Self { zooms: (10, ZOOM_MAX) };
}

/// All levels, from above.
pub const LEVELS: [Level; 3] = [Level::TOP, Level::MIDDLE, Level::NEAR];

/// A tile, and those below it as far as its [`Level`] goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "(u8, u32, u32)", from = "(u8, u32, u32)")]
pub struct Block {
    /// Zoom level of the tile at its top.
    pub zoom: u8,
    /// Its column.
    pub x: u32,
    /// Its row.
    pub y: u32,
}

impl Block {
    /// The world.
    pub const TOP: Self = Self { zoom: Level::TOP.zooms.0, x: 0, y: 0 };

    /// The blocks near the ground in which something within `frame` is drawn.
    pub fn near(frame: Frame) -> impl Iterator<Item = Self> {
        Self::at(Level::NEAR, frame)
    }

    /// The blocks of a country's size in which something within `frame` is drawn.
    pub fn middle(frame: Frame) -> impl Iterator<Item = Self> {
        Self::at(Level::MIDDLE, frame)
    }

    fn at(level: Level, frame: Frame) -> impl Iterator<Item = Self> {
        let zoom = level.zooms.0;
        frame.tiles(zoom).map(move |(x, y)| Self { zoom, x, y })
    }

    /// The level that it belongs to; none if no level begins at its zoom.
    #[must_use]
    pub fn level(self) -> Option<Level> {
        LEVELS.into_iter().find(|level| level.zooms.0 == self.zoom)
    }

    /// The tile at its top; none if there is no such tile.
    #[must_use]
    pub fn coord(self) -> Option<TileCoord> {
        TileCoord::new(self.zoom, self.x, self.y).ok()
    }

    /// Its ground, with the buffer around it.
    #[must_use]
    pub fn frame(self) -> Frame {
        self.coord().map_or(Frame::EMPTY, Frame::of_buffered)
    }
}

impl From<Block> for (u8, u32, u32) {
    fn from(block: Block) -> Self {
        (block.zoom, block.x, block.y)
    }
}

impl From<(u8, u32, u32)> for Block {
    fn from((zoom, x, y): (u8, u32, u32)) -> Self {
        Self { zoom, x, y }
    }
}
