//! Reading and writing a table: typed rows on one side, sorted zstd Parquet in the bucket on the other.

mod columns;
mod merged;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{FieldRef, Schema};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::geoparquet;
pub use crate::layout::{Partition, Table};
use crate::store::{Created, Store, StoreError};
pub use columns::{Column, Constraints, columns};
pub use merged::Merged;

/// A typed row of one table.
pub trait Row: Serialize + DeserializeOwned + Send + Sync {
    /// Rows are written in this order: by cell first where there is one.
    type Key: Ord;
    /// The table that it belongs to.
    const TABLE: Table;

    /// The columns, without those that [`Row::geometry`] adds.
    fn fields() -> Vec<FieldRef>;

    /// What the row is sorted by; no two rows of a file share it.
    fn key(&self) -> Self::Key;

    /// Which geometry the table has.
    const GEOMETRY: Option<geoparquet::Kind> = None;

    /// The geometry of this row; must be there when [`Row::GEOMETRY`] says so.
    fn geometry(&self) -> Option<geo::Geometry> {
        None
    }
}

/// Why a table could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The bucket failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The object is not the table that it should be: damaged, or written by something else.
    #[error("table {key}: {reason}")]
    Malformed {
        /// The object.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// The bytes of a Parquet file with `rows`: sorted, and so the same for any order of input.
///
/// # Errors
/// [`TableError::Malformed`] if a row does not fit its schema.
pub fn encode<R: Row>(rows: &[R]) -> Result<Bytes, TableError> {
    let mut sorted: Vec<(R::Key, &R)> = rows.iter().map(|row| (row.key(), row)).collect();
    // Rows that share a key are told apart by all that they hold, or they would stand as they came.
    sorted.sort_by(|(a, one), (b, other)| a.cmp(b).then_with(|| whole(*one).cmp(&whole(*other))));
    let sorted: Vec<&R> = sorted.into_iter().map(|(_, row)| row).collect();
    encode_sorted(&sorted).map_err(|reason| TableError::Malformed { key: R::TABLE.name().into(), reason })
}

/// All that a row holds, as text. Structs of strings and numbers always have a JSON form.
fn whole<R: Row>(row: &R) -> Vec<u8> {
    serde_json::to_vec(row).unwrap_or_default()
}

fn encode_sorted<R: Row>(rows: &[&R]) -> Result<Bytes, String> {
    let (batch, geo) = to_batch(rows)?;
    to_parquet(&batch, geo).map_err(|error| error.to_string())
}

fn to_batch<R: Row>(rows: &[&R]) -> Result<(RecordBatch, Option<String>), String> {
    let batch = serde_arrow::to_record_batch(&R::fields(), &rows).map_err(|error| error.to_string())?;
    match R::GEOMETRY {
        None => Ok((batch, None)),
        Some(kind) => {
            let geometries: Option<Vec<_>> = rows.iter().map(|row| row.geometry()).collect();
            let geometries = geometries.ok_or("a row has no geometry")?;
            geoparquet::append(&batch, kind, &geometries).map(|(batch, geo)| (batch, Some(geo)))
        }
    }
}

/// `rows` in their order as Arrow has them, with the geometry columns of the table.
///
/// # Errors
/// [`TableError::Malformed`] if a row does not fit its schema.
pub fn record_batch<R: Row>(rows: &[R]) -> Result<RecordBatch, TableError> {
    let rows: Vec<&R> = rows.iter().collect();
    let batch = to_batch(&rows).map(|(batch, _)| batch);
    batch.map_err(|reason| TableError::Malformed { key: R::TABLE.name().into(), reason })
}

/// Rows of this many make a row group: small enough to skip by `bbox`, large enough to compress.
pub(crate) const ROW_GROUP_ROWS_MAX: usize = 65_536;

fn to_parquet(batch: &RecordBatch, geo: Option<String>) -> Result<Bytes, parquet::errors::ParquetError> {
    let properties = properties(geo)?;
    let mut file = Vec::new();
    // Beside an Arrow schema PyArrow and GeoPandas do not see `geo`; every type that we use has a name in Parquet itself.
    let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
    let mut writer = ArrowWriter::try_new_with_options(&mut file, batch.schema(), options)?;
    writer.write(batch)?;
    writer.close()?;
    Ok(file.into())
}

/// How every file is written; `geo` is its GeoParquet metadata.
pub(crate) fn properties(geo: Option<String>) -> Result<WriterProperties, parquet::errors::ParquetError> {
    Ok(WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS_MAX))
        .set_created_by("waymark".into())
        .set_key_value_metadata(geo.map(|geo| vec![KeyValue::new("geo".into(), geo)]))
        .build())
}

