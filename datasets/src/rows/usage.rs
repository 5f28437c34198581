//! `usage`: what map consumers read.

use arrow::datatypes::{DataType, FieldRef};
use serde::{Deserialize, Serialize};

use super::field;
use crate::table::{Row, Table};
use crate::{Cell, Octant};

/// How often one consumer read one slot in one epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageRow {
    /// H3 cell at resolution 12.
    pub h3_cell: Cell,
    /// The sector of view.
    pub heading_octant: Octant,
    /// Who read it: the public name of an API key.
    pub consumer: String,
    /// How often.
    pub reads: u64,
}

impl Row for UsageRow {
    type Key = (Cell, Octant, String);
    const TABLE: Table = Table::Usage;

    fn fields() -> Vec<FieldRef> {
        vec![
            field::new("h3_cell", DataType::UInt64),
            field::new("heading_octant", DataType::UInt32),
            field::text("consumer"),
            field::new("reads", DataType::UInt64),
        ]
    }

    fn key(&self) -> Self::Key {
        (self.h3_cell, self.heading_octant, self.consumer.clone())
    }
}
