//! `statements` and `payouts`: what an epoch paid, line by line and driver by driver.

use arrow::datatypes::{DataType, FieldRef};
use serde::{Deserialize, Serialize};

use super::field;
use crate::table::{Row, Table};
use crate::{Amount, Cell, ClipId, DeviceId, DriverId, FrameId, Octant, PayoutAddress, Ppm, UtcMillis};

/// One slot pass, and why it was paid what it was paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementRow {
    /// H3 cell at resolution 12.
    pub h3_cell: Cell,
    /// The sector of view.
    pub heading_octant: Octant,
    /// The clip that passed.
    pub clip_id: ClipId,
    /// Its driver.
    pub driver: DriverId,
    /// Its device.
    pub device_id: DeviceId,
    /// The best frame of the pass.
    pub frame_id: FrameId,
    /// When that frame was captured.
    pub captured_at_ms: UtcMillis,
    /// Place of the pass among the slot's passes of this epoch, from 1, by time.
    pub pass_rank: u32,
    /// How stale the slot was when the epoch began.
    pub freshness_ppm: Ppm,
    /// What a pass of this rank is worth.
    pub rank_ppm: Ppm,
    /// Quality of the frame.
    pub quality_ppm: Ppm,
    /// How far its clip is believed.
    pub trust_ppm: Ppm,
    /// Freshness × rank × quality × trust.
    pub points_ppm: Ppm,
    /// Its share of the pool, rounded down.
    pub amount: Amount,
}

impl Row for StatementRow {
    type Key = (Cell, Octant, u32, ClipId);
    const TABLE: Table = Table::Statements;

    fn fields() -> Vec<FieldRef> {
        vec![
            field::new("h3_cell", DataType::UInt64),
            field::new("heading_octant", DataType::UInt32),
            field::text("clip_id"),
            field::text("driver"),
            field::text("device_id"),
            field::text("frame_id"),
            field::time("captured_at_ms"),
            field::new("pass_rank", DataType::UInt32),
            field::new("freshness_ppm", DataType::UInt32),
            field::new("rank_ppm", DataType::UInt32),
            field::new("quality_ppm", DataType::UInt32),
            field::new("trust_ppm", DataType::UInt32),
            field::new("points_ppm", DataType::UInt32),
            field::amount("amount"),
        ]
    }

    fn key(&self) -> Self::Key {
        (self.h3_cell, self.heading_octant, self.pass_rank, self.clip_id)
    }
}

/// What one driver is paid for an epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutRow {
    /// Who.
    pub driver: DriverId,
    /// Where to, as registered when the epoch was closed.
    pub payout_address: PayoutAddress,
    /// Slot passes that were paid.
    pub passes: u32,
    /// Their points, added up, in parts per million of a full point.
    pub points_ppm: u64,
    /// The sum of the driver's statements.
    pub amount: Amount,
}

impl Row for PayoutRow {
    type Key = DriverId;
    const TABLE: Table = Table::Payouts;

    fn fields() -> Vec<FieldRef> {
        vec![
            field::text("driver"),
            field::text("payout_address"),
            field::new("passes", DataType::UInt32),
            field::new("points_ppm", DataType::UInt64),
            field::amount("amount"),
        ]
    }

    fn key(&self) -> Self::Key {
        self.driver.clone()
    }
}