/// The rows of a Parquet file. Every value is checked by the type that holds it.
///
/// # Errors
/// [`TableError::Malformed`] if the bytes are no such table.
pub fn decode<R: Row>(key: &str, bytes: Bytes) -> Result<Vec<R>, TableError> {
    decode_where(key, bytes, |_| true)
}

/// Those rows of a Parquet file that `keep` wants; the others are not held in memory all at once.
///
/// # Errors
/// [`TableError::Malformed`] if the bytes are no such table.
pub fn decode_where<R: Row>(key: &str, bytes: Bytes, keep: impl Fn(&R) -> bool) -> Result<Vec<R>, TableError> {
    guarded(|| decode_rows(bytes, keep)).map_err(|reason| TableError::Malformed { key: key.into(), reason })
}

/// What `read` makes of a file. The parquet crate panics on some damaged ones; nothing of such a reading is left to be in
/// a wrong state.
///
/// # Errors
/// What `read` says, or that it panicked.
pub fn guarded<T>(read: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err("its pages contradict each other".into()))
}

fn decode_rows<R: Row>(bytes: Bytes, keep: impl Fn(&R) -> bool) -> Result<Vec<R>, String> {
    let text = |error: &dyn std::error::Error| error.to_string();
    // Without the Arrow schema that a writer may embed: Parquet's own says the same, and reading it cannot panic.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(bytes, options).map_err(|e| text(&e))?;
    let columns = R::fields();
    let is_wanted = |(_, column): &(usize, &FieldRef)| columns.iter().any(|field| field.name() == column.name());
    let wanted: Vec<usize> = reader.schema().fields().iter().enumerate().filter(is_wanted).map(|(at, _)| at).collect();
    let mask = ProjectionMask::roots(reader.parquet_schema(), wanted);
    let reader = reader.with_projection(mask);
    let mut rows = Vec::new();
    for batch in reader.build().map_err(|e| text(&e))? {
        let batch = batch.map_err(|e| text(&e))?;
        let indices: Result<Vec<_>, _> = columns.iter().map(|field| batch.schema().index_of(field.name())).collect();
        let known = batch.project(&indices.map_err(|e| text(&e))?).map_err(|e| text(&e))?;
        let read: Vec<R> = serde_arrow::from_record_batch(&known).map_err(|e| text(&e))?;
        rows.extend(read.into_iter().filter(&keep));
    }
    Ok(rows)
}

/// Writes `rows` as file `name` of `partition`, in place of what was there.
///
/// # Errors
/// [`TableError`] if a row does not fit or the store fails.
pub async fn write_rows<R: Row>(store: &Store, at: Partition, name: &str, rows: &[R]) -> Result<(), TableError> {
    Ok(store.put(&R::TABLE.key(at, name), encode(rows)?).await?)
}

/// Writes `rows` as file `name` of `partition` unless it is there.
///
/// # Errors
/// [`TableError`] if a row does not fit or the store fails.
pub async fn create_rows<R: Row>(store: &Store, at: Partition, name: &str, rows: &[R]) -> Result<Created, TableError> {
    Ok(store.create(&R::TABLE.key(at, name), encode(rows)?).await?)
}

/// The rows of the object `key`; none if there is no such object.
///
/// # Errors
/// [`TableError`] if it is damaged or the store fails.
pub async fn read_rows<R: Row>(store: &Store, key: &str) -> Result<Option<Vec<R>>, TableError> {
    match store.get(key).await? {
        None => Ok(None),
        Some(bytes) => decode(key, bytes).map(Some),
    }
}

/// The schema of a table as it is written, with its geometry columns.
#[must_use]
pub fn schema<R: Row>() -> Schema {
    let mut fields = R::fields();
    if R::GEOMETRY.is_some() {
        fields.extend(geoparquet::fields());
    }
    Schema::new(fields.into_iter().map(Arc::unwrap_or_clone).collect::<Vec<_>>())
}
