//! What the map shows of a snapshot, region by region.
//!
//! The tiles of a snapshot are built in blocks: pyramids below a tile, of a few zoom levels each. A block near the
//! ground is drawn from the tables of the regions that it touches; one farther up from what is kept of each region, its
//! [`Summary`]. So a change costs the blocks above one region, whatever lies elsewhere.

mod block;
mod coverage;
mod frames;
mod ids;
mod metadata;
mod sequences;
mod tally;
mod things;

use serde::{Deserialize, Serialize};
use waymark_datasets::Region;
use waymark_datasets::rows::{CoverageRow, FeatureRow, FrameRow};

use crate::archive::RegionRef;
use crate::vector::{Frame, Sheet};

pub use block::{Block, LEVELS, Level, ZOOM_MAX};
pub use metadata::metadata;
pub use tally::{CellTally, Tally};

/// Changes whenever tiles are drawn in another way: then all are drawn anew.
pub const DRAWN_AS: &str = "waymark tiles 1";

/// What the tables of a snapshot hold of one region: frames and coverage of all epochs, features of the last one.
#[derive(Debug, Default)]
pub struct RegionRows {
    /// Of all epochs.
    pub frames: Vec<FrameRow>,
    /// Of all epochs.
    pub coverage: Vec<CoverageRow>,
    /// Of the last epoch alone, which knows what earlier ones knew.
    pub features: Vec<FeatureRow>,
}

/// One region, drawn: its layers as they are seen from near.
#[derive(Debug)]
pub struct RegionMap {
    sheets: Vec<Sheet>,
    cells: Vec<CellTally>,
}

/// What is kept of a region for the blocks above: its coverage in cells of about a kilometre.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// In order of cell.
    pub cells: Vec<CellTally>,
}

impl Summary {
    /// What an index says of a region: its coverage as a whole.
    #[must_use]
    pub fn of_region(region: &RegionRef) -> Self {
        Self { cells: vec![CellTally { cell: region.region.index(), tally: region.tally }] }
    }
}

impl RegionMap {
    /// Draws a region. The order of rows does not matter.
    #[must_use]
    pub fn draw(rows: &RegionRows) -> Self {
        let finest = coverage::tally(&rows.coverage);
        let sheets = vec![
            coverage::near(&finest),
            sequences::sheet(&rows.frames),
            frames::sheet(&rows.frames),
            things::sheet(&rows.features),
        ];
        Self { sheets, cells: coverage::summary(&finest) }
    }

    /// What is kept of it for the blocks above.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary { cells: self.cells.clone() }
    }

    /// How many things are drawn.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sheets.iter().map(Sheet::len).sum()
    }

    /// Whether nothing is drawn.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where it lies in an archive; `key` is the hash of what it was drawn from.
    #[must_use]
    pub fn reference(&self, region: Region, key: waymark_datasets::Digest) -> RegionRef {
        let frame = self.sheets.iter().fold(Frame::EMPTY, |frame, sheet| frame.with(sheet.frame()));
        let mut blocks: Vec<Block> = self.sheets.iter().flat_map(Sheet::frames).flat_map(Block::near).collect();
        blocks.extend(coverage::far(&self.cells, Level::MIDDLE).frames().flat_map(Block::middle));
        blocks.sort_unstable();
        blocks.dedup();
        let bounds = [frame.least.x, frame.least.y, frame.most.x, frame.most.y];
        RegionRef { region, key, tally: Tally::of(&self.cells), blocks, bounds }
    }
}

/// The layers of a block near the ground, from the regions that it touches, in order of region.
#[must_use]
pub fn near(block: Block, regions: &[&RegionMap]) -> Vec<Sheet> {
    let frame = block.frame();
    let mut sheets: Vec<Sheet> = Vec::new();
    for region in regions {
        for (index, sheet) in region.sheets.iter().enumerate() {
            if sheets.len() <= index {
                sheets.push(Sheet::new(sheet.name, sheet.keys, sheet.rule));
            }
            sheets[index].add_from(sheet, &frame);
        }
    }
    sheets
}

/// The layer of a block farther up: coverage, from what is kept of the regions below it.
#[must_use]
pub fn far(level: Level, regions: &[Summary]) -> Vec<Sheet> {
    let cells: Vec<CellTally> = regions.iter().flat_map(|region| region.cells.iter().cloned()).collect();
    vec![coverage::far(&cells, level)]
}
