//! Reading and writing a table: typed rows on one side, sorted zstd Parquet in the bucket on the other.

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{FieldRef, Schema};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::geoparquet;
use crate::store::{Created, Store, StoreError};
use crate::{Epoch, Region};

/// Every published table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// One row per published frame.
    Frames,
    /// One row per thing seen in a frame.
    Detections,
    /// One row per decision on a clip or a frame.
    Verdicts,
    /// One row per slot.
    Coverage,
    /// One row per thing on the map.
    Features,
    /// One row per slot that a map consumer read.
    Usage,
    /// One row per slot pass of an epoch, with what it was paid and why.
    Statements,
    /// One row per driver of an epoch.
    Payouts,
}

impl Table {
    /// Every table there is.
    pub const ALL: [Self; 8] = [
        Self::Frames,
        Self::Detections,
        Self::Verdicts,
        Self::Coverage,
        Self::Features,
        Self::Usage,
        Self::Statements,
        Self::Payouts,
    ];

    /// Its name, which is also the first part of every key.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Frames => "frames",
            Self::Detections => "detections",
            Self::Verdicts => "verdicts",
            Self::Coverage => "coverage",
            Self::Features => "features",
            Self::Usage => "usage",
            Self::Statements => "statements",
            Self::Payouts => "payouts",
        }
    }

    /// Tables of an epoch as a whole have no region in their keys.
    fn has_regions(self) -> bool {
        !matches!(self, Self::Statements | Self::Payouts)
    }

    /// The key of file `name` (without extension) in `partition`.
    #[must_use]
    pub fn key(self, partition: Partition, name: &str) -> String {
        format!("{}/{name}.parquet", self.folder(partition))
    }

    /// The folder of `partition`, hive style.
    #[must_use]
    pub fn folder(self, partition: Partition) -> String {
        let epoch = hive_value(partition.epoch);
        if self.has_regions() {
            format!("{}/epoch={epoch}/region={}", self.name(), hive_value(partition.region))
        } else {
            format!("{}/epoch={epoch}", self.name())
        }
    }
}

/// Where rows lie: capture epoch and region; none where it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition {
    /// By capture time.
    pub epoch: Option<Epoch>,
    /// By position.
    pub region: Option<Region>,
}

impl Partition {
    /// The partition of an epoch and a region.
    #[must_use]
    pub fn of(epoch: Epoch, region: Region) -> Self {
        Self { epoch: Some(epoch), region: Some(region) }
    }

    /// Reads the partition out of a key that [`Table::key`] made.
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        let mut partition = Self { epoch: None, region: None };
        let mut found = false;
        for part in key.split('/') {
            match part.split_once('=') {
                Some((_, NULL)) => found = true,
                Some(("epoch", value)) => (partition.epoch, found) = (Some(value.parse().ok()?), true),
                Some(("region", value)) => partition.region = Some(value.parse().ok()?),
                _ => {}
            }
        }
        found.then_some(partition)
    }
}

/// Hive's name for "no value"; DuckDB, Polars and Spark read it as null.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

fn hive_value(value: Option<impl fmt::Display>) -> String {
    value.map_or_else(|| NULL.into(), |value| value.to_string())
}

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
    let mut sorted: Vec<&R> = rows.iter().collect();
    sorted.sort_by_key(|row| row.key());
    encode_sorted(&sorted).map_err(|reason| TableError::Malformed { key: R::TABLE.name().into(), reason })
}

fn encode_sorted<R: Row>(rows: &[&R]) -> Result<Bytes, String> {
    let batch = serde_arrow::to_record_batch(&R::fields(), &rows).map_err(|error| error.to_string())?;
    let (batch, geo) = match R::GEOMETRY {
        None => (batch, None),
        Some(kind) => {
            let geometries: Option<Vec<_>> = rows.iter().map(|row| row.geometry()).collect();
            let geometries = geometries.ok_or("a row has no geometry")?;
            geoparquet::append(&batch, kind, &geometries).map(|(batch, geo)| (batch, Some(geo)))?
        }
    };
    to_parquet(&batch, geo).map_err(|error| error.to_string())
}

/// Rows of this many make a row group: small enough to skip by `bbox`, large enough to compress.
const ROW_GROUP_ROWS_MAX: usize = 65_536;

fn to_parquet(batch: &RecordBatch, geo: Option<String>) -> Result<Bytes, parquet::errors::ParquetError> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS_MAX))
        .set_created_by("waymark".into())
        .set_key_value_metadata(geo.map(|geo| vec![KeyValue::new("geo".into(), geo)]))
        .build();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(properties))?;
    writer.write(batch)?;
    writer.close()?;
    Ok(file.into())
}

/// The rows of a Parquet file. Every value is checked by the type that holds it.
///
/// # Errors
/// [`TableError::Malformed`] if the bytes are no such table.
pub fn decode<R: Row>(key: &str, bytes: Bytes) -> Result<Vec<R>, TableError> {
    decode_rows(bytes).map_err(|reason| TableError::Malformed { key: key.into(), reason })
}

fn decode_rows<R: Row>(bytes: Bytes) -> Result<Vec<R>, String> {
    let text = |error: &dyn std::error::Error| error.to_string();
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(|e| text(&e))?;
    let columns = R::fields();
    let mut rows = Vec::new();
    for batch in reader.build().map_err(|e| text(&e))? {
        let batch = batch.map_err(|e| text(&e))?;
        let indices: Result<Vec<_>, _> = columns.iter().map(|field| batch.schema().index_of(field.name())).collect();
        let known = batch.project(&indices.map_err(|e| text(&e))?).map_err(|e| text(&e))?;
        let read: Vec<R> = serde_arrow::from_record_batch(&known).map_err(|e| text(&e))?;
        rows.extend(read);
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
