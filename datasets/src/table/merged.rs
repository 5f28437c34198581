//! A whole table as one file, written region by region.

use std::io::Write;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef};
use geo::Geometry;
use serde::Serialize;

use super::{Row, TableError};
use crate::Epoch;
use crate::geoparquet::GeoTable;

/// A Parquet file that grows; GeoParquet 1.1 where the table has a position. Beside the columns of the table it has
/// `epoch`, which in the bucket is part of a file's name.
pub struct Merged<W: Write + Send>(GeoTable<W>);

#[derive(Serialize)]
struct OfEpoch<'a, R> {
    epoch: Option<String>,
    #[serde(flatten)]
    row: &'a R,
}

impl<W: Write + Send> Merged<W> {
    /// An empty file of table `R`.
    ///
    /// # Errors
    /// [`TableError::Malformed`] if it cannot be begun.
    pub fn new<R: Row>(out: W) -> Result<Self, TableError> {
        let epoch: FieldRef = Arc::new(Field::new("epoch", DataType::Utf8, true));
        let columns = std::iter::once(epoch).chain(R::fields()).collect();
        GeoTable::new(R::TABLE.name(), (columns, R::GEOMETRY), out).map(Self)
    }

    /// Adds rows of some epochs. Called region by region in order, the file is sorted by cell.
    ///
    /// # Errors
    /// [`TableError::Malformed`] if a row does not fit or the file cannot be written.
    pub fn append<R: Row>(&mut self, rows: &[(Option<Epoch>, R)]) -> Result<(), TableError> {
        let mut sorted: Vec<&(Option<Epoch>, R)> = rows.iter().collect();
        sorted.sort_by_cached_key(|(epoch, row)| (row.key(), *epoch));
        let shapes: Vec<Geometry> = sorted.iter().filter_map(|(_, row)| row.geometry()).collect();
        let text = |epoch: &Option<Epoch>| epoch.map(|epoch| epoch.to_string());
        let rows: Vec<_> = sorted.iter().map(|(epoch, row)| OfEpoch { epoch: text(epoch), row }).collect();
        self.0.append(&rows, &shapes)
    }

    /// Ends the file and gives back what it was written to.
    ///
    /// # Errors
    /// [`TableError::Malformed`] if its end cannot be written.
    pub fn finish(self) -> Result<W, TableError> {
        self.0.finish()
    }
}
