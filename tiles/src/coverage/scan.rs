//! The columns of `frames` that decide which frame is the best.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array, AsArray, DictionaryArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Fields, Int32Type, Schema, TimestampMillisecondType, UInt32Type, UInt64Type};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};

use super::slots::{At, Rank, Sighting, Slots};

/// An open file of frames.
pub(super) struct File {
    bytes: Bytes,
    metadata: ArrowReaderMetadata,
}

/// One row group of one file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task {
    pub(super) file: usize,
    group: usize,
}

const COLUMNS: [&str; 7] =
    ["clip_id", "device_id", "captured_at_ms", "h3_cell", "heading_octant", "quality_ppm", "accuracy_mm"];
/// Few values many times: read as numbers of values.
const NAMES: [&str; 2] = ["clip_id", "device_id"];
/// Rows that are decoded at once.
const BATCH_ROWS: usize = 8_192;

fn text(error: impl ToString) -> String {
    error.to_string()
}

impl File {
    pub(super) fn open(bytes: &Bytes) -> Result<Self, String> {
        // Without the Arrow schema that a writer may embed: Parquet's own says the same.
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let plain = ArrowReaderMetadata::load(bytes, options.clone()).map_err(text)?;
        let by_number = |field: &Arc<Field>| match field.data_type() {
            DataType::Utf8 if NAMES.contains(&field.name().as_str()) => {
                let numbered = DataType::Dictionary(DataType::Int32.into(), DataType::Utf8.into());
                Arc::new(field.as_ref().clone().with_data_type(numbered))
            }
            _ => field.clone(),
        };
        let fields: Fields = plain.schema().fields().iter().map(by_number).collect();
        let options = options.with_schema(Arc::new(Schema::new(fields)));
        let metadata = ArrowReaderMetadata::try_new(plain.metadata().clone(), options).map_err(text)?;
        Ok(Self { bytes: bytes.clone(), metadata })
    }

    pub(super) fn tasks(&self, file: usize) -> impl Iterator<Item = Task> {
        (0..self.metadata.metadata().num_row_groups()).map(move |group| Task { file, group })
    }

    /// Reads some columns of a row group.
    pub(super) fn read(
        &self,
        group: usize,
        columns: &[&str],
        rows: Option<parquet::arrow::arrow_reader::RowSelection>,
    ) -> Result<ParquetRecordBatchReader, String> {
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(self.bytes.clone(), self.metadata.clone());
        let mask = ProjectionMask::columns(reader.parquet_schema(), columns.iter().copied());
        let reader = reader.with_projection(mask).with_row_groups(vec![group]).with_batch_size(BATCH_ROWS);
        match rows {
            Some(rows) => reader.with_row_selection(rows),
            None => reader,
        }
        .build()
        .map_err(text)
    }
}

/// Stands for a clip that does not count.
const NONE: u32 = u32::MAX;

/// Notes every row of a row group, but for those of clips that are left out.
pub(super) fn scan((file, task): (&File, Task), left_out: &BTreeSet<String>, slots: &mut Slots) -> Result<(), String> {
    let mut row = 0u32;
    for batch in file.read(task.group, &COLUMNS, None)? {
        let batch = batch.map_err(text)?;
        let columns = Columns::of(&batch)?;
        let clips = columns.clips.numbers(|name| if left_out.contains(name) { NONE } else { slots.clip(name) });
        let devices = columns.devices.numbers(|name| slots.device(name));
        let (mut of, mut pass) = ((NONE, NONE), NONE);
        for index in 0..batch.num_rows() {
            let at = At { file: task.file as u32, group: task.group as u32, row };
            let (clip, device) = columns.names(index, (&clips, &devices));
            if clip != NONE {
                // The next row is often of the same.
                if of != (clip, device) {
                    (of, pass) = ((clip, device), slots.pass(clip, device));
                }
                slots.note(&columns.sighting(index, pass), at);
            }
            row += 1;
        }
    }
    Ok(())
}

/// A batch, by column.
struct Columns<'a> {
    clips: Names<'a>,
    devices: Names<'a>,
    times: &'a [i64],
    cells: &'a [u64],
    octants: &'a [u32],
    qualities: &'a [u32],
    accuracies: &'a [u32],
}

impl<'a> Columns<'a> {
    fn of(batch: &'a RecordBatch) -> Result<Self, String> {
        let column = |name: &str| {
            let column = batch.column_by_name(name).filter(|column| column.null_count() == 0);
            column.ok_or_else(|| format!("column {name} is missing, or has gaps"))
        };
        let number = |name: &str| {
            let column = column(name)?.as_primitive_opt::<UInt32Type>();
            column.map(|column| column.values().as_ref()).ok_or_else(|| format!("column {name} is of another type"))
        };
        let times = column("captured_at_ms")?.as_primitive_opt::<TimestampMillisecondType>();
        let cells = column("h3_cell")?.as_primitive_opt::<UInt64Type>();
        Ok(Self {
            clips: Names::of(column("clip_id")?)?,
            devices: Names::of(column("device_id")?)?,
            times: times.ok_or("column captured_at_ms is of another type")?.values(),
            cells: cells.ok_or("column h3_cell is of another type")?.values(),
            octants: number("heading_octant")?,
            qualities: number("quality_ppm")?,
            accuracies: number("accuracy_mm")?,
        })
    }

    fn names(&self, index: usize, (clips, devices): (&[u32], &[u32])) -> (u32, u32) {
        (clips[self.clips.keys[index] as usize], devices[self.devices.keys[index] as usize])
    }

    fn sighting(&self, index: usize, pass: u32) -> Sighting {
        Sighting {
            cell: self.cells[index],
            octant: self.octants[index],
            rank: Rank::of(self.qualities[index], self.accuracies[index], self.times[index]),
            pass,
        }
    }
}

/// A column of names: which of its values each row has.
struct Names<'a> {
    keys: &'a [i32],
    values: &'a StringArray,
}

impl<'a> Names<'a> {
    fn of(column: &'a Arc<dyn Array>) -> Result<Self, String> {
        let names: Option<&DictionaryArray<Int32Type>> = column.as_dictionary_opt();
        let names = names.ok_or("a column of names is of another type")?;
        let values = names.values().as_string_opt::<i32>().ok_or("a column of names is of another type")?;
        Ok(Self { keys: names.keys().values(), values })
    }

    /// The number of each value.
    fn numbers(&self, mut number: impl FnMut(&str) -> u32) -> Vec<u32> {
        (0..self.values.len()).map(|index| number(self.values.value(index))).collect()
    }
}
