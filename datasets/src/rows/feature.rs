//! `features`: one row per thing on the map.

use arrow::datatypes::{DataType, FieldRef};
use serde::{Deserialize, Serialize};

use super::field;
use crate::geoparquet::Kind;
use crate::table::{Row, Table};
use crate::{Cell, ClassName, Heading, Latitude, Longitude, Position, Ppm, UtcMillis};

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
    /// Radius in which it probably is, in millimetres.
    pub accuracy_mm: u32,
    /// The direction that it faces, where it has one.
    pub azimuth_deg: Option<Heading>,
    /// How sure we are that it is there.
    pub confidence_ppm: Ppm,
    /// When it was first seen.
    pub first_seen_ms: UtcMillis,
    /// When it was last seen.
    pub last_seen_ms: UtcMillis,
    /// Detections behind it.
    pub detections: u32,
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
            field::time("first_seen_ms"),
            field::time("last_seen_ms"),
            field::new("detections", DataType::UInt32),
        ]
    }

    fn key(&self) -> Self::Key {
        (self.h3_cell, self.feature_id.clone())
    }

    fn geometry(&self) -> Option<geo::Geometry> {
        Some(Position { latitude: self.latitude_deg, longitude: self.longitude_deg }.point().into())
    }
}
