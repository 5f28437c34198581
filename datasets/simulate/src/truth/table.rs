//! Rows to and from Parquet files.

use std::fs::File;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::Schema;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::rows::TruthRow;
use crate::error::Error;

/// A table that grows by one drive at a time, so that memory does not grow with the number of drives.
pub(crate) struct TableFile<R> {
    path: PathBuf,
    writer: ArrowWriter<File>,
    rows: PhantomData<R>,
}

impl<R: TruthRow> TableFile<R> {
    /// Creates `TABLE.parquet` in the folder `truth`, in place of what was there.
    pub(crate) fn create(truth: &Path) -> Result<Self, Error> {
        let path = truth.join(format!("{}.parquet", R::TABLE));
        let file = File::create(&path).map_err(Error::file(&path))?;
        let fields: Vec<_> = R::fields().into_iter().map(Arc::unwrap_or_clone).collect();
        let writer = writer(file, Schema::new(fields)).map_err(|error| Error::table(&path, &error))?;
        Ok(Self { path, writer, rows: PhantomData })
    }

    /// A whole table at once.
    pub(crate) fn write(truth: &Path, rows: &[R]) -> Result<(), Error> {
        let mut table = Self::create(truth)?;
        table.append(rows)?;
        table.finish()
    }

    /// Writes rows as a row group of their own.
    pub(crate) fn append(&mut self, rows: &[R]) -> Result<(), Error> {
        let failed = |error: &dyn std::error::Error| Error::table(&self.path, &error);
        let batch = serde_arrow::to_record_batch(&R::fields(), &rows).map_err(|error| failed(&error))?;
        self.writer.write(&batch).map_err(|error| Error::table(&self.path, &error))?;
        self.writer.flush().map_err(|error| Error::table(&self.path, &error))
    }

    /// Ends the file.
    pub(crate) fn finish(self) -> Result<(), Error> {
        self.writer.close().map(|_| ()).map_err(|error| Error::table(&self.path, &error))
    }
}

fn writer(file: File, schema: Schema) -> Result<ArrowWriter<File>, ParquetError> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_created_by("waymark".into())
        .build();
    ArrowWriter::try_new(file, Arc::new(schema), Some(properties))
}

/// The rows of a table of the truth in the folder `truth`.
///
/// # Errors
/// [`Error`] if the file cannot be read or is no such table.
pub fn read<R: TruthRow>(truth: &Path) -> Result<Vec<R>, Error> {
    let path = truth.join(format!("{}.parquet", R::TABLE));
    let file = File::open(&path).map_err(Error::file(&path))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).and_then(ParquetRecordBatchReaderBuilder::build);
    let mut rows = Vec::new();
    for batch in reader.map_err(|error| Error::table(&path, &error))? {
        let batch = batch.map_err(|error| Error::table(&path, &error))?;
        let read: Vec<R> = serde_arrow::from_record_batch(&batch).map_err(|error| Error::table(&path, &error))?;
        rows.extend(read);
    }
    Ok(rows)
}
