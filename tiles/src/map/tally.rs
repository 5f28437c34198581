//! What is known of a piece of ground, added up.

use h3o::CellIndex;
use serde::{Deserialize, Serialize};
use waymark_datasets::rows::CoverageRow;

/// Coverage of one H3 cell of any resolution. Merging is the same in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// When any of its slots was first seen.
    pub first_seen_ms: i64,
    /// When any of its slots was last seen: how fresh it is.
    pub last_seen_ms: i64,
    /// Passes of the slot that has most.
    pub passes: u32,
    /// Devices of the slot that has most.
    pub devices: u32,
    /// Slots that were covered.
    pub slots: u64,
    /// Cells of resolution 12 of which any slot was covered.
    pub cells: u64,
}

/// A cell and its tally.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellTally {
    /// Any resolution.
    #[serde(with = "as_text")]
    pub cell: CellIndex,
    /// Of all that lies in it.
    #[serde(flatten)]
    pub tally: Tally,
}

impl Tally {
    /// Nothing was seen.
    pub const NONE: Self =
        Self { first_seen_ms: i64::MAX, last_seen_ms: i64::MIN, passes: 0, devices: 0, slots: 0, cells: 0 };

    /// Both together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            first_seen_ms: self.first_seen_ms.min(other.first_seen_ms),
            last_seen_ms: self.last_seen_ms.max(other.last_seen_ms),
            passes: self.passes.max(other.passes),
            devices: self.devices.max(other.devices),
            slots: self.slots.saturating_add(other.slots),
            cells: self.cells.saturating_add(other.cells),
        }
    }

    /// Of all `cells` together.
    #[must_use]
    pub fn of(cells: &[CellTally]) -> Self {
        cells.iter().fold(Self::NONE, |all, cell| all.with(cell.tally))
    }

    /// Of one slot, in one epoch.
    pub(super) fn of_slot(row: &CoverageRow) -> Self {
        Self {
            first_seen_ms: row.first_seen_ms.millis(),
            last_seen_ms: row.last_seen_ms.millis(),
            passes: row.passes,
            devices: row.devices,
            slots: 1,
            cells: 0,
        }
    }

    /// Of one slot in two epochs: no clip passes it in both, but a device may.
    pub(super) fn later(self, other: Self) -> Self {
        Self { passes: self.passes.saturating_add(other.passes), slots: 1, ..self.with(other) }
    }
}

mod as_text {
    use h3o::CellIndex;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(cell: &CellIndex, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(cell)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<CellIndex, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}
