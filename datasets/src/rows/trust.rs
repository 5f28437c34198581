//! `trust`: one row per clip, with how far it is believed and what speaks against it.

use arrow::datatypes::{DataType, FieldRef, Fields};
use serde::{Deserialize, Serialize};

use super::field;
use crate::table::{Row, Table};
use crate::{ClipId, DeviceId, DriverId, Finding, Ppm, UtcMillis};

/// How far a clip is believed: the product of what its findings leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustRow {
    /// The clip.
    pub clip_id: ClipId,
    /// Its device.
    pub device_id: DeviceId,
    /// Its driver.
    pub driver: DriverId,
    /// When it begins.
    pub start_ms: UtcMillis,
    /// How far it is believed: the whole where nothing was found.
    pub trust_ppm: Ppm,
    /// Whether it counts: as a pass, for the best frame, for what is on the map.
    pub counts: bool,
    /// What speaks against it, the heaviest first.
    pub findings: Vec<Finding>,
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
        vec![
            field::text("clip_id"),
            field::text("device_id"),
            field::text("driver"),
            field::time("start_ms"),
            field::new("trust_ppm", DataType::UInt32),
            field::new("counts", DataType::Boolean),
            field::list(&field::new("element", finding), "findings"),
        ]
    }

    fn key(&self) -> Self::Key {
        self.clip_id
    }
}
