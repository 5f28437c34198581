//! `trust`: one row per clip, with how far it is believed and what speaks against it.

use arrow::datatypes::{DataType, FieldRef, Fields};
use serde::{Deserialize, Serialize};

use super::field;
use crate::table::{Row, Table};
use crate::{ClipId, DeviceId, Digest, DriverId, Finding, Ppm, UtcMillis};

/// How far a clip is believed: the product of what its findings leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustRow {
    /// The clip.
    pub clip_id: ClipId,
    /// Its device.
    pub device_id: DeviceId,
    /// Its driver.
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
    /// What its frames show, in order of time: later clips are held against it without its frames being read.
    pub pictures: Vec<Picture>,
    /// How far it is believed: the whole where nothing was found.
    pub trust_ppm: Ppm,
    /// Whether it counts: as a pass, for the best frame, for what is on the map.
    pub counts: bool,
    /// What speaks against it, the heaviest first.
    pub findings: Vec<Finding>,
}

/// What most want to know of a row of `trust`, which has more columns than these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountsRow {
    /// The clip.
    pub clip_id: ClipId,
    /// Whether it counts.
    pub counts: bool,
}

impl Row for CountsRow {
    type Key = ClipId;
    const TABLE: Table = Table::Trust;

    fn fields() -> Vec<FieldRef> {
        vec![field::text("clip_id"), field::new("counts", DataType::Boolean)]
    }

    fn key(&self) -> Self::Key {
        self.clip_id
    }
}

/// A frame as later ones are held against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// From the start of its clip.
    pub offset_ms: i64,
    /// See [`super::Witness::hash`].
    pub hash: u64,
    /// See [`super::Witness::inner_hash`].
    pub inner_hash: u64,
}

impl Row for TrustRow {
    type Key = ClipId;
    const TABLE: Table = Table::Trust;

    fn fields() -> Vec<FieldRef> {
        let finding = DataType::Struct(Fields::from_iter([
            field::text("doubt"),
            field::new("weight_ppm", DataType::UInt32),
            field::optional(&field::text("other")),
            field::text("detail"),
        ]));
        let picture = DataType::Struct(Fields::from_iter([
            field::new("offset_ms", DataType::Int64),
            field::new("hash", DataType::UInt64),
            field::new("inner_hash", DataType::UInt64),
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
            field::list(&field::new("element", picture), "pictures"),
            field::new("trust_ppm", DataType::UInt32),
            field::new("counts", DataType::Boolean),
            field::list(&field::new("element", finding), "findings"),
        ]
    }

    fn key(&self) -> Self::Key {
        self.clip_id
    }
}
