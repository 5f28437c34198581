//! Every text in a Parquet file, whatever table it is.

use arrow::array::{Array, AsArray, StructArray};
use arrow::datatypes::DataType;
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};

use crate::table::{TableError, guarded};

/// Shows `visit` each text of each column with the column's name, those in lists too.
///
/// # Errors
/// [`TableError::Malformed`] if the bytes are no Parquet file.
pub fn texts(key: &str, bytes: Bytes, visit: &mut dyn FnMut(&str, &str)) -> Result<(), TableError> {
    guarded(|| read(bytes, visit)).map_err(|reason| TableError::Malformed { key: key.into(), reason })
}

fn read(bytes: Bytes, visit: &mut dyn FnMut(&str, &str)) -> Result<(), String> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(bytes, options).map_err(|e| e.to_string())?;
    for batch in reader.build().map_err(|e| e.to_string())? {
        visit_struct(&batch.map_err(|e| e.to_string())?.into(), visit);
    }
    Ok(())
}

fn visit_struct(columns: &StructArray, visit: &mut dyn FnMut(&str, &str)) {
    for (field, column) in columns.fields().iter().zip(columns.columns()) {
        visit_column(field.name(), column.as_ref(), visit);
    }
}

/// A column under the name of the table's column that it is in.
fn visit_column(name: &str, column: &dyn Array, visit: &mut dyn FnMut(&str, &str)) {
    match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().iter().flatten().for_each(|text| visit(name, text)),
        DataType::LargeUtf8 => column.as_string::<i64>().iter().flatten().for_each(|text| visit(name, text)),
        DataType::Utf8View => column.as_string_view().iter().flatten().for_each(|text| visit(name, text)),
        DataType::List(_) => visit_column(name, column.as_list::<i32>().values().as_ref(), visit),
        DataType::LargeList(_) => visit_column(name, column.as_list::<i64>().values().as_ref(), visit),
        DataType::Struct(_) => visit_struct(column.as_struct(), visit),
        _ => {}
    }
}
