//! `frames`: one row per published frame.

use arrow::datatypes::{DataType, FieldRef};
use serde::{Deserialize, Serialize};

use super::{Witness, field};
use crate::geoparquet::Kind;
use crate::table::{Row, Table};
use crate::{Cell, ClipId, DeviceId, Digest, DriverId, FrameId, Heading, Latitude, Longitude, Octant, Position};
use crate::{Ppm, Slot, UtcMillis};

/// One still taken from a clip at a known pose, redacted and published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrameRow {
    /// Hash of clip and index.
    pub frame_id: FrameId,
    /// The clip that it was taken from.
    pub clip_id: ClipId,
    /// Its index in the clip: of a still its place, of a video frame its rank in order of presentation.
    pub frame_index: u32,
    /// The device that filmed it.
    pub device_id: DeviceId,
    /// The driver that the device belonged to.
    pub driver: DriverId,
    /// When it was captured.
    pub captured_at_ms: UtcMillis,
    /// H3 cell at resolution 12.
    pub h3_cell: Cell,
    /// The sector of its heading.
    pub heading_octant: Octant,
    /// Degrees north.
    pub latitude_deg: Latitude,
    /// Degrees east.
    pub longitude_deg: Longitude,
    /// Height in metres, as the receiver gave it.
    pub altitude_m: Option<f64>,
    /// Direction of view, clockwise from true north.
    pub heading_deg: Heading,
    /// Speed over ground in metres per second.
    pub speed_mps: f64,
    /// Radius in which the camera probably was, in millimetres.
    pub accuracy_mm: u32,
    /// Horizontal field of view of the camera, in degrees, as its manifest states it; none where it does not.
    pub hfov_deg: Option<f64>,
    /// Width of the published image.
    pub width_px: u32,
    /// Height of the published image.
    pub height_px: u32,
    /// Sharpness, exposure and what is not redacted, multiplied.
    pub quality_ppm: Ppm,
    /// How sharp it is.
    pub sharpness_ppm: Ppm,
    /// How well it is exposed.
    pub exposure_ppm: Ppm,
    /// Share of its area that is redacted.
    pub redacted_ppm: Ppm,
    /// What its pixels say about the clip.
    pub witness: Witness,
    /// Key of the redacted JPEG.
    pub image_path: String,
    /// Its SHA-256.
    pub image_sha256: Digest,
    /// Its size.
    pub image_bytes: u64,
}

impl FrameRow {
    /// Where the camera was.
    #[must_use]
    pub fn position(&self) -> Position {
        Position { latitude: self.latitude_deg, longitude: self.longitude_deg }
    }

    /// The slot that it covers.
    #[must_use]
    pub fn slot(&self) -> Slot {
        Slot { cell: self.h3_cell, octant: self.heading_octant }
    }
}

impl Row for FrameRow {
    type Key = (Cell, Octant, UtcMillis, FrameId);
    const TABLE: Table = Table::Frames;
    const GEOMETRY: Option<Kind> = Some(Kind::Point);

    fn fields() -> Vec<FieldRef> {
        vec![
            field::text("frame_id"),
            field::text("clip_id"),
            field::new("frame_index", DataType::UInt32),
            field::text("device_id"),
            field::text("driver"),
            field::time("captured_at_ms"),
            field::new("h3_cell", DataType::UInt64),
            field::new("heading_octant", DataType::UInt32),
            field::new("latitude_deg", DataType::Float64),
            field::new("longitude_deg", DataType::Float64),
            field::optional(&field::new("altitude_m", DataType::Float64)),
            field::new("heading_deg", DataType::Float64),
            field::new("speed_mps", DataType::Float64),
            field::new("accuracy_mm", DataType::UInt32),
            field::optional(&field::new("hfov_deg", DataType::Float64)),
            field::new("width_px", DataType::UInt32),
            field::new("height_px", DataType::UInt32),
            field::new("quality_ppm", DataType::UInt32),
            field::new("sharpness_ppm", DataType::UInt32),
            field::new("exposure_ppm", DataType::UInt32),
            field::new("redacted_ppm", DataType::UInt32),
            field::new("witness", Witness::data_type()),
            field::text("image_path"),
            field::text("image_sha256"),
            field::new("image_bytes", DataType::UInt64),
        ]
    }

    fn key(&self) -> Self::Key {
        (self.h3_cell, self.heading_octant, self.captured_at_ms, self.frame_id)
    }

    fn geometry(&self) -> Option<geo::Geometry> {
        Some(self.position().point().into())
    }
}
