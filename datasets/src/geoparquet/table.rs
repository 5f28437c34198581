//! A GeoParquet file that grows batch by batch, for whoever wants one file rather than a bucket.

use std::io::Write;

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::{max, min};
use arrow::datatypes::{FieldRef, Fields, Float64Type, Schema, SchemaRef};
use geo::{Coord, Geometry, Rect};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::file::metadata::KeyValue;
use serde::Serialize;

use super::{Kind, append, fields, metadata, union};
use crate::TableError;
use crate::table::{ROW_GROUP_ROWS_MAX, properties};

/// An open file. Its rows stand in the order in which they come.
pub struct GeoTable<W: Write + Send> {
    name: String,
    writer: ArrowWriter<W>,
    columns: Vec<FieldRef>,
    kind: Option<Kind>,
    bounds: Option<Rect>,
}

impl<W: Write + Send> GeoTable<W> {
    /// An empty file of some columns, which `geometry` and `bbox` follow if it has geometries; `name` is for errors.
    ///
    /// # Errors
    /// [`TableError::Malformed`] if it cannot be begun.
    pub fn new(name: &str, (columns, kind): (Vec<FieldRef>, Option<Kind>), out: W) -> Result<Self, TableError> {
        let all = columns.iter().cloned().chain(kind.into_iter().flat_map(|_| fields()));
        let schema = SchemaRef::new(Schema::new(all.collect::<Fields>()));
        let properties = properties(None).map_err(|error| failed(name, error))?;
        // For the reason that tables of the bucket have none.
        let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
        let writer = ArrowWriter::try_new_with_options(out, schema, options).map_err(|error| failed(name, error))?;
        Ok(Self { name: name.into(), writer, columns, kind, bounds: None })
    }

    /// Adds rows, each with its geometry where the file has any.
    ///
    /// # Errors
    /// [`TableError::Malformed`] if a row does not fit or the file cannot be written.
    pub fn append<R: Serialize>(&mut self, rows: &[R], shapes: &[Geometry]) -> Result<(), TableError> {
        let mut shapes = shapes.chunks(ROW_GROUP_ROWS_MAX);
        for rows in rows.chunks(ROW_GROUP_ROWS_MAX) {
            let written = self.batch(rows, shapes.next().unwrap_or_default());
            written.map_err(|problem| failed(&self.name, problem))?;
        }
        Ok(())
    }

    fn batch<R: Serialize>(&mut self, rows: &[R], shapes: &[Geometry]) -> Result<(), String> {
        let mut batch = serde_arrow::to_record_batch(&self.columns, &rows).map_err(|error| error.to_string())?;
        if let Some(kind) = self.kind {
            (batch, _) = append(&batch, kind, shapes)?;
            let bounds = bounds(&batch).ok_or("a geometry is empty")?;
            self.bounds = Some(self.bounds.map_or(bounds, |held| union(held, bounds)));
        }
        self.writer.write(&batch).map_err(|error| error.to_string())
    }

    /// The box around all geometries: west, south, east, north in degrees; the whole Earth if there are none.
    #[must_use]
    pub fn bbox(&self) -> [f64; 4] {
        let corners = |all: Rect| [all.min().x, all.min().y, all.max().x, all.max().y];
        self.bounds.map_or([-180.0, -90.0, 180.0, 90.0], corners)
    }

    /// Adds a text to the metadata of the file.
    pub fn note(&mut self, key: &str, text: String) {
        self.writer.append_key_value_metadata(KeyValue::new(key.into(), text));
    }

    /// Ends the file and gives back what it was written to.
    ///
    /// # Errors
    /// [`TableError::Malformed`] if its end cannot be written.
    pub fn finish(mut self) -> Result<W, TableError> {
        if let Some(kind) = self.kind {
            let boxes: Vec<Rect> = self.bounds.into_iter().collect();
            self.note("geo", metadata(kind, &boxes));
        }
        self.writer.into_inner().map_err(|error| failed(&self.name, error))
    }
}

fn failed(name: &str, problem: impl ToString) -> TableError {
    TableError::Malformed { key: name.into(), reason: problem.to_string() }
}

/// The box around all rows of a batch.
fn bounds(batch: &RecordBatch) -> Option<Rect> {
    let corners = batch.column_by_name("bbox")?.as_struct_opt()?;
    let column = |name: &str| corners.column_by_name(name).and_then(|column| column.as_primitive_opt::<Float64Type>());
    let least = Coord { x: min(column("xmin")?)?, y: min(column("ymin")?)? };
    let most = Coord { x: max(column("xmax")?)?, y: max(column("ymax")?)? };
    Some(Rect::new(least, most))
}
