//! The unit of coverage (a cell and a direction) and the unit of partitioning (a region).

use std::fmt;
use std::str::FromStr;

use h3o::{CellIndex, LatLng, Resolution};

use crate::word::{serde_as_number, serde_as_text};
use crate::{Heading, Invalid, Octant, Position};

/// An H3 cell at resolution 12: about 307 m², 9.4 m along an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell(CellIndex);

impl Cell {
    /// The resolution of every [`Cell`].
    pub const RESOLUTION: Resolution = Resolution::Twelve;

    /// The cell that holds `position`.
    #[must_use]
    pub fn at(position: Position) -> Self {
        Self(index_at(position, Self::RESOLUTION))
    }

    /// The region that holds this cell.
    #[must_use]
    pub fn region(self) -> Region {
        // A parent at a coarser resolution always exists.
        Region(self.0.parent(Region::RESOLUTION).unwrap_or(self.0))
    }

    /// The H3 index.
    #[must_use]
    pub fn index(self) -> CellIndex {
        self.0
    }
}

impl TryFrom<u64> for Cell {
    type Error = Invalid;
    fn try_from(index: u64) -> Result<Self, Invalid> {
        match CellIndex::try_from(index) {
            Ok(cell) if cell.resolution() == Self::RESOLUTION => Ok(Self(cell)),
            _ => Err(Invalid::new("cell", format_args!("{index:x}"), "an H3 cell index at resolution 12")),
        }
    }
}

impl From<Cell> for u64 {
    fn from(cell: Cell) -> Self {
        cell.0.into()
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

serde_as_number!(Cell, u64);

/// Slots have a direction on purpose: two drivers passing in opposite directions see
/// different signs, so both frames are kept and both are paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    /// Where.
    pub cell: Cell,
    /// Looking which way.
    pub octant: Octant,
}

impl Slot {
    /// The slot of a camera at `position` that looks towards `heading`.
    #[must_use]
    pub fn at(position: Position, heading: Heading) -> Self {
        Self { cell: Cell::at(position), octant: heading.octant() }
    }
}

/// An H3 cell at resolution 5 (about 252 km²): the unit of partitioning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(CellIndex);

impl Region {
    /// The resolution of every [`Region`].
    pub const RESOLUTION: Resolution = Resolution::Five;

    /// The region that holds `position`: the parent of its [`Cell`], so that a cell and its
    /// positions never disagree (H3 children are not wholly inside their parent).
    #[must_use]
    pub fn at(position: Position) -> Self {
        Cell::at(position).region()
    }

    /// The H3 index.
    #[must_use]
    pub fn index(self) -> CellIndex {
        self.0
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Region {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        match CellIndex::from_str(text) {
            Ok(cell) if cell.resolution() == Self::RESOLUTION && cell.to_string() == text => Ok(Self(cell)),
            _ => Err(Invalid::new("region", text, "an H3 cell index at resolution 5, in hexadecimal")),
        }
    }
}

serde_as_text!(Region);

fn index_at(position: Position, resolution: Resolution) -> CellIndex {
    // A `Position` is finite, which is all that `LatLng` asks for.
    let place = LatLng::new(position.latitude_deg(), position.longitude_deg()).unwrap_or_default();
    place.to_cell(resolution)
}
