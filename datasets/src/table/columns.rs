//! The columns of a table, in the words of Table Schema (<https://datapackage.org/standard/table-schema/>).

use arrow::datatypes::DataType;
use serde::Serialize;

use super::{Row, schema};

/// One column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds, such as `integer`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What may be there.
    pub constraints: Constraints,
}

/// What may be in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Constraints {
    /// Whether every row has a value.
    pub required: bool,
}

/// The columns of a table as it is written, with its geometry columns.
#[must_use]
pub fn columns<R: Row>() -> Vec<Column> {
    let schema = schema::<R>();
    let column = |field: &arrow::datatypes::FieldRef| Column {
        name: field.name().clone(),
        kind: kind(field.data_type()),
        constraints: Constraints { required: !field.is_nullable() },
    };
    schema.fields().iter().map(column).collect()
}

fn kind(of: &DataType) -> &'static str {
    match of {
        DataType::Utf8 => "string",
        DataType::UInt32 | DataType::UInt64 | DataType::Int64 => "integer",
        DataType::Float32 | DataType::Float64 | DataType::Decimal128(..) => "number",
        DataType::Timestamp(..) => "datetime",
        DataType::List(_) => "array",
        DataType::Struct(_) => "object",
        _ => "any",
    }
}
