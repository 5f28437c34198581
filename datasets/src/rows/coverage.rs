//! `coverage`: one row per slot that was seen in an epoch.

use arrow::datatypes::{DataType, FieldRef};
use serde::{Deserialize, Serialize};

use super::field;
use crate::geoparquet::Kind;
use crate::outline::outline;
use crate::table::{Row, Table};
use crate::{Cell, FrameId, Octant, Ppm, UtcMillis};

/// One place and direction, and the best frame of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageRow {
    /// H3 cell at resolution 12.
    pub h3_cell: Cell,
    /// The sector of view.
    pub heading_octant: Octant,
    /// Clips that passed; a clip counts once.
    pub passes: u32,
    /// Distinct devices that passed.
    pub devices: u32,
    /// When the slot was first seen in this epoch.
    pub first_seen_ms: UtcMillis,
    /// When it was last seen in this epoch.
    pub last_seen_ms: UtcMillis,
    /// The best frame: highest quality, then best accuracy, then earliest, then lowest id.
    pub frame_id: FrameId,
    /// When that frame was captured.
    pub frame_captured_at_ms: UtcMillis,
    /// Its quality.
    pub frame_quality_ppm: Ppm,
    /// Its accuracy, in millimetres.
    pub frame_accuracy_mm: u32,
    /// Key of its redacted JPEG.
    pub frame_image_path: String,
}

impl Row for CoverageRow {
    type Key = (Cell, Octant);
    const TABLE: Table = Table::Coverage;
    const GEOMETRY: Option<Kind> = Some(Kind::CellOutline);

    fn fields() -> Vec<FieldRef> {
        vec![
            field::new("h3_cell", DataType::UInt64),
            field::new("heading_octant", DataType::UInt32),
            field::new("passes", DataType::UInt32),
            field::new("devices", DataType::UInt32),
            field::time("first_seen_ms"),
            field::time("last_seen_ms"),
            field::text("frame_id"),
            field::time("frame_captured_at_ms"),
            field::new("frame_quality_ppm", DataType::UInt32),
            field::new("frame_accuracy_mm", DataType::UInt32),
            field::text("frame_image_path"),
        ]
    }

    fn key(&self) -> Self::Key {
        (self.h3_cell, self.heading_octant)
    }

    fn geometry(&self) -> Option<geo::Geometry> {
        Some(outline(self.h3_cell.index()))
    }
}
