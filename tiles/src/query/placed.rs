//! Rows with their places, in blocks whose bounds say whether a block is worth looking into.

use std::ops::Range;
use std::sync::OnceLock;

use geo::{BoundingRect, Coord, LineString, Rect};
use waymark_datasets::rows::FrameRow;

use super::{Area, Layer};

/// Rows of one block. Rows stand in the order of their H3 cells, so those of a block are near each other.
const BLOCK_ROWS: usize = 64;

/// Rows of one layer and the places that they are at.
#[derive(Debug)]
pub struct Placed<R> {
    rows: Vec<R>,
    places: Vec<Coord>,
    blocks: Vec<Rect>,
    /// Of frames: their order along the drives.
    along: OnceLock<Vec<u32>>,
}

/// Where a row stands among the rows of its kind.
pub type Placing = usize;

impl<R: Layer> Placed<R> {
    /// Places `rows`, which are in the order of their cells.
    #[must_use]
    pub fn new(rows: Vec<R>) -> Self {
        let places: Vec<Coord> = rows.iter().map(Layer::place).collect();
        let bounds = |block: &[Coord]| LineString::new(block.to_vec()).bounding_rect();
        let blocks = places.chunks(BLOCK_ROWS).filter_map(bounds).collect();
        Self { rows, places, blocks, along: OnceLock::new() }
    }

    /// All rows.
    #[must_use]
    pub fn rows(&self) -> &[R] {
        &self.rows
    }

    /// About how much memory this takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.rows.iter().map(Layer::bytes).sum::<usize>() + self.rows.len() * (size_of::<Coord>() + 4)
    }

    /// The rows from `from` on whose block may hold something of `area`.
    pub(super) fn candidates<'a>(&'a self, area: &'a Area, from: Placing) -> impl Iterator<Item = Placing> + 'a {
        let first = from / BLOCK_ROWS;
        let near = self.blocks.iter().enumerate().skip(first).filter(|(_, bounds)| area.touches(bounds));
        near.flat_map(|(block, _)| self.block(block)).filter(move |row| *row >= from)
    }

    fn block(&self, block: usize) -> Range<Placing> {
        block * BLOCK_ROWS..((block + 1) * BLOCK_ROWS).min(self.rows.len())
    }

    /// Whether a row lies in `area`.
    pub(super) fn is_within(&self, row: Placing, area: &Area) -> bool {
        area.holds(self.places[row], self.rows[row].cell())
    }
}

impl Placed<FrameRow> {
    /// The frames of the clip of `frame` that come before and after it, as far as they are here; it need not be here.
    #[must_use]
    pub fn neighbours(&self, frame: &FrameRow) -> [Option<&FrameRow>; 2] {
        let order = |row: &FrameRow| (row.clip_id, row.frame_index);
        let along = self.along.get_or_init(|| {
            let mut along: Vec<u32> = (0..self.rows.len() as u32).collect();
            along.sort_unstable_by_key(|row| order(&self.rows[*row as usize]));
            along
        });
        let row = |rank: usize| Some(&self.rows[*along.get(rank)? as usize]);
        let behind = along.partition_point(|row| order(&self.rows[*row as usize]) < order(frame));
        let ahead = along.partition_point(|row| order(&self.rows[*row as usize]) <= order(frame));
        let neighbours = [behind.checked_sub(1).and_then(row), row(ahead)];
        neighbours.map(|neighbour| neighbour.filter(|row| row.clip_id == frame.clip_id))
    }
}
