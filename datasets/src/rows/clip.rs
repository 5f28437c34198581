//! `clips`: one row per clip that was processed, with what its track and its manifest say, in numbers.

use arrow::datatypes::{DataType, FieldRef, Fields};
use serde::{Deserialize, Serialize};

use super::field;
use crate::table::{Row, Table};
use crate::{ClipId, DeviceId, Digest, DriverId, Ppm, UtcMillis};

/// One clip: what trust in it is judged by, beside its frames.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClipRow {
    /// Hash of device and media.
    pub clip_id: ClipId,
    /// The device that signed it.
    pub device_id: DeviceId,
    /// The driver that the device belongs to.
    pub driver: DriverId,
    /// When it landed: of two clips that say the same, the first is believed.
    pub landed_at_ms: UtcMillis,
    /// When it begins.
    pub start_ms: UtcMillis,
    /// When it ends.
    pub end_ms: UtcMillis,
    /// How many clips its device signed before.
    pub sequence: u64,
    /// Hash of the video, or of the hashes of all stills.
    pub footage_sha256: Digest,
    /// What its track says.
    pub track: TrackMeasures,
}

/// A track in numbers; shares are of its fixes unless something else is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackMeasures {
    /// How many fixes it has.
    pub fixes: u32,
    /// Fixes that cannot be reached from those before at the fastest believable speed.
    pub out_of_reach: u32,
    /// The fastest second, in millimetres per second.
    pub speed_max_mmps: u32,
    /// The strongest change of velocity within a second that lasts, in mm/s²: the ninety-eighth percentile.
    pub acceleration_mmps2: u32,
    /// The share of the time of the clip that no fix is near to.
    pub gap_ppm: Ppm,
    /// The share of stretches of five steps that turn back and forth.
    pub zigzag_ppm: Ppm,
    /// The share of fixes that are weaker than the quality gate; of those that say how good they are.
    pub weak_ppm: Ppm,
    /// The share of moving seconds without the least change of velocity.
    pub drawn_ppm: Ppm,
    /// Seconds in which it moved.
    pub moving_s: u32,
}

impl Row for ClipRow {
    type Key = ClipId;
    const TABLE: Table = Table::Clips;

    fn fields() -> Vec<FieldRef> {
        let track = DataType::Struct(Fields::from_iter([
            field::new("fixes", DataType::UInt32),
            field::new("out_of_reach", DataType::UInt32),
            field::new("speed_max_mmps", DataType::UInt32),
            field::new("acceleration_mmps2", DataType::UInt32),
            field::new("gap_ppm", DataType::UInt32),
            field::new("zigzag_ppm", DataType::UInt32),
            field::new("weak_ppm", DataType::UInt32),
            field::new("drawn_ppm", DataType::UInt32),
            field::new("moving_s", DataType::UInt32),
        ]));
        vec![
            field::text("clip_id"),
            field::text("device_id"),
            field::text("driver"),
            field::time("landed_at_ms"),
            field::time("start_ms"),
            field::time("end_ms"),
            field::new("sequence", DataType::UInt64),
            field::text("footage_sha256"),
            field::new("track", track),
        ]
    }

    fn key(&self) -> Self::Key {
        self.clip_id
    }
}
