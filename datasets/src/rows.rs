//! The rows of every table, one file each.

mod clip;
mod coverage;
mod detection;
mod feature;
mod frame;
mod statement;
mod trust;
mod usage;
mod verdict;
mod witness;

pub use clip::{ClipRow, TrackMeasures};
pub use coverage::CoverageRow;
pub use detection::DetectionRow;
pub use feature::{FeatureRow, FeatureState};
pub use frame::FrameRow;
pub use statement::{PayoutRow, StatementRow};
pub use trust::{CountsRow, Picture, TrustRow};
pub use usage::UsageRow;
pub use verdict::{Verdict, VerdictRow};
pub use witness::{Motion, Witness};

/// Arrow fields by the kind of word that they hold.
mod field {
    use std::sync::Arc;

    use arrow::datatypes::{DataType, Field, FieldRef, TimeUnit};

    pub(super) fn new(name: &str, data_type: DataType) -> FieldRef {
        Arc::new(Field::new(name, data_type, false))
    }

    pub(super) fn optional(field: &FieldRef) -> FieldRef {
        Arc::new(field.as_ref().clone().with_nullable(true))
    }

    pub(super) fn text(name: &str) -> FieldRef {
        new(name, DataType::Utf8)
    }

    /// Any number of values that are all there, in one row.
    pub(super) fn list(element: &FieldRef, name: &str) -> FieldRef {
        new(name, DataType::List(element.clone()))
    }

    /// A [`crate::UtcMillis`].
    pub(super) fn time(name: &str) -> FieldRef {
        new(name, DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())))
    }

    /// A [`crate::Amount`].
    pub(super) fn amount(name: &str) -> FieldRef {
        new(name, DataType::Decimal128(38, 0))
    }
}
