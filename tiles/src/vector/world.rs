//! The plane of the map: Web Mercator (EPSG:3857) as whole numbers.

use waymark_datasets::Position;

use crate::archive::{Bounds, TileCoord};

/// The world is 2 to this many units wide and high: a unit is at most 3.7 cm.
pub const WORLD_BITS: u32 = 30;
/// So many units of its own is a tile wide and high.
pub const EXTENT: i32 = 1 << EXTENT_BITS;
const EXTENT_BITS: u32 = 12;
/// Lines and areas go on so far beyond the edge of a tile, in its units: 8 of 512 pixels.
pub(super) const BUFFER: i32 = 64;

/// A place: x to the east from the antimeridian, y to the south from the northern edge (85.05° N).
///
/// Shapes across the antimeridian are there twice, each going on beyond one edge of the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// `0..2^30` in the world.
    pub x: i32,
    /// `0..2^30` in the world.
    pub y: i32,
}

const WIDTH: f64 = (1u64 << WORLD_BITS) as f64;

impl Spot {
    /// Where `position` is on the map; what is too far north or south lies on the edge.
    #[must_use]
    pub fn at(position: Position) -> Self {
        Self::of_degrees(position.latitude_deg(), position.longitude_deg())
    }

    /// The same of degrees north and east.
    #[must_use]
    pub fn of_degrees(north_deg: f64, east_deg: f64) -> Self {
        // From `libm`, whose last bits are the same on every machine.
        let sine = libm::sin(north_deg.to_radians());
        let y = 0.5 - libm::log((1.0 + sine) / (1.0 - sine)) / (4.0 * std::f64::consts::PI);
        let x = (east_deg + 180.0) / 360.0;
        let unit = |share: f64| (share * WIDTH).floor().clamp(0.0, WIDTH - 1.0) as i32;
        Self { x: unit(x), y: unit(y) }
    }

    /// Both coordinates with their bits by turns: places of any tile follow each other in this order.
    #[must_use]
    pub fn morton(self) -> u64 {
        spread(self.x as u32) | spread(self.y as u32) << 1
    }

    /// Moved by a whole world to the east (1) or west (-1).
    #[must_use]
    pub fn beyond(self, worlds: i32) -> Self {
        Self { x: self.x + worlds * (1 << WORLD_BITS), y: self.y }
    }
}

fn spread(value: u32) -> u64 {
    let mut spread = u64::from(value);
    for (shift, mask) in [
        (16, 0x0000_ffff_0000_ffff),
        (8, 0x00ff_00ff_00ff_00ff),
        (4, 0x0f0f_0f0f_0f0f_0f0f),
        (2, 0x3333_3333_3333_3333),
        (1, 0x5555_5555_5555_5555u64),
    ] {
        spread = (spread | spread << shift) & mask;
    }
    spread
}

/// A box in the world, edges included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// North-western corner.
    pub least: Spot,
    /// South-eastern corner.
    pub most: Spot,
}

impl Frame {
    /// Holds nothing.
    pub const EMPTY: Self = Self { least: Spot { x: i32::MAX, y: i32::MAX }, most: Spot { x: i32::MIN, y: i32::MIN } };

    /// The smallest box around some places.
    #[must_use]
    pub fn around(spots: &[Spot]) -> Self {
        spots.iter().fold(Self::EMPTY, |frame, spot| frame.with(Self { least: *spot, most: *spot }))
    }

    /// The smallest box around both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        let least = Spot { x: self.least.x.min(other.least.x), y: self.least.y.min(other.least.y) };
        let most = Spot { x: self.most.x.max(other.most.x), y: self.most.y.max(other.most.y) };
        Self { least, most }
    }

    /// A tile, with `buffer` of its units around it.
    pub(super) fn of_tile(at: TileCoord, buffer: i32) -> Self {
        let (bits, buffer) = (WORLD_BITS - u32::from(at.z()), unit(at.z()) * buffer);
        let edge = |tile: u32| (tile << bits) as i32;
        let least = Spot { x: edge(at.x()) - buffer, y: edge(at.y()) - buffer };
        let side = (1i64 << bits) as i32 - 1 + 2 * buffer;
        Self { least, most: Spot { x: least.x + side, y: least.y + side } }
    }

    /// A tile with its buffer: whatever is drawn in it meets this.
    #[must_use]
    pub fn of_buffered(at: TileCoord) -> Self {
        Self::of_tile(at, BUFFER)
    }

    /// Whether they have a place in common.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.least.x <= other.most.x
            && other.least.x <= self.most.x
            && self.least.y <= other.most.y
            && other.least.y <= self.most.y
    }

    /// Columns and rows of the tiles at `zoom` in whose buffer or inside of which any of it lies.
    pub(crate) fn tiles(&self, zoom: u8) -> impl Iterator<Item = (u32, u32)> + use<> {
        let (bits, buffer) = (WORLD_BITS - u32::from(zoom), unit(zoom) * BUFFER);
        let last = (1i32 << zoom) - 1;
        let range = |least: i32, most: i32| ((least - buffer) >> bits).max(0)..=((most + buffer) >> bits).min(last);
        let (columns, rows) = (range(self.least.x, self.most.x), range(self.least.y, self.most.y));
        rows.flat_map(move |y| columns.clone().map(move |x| (x as u32, y as u32)))
    }

    /// In degrees.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        let east = |x: i32| f64::from(x) / WIDTH * 360.0 - 180.0;
        let north =
            |y: i32| libm::atan(libm::sinh(std::f64::consts::PI * (1.0 - 2.0 * f64::from(y) / WIDTH))).to_degrees();
        if self.least.x > self.most.x {
            return Bounds { west_deg: 0.0, south_deg: 0.0, east_deg: 0.0, north_deg: 0.0 };
        }
        Bounds {
            west_deg: east(self.least.x),
            south_deg: north(self.most.y),
            east_deg: east(self.most.x),
            north_deg: north(self.least.y),
        }
    }
}

/// How many units of the world a unit of a tile is.
pub(super) fn unit(zoom: u8) -> i32 {
    1 << (WORLD_BITS - EXTENT_BITS - u32::from(zoom))
}

/// A place in the units of a tile, to the nearest.
pub(super) fn in_tile(spot: Spot, at: TileCoord) -> (i32, i32) {
    let bits = WORLD_BITS - u32::from(at.z());
    let (shift, half) = (bits - EXTENT_BITS, unit(at.z()) / 2);
    let local = |world: i32, tile: u32| (world - (tile << bits) as i32 + half) >> shift;
    (local(spot.x, at.x()), local(spot.y, at.y()))
}
