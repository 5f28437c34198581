//! `features`: one row per thing on the map.

use std::fmt;

use arrow::datatypes::{DataType, FieldRef};
use serde::{Deserialize, Serialize};

use super::field;
use crate::geoparquet::Kind;
use crate::table::{Row, Table};
use crate::{Cell, ClassName, FrameId, Heading, Latitude, Longitude, Position, Ppm, UtcMillis};

/// A thing on the map, and how well it is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureRow {
    /// Stable over epochs.
    pub feature_id: String,
    /// What it is.
    pub class: ClassName,
    /// H3 cell at resolution 12.
    pub h3_cell: Cell,
    /// Degrees north.
    pub latitude_deg: Latitude,
    /// Degrees east.
    pub longitude_deg: Longitude,
    /// Radius in which it lies with a probability of 95 %, in millimetres.
    pub accuracy_mm: u32,
    /// The direction that it faces, where it has one and it is known.
    pub azimuth_deg: Option<Heading>,
    /// How sure we are that it is there; of what is gone, that it was there.
    pub confidence_ppm: Ppm,
    /// What became of it in this epoch.
    pub state: FeatureState,
    /// When it was first seen.
    pub first_seen_ms: UtcMillis,
    /// When it was last seen.
    pub last_seen_ms: UtcMillis,
    /// Detections behind it, of all epochs.
    pub detections: u32,
    /// Distinct frames that show it, of all epochs.
    pub frames: u32,
    /// Clips that saw it, of all epochs; in each epoch a clip counts once.
    pub passes: u32,
    /// The nearest distance from which it was detected, in millimetres.
    pub seen_from_min_mm: u32,
    /// From this far or nearer it is hard to overlook, in millimetres: so near were nine of ten of those detections
    /// that are at least 20 px tall; 0 if none is.
    pub clear_from_mm: u32,
    /// The sectors around it from which it was detected: bit n stands for octant n.
    pub seen_from_octants: u32,
    /// A few frames that show it, best first.
    pub evidence: Vec<FrameId>,
}

/// What became of a feature in an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureState {
    /// It is there, as far as anyone knows: seen in this epoch, or before and not missed since.
    Present,
    /// Seen for the first time, where enough frames of an earlier epoch would have shown it.
    New,
    /// Not seen by enough frames that should have shown it.
    Gone,
}

impl fmt::Display for FeatureState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Present => "present",
            Self::New => "new",
            Self::Gone => "gone",
        })
    }
}

impl FeatureRow {
    /// Where it is.
    #[must_use]
    pub fn position(&self) -> Position {
        Position { latitude: self.latitude_deg, longitude: self.longitude_deg }
    }
}

impl Row for FeatureRow {
    type Key = (Cell, String);
    const TABLE: Table = Table::Features;
    const GEOMETRY: Option<Kind> = Some(Kind::Point);

    fn fields() -> Vec<FieldRef> {
        vec![
            field::text("feature_id"),
            field::text("class"),
            field::new("h3_cell", DataType::UInt64),
            field::new("latitude_deg", DataType::Float64),
            field::new("longitude_deg", DataType::Float64),
            field::new("accuracy_mm", DataType::UInt32),
            field::optional(&field::new("azimuth_deg", DataType::Float64)),
            field::new("confidence_ppm", DataType::UInt32),
            field::text("state"),
            field::time("first_seen_ms"),
            field::time("last_seen_ms"),
            field::new("detections", DataType::UInt32),
            field::new("frames", DataType::UInt32),
            field::new("passes", DataType::UInt32),
            field::new("seen_from_min_mm", DataType::UInt32),
            field::new("clear_from_mm", DataType::UInt32),
            field::new("seen_from_octants", DataType::UInt32),
            field::list(&field::text("element"), "evidence"),
        ]
    }

    fn key(&self) -> Self::Key {
        (self.h3_cell, self.feature_id.clone())
    }

    fn geometry(&self) -> Option<geo::Geometry> {
        Some(self.position().point().into())
    }
}
