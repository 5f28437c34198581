//! The columns of `frames` that decide which frame is the best.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::Arc;

use arrow::array::{Array, AsArray, DictionaryArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Fields, Int32Type, Schema, TimestampMillisecondType, UInt32Type, UInt64Type};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use waymark_datasets::{ClipId, Contents, DeviceId, Invalid};

use super::slots::{NONE, Place, Rank, Slots};

/// An open file of frames.
pub(super) struct File {
    contents: Contents,
    metadata: ArrowReaderMetadata,
}

const COLUMNS: [&str; 8] = [
    "clip_id",
    "frame_index",
    "device_id",
    "captured_at_ms",
    "h3_cell",
    "heading_octant",
    "quality_ppm",
    "accuracy_mm",
];
/// Few values many times: read as numbers of values.
const NAMES: [&str; 2] = ["clip_id", "device_id"];
/// Rows that are decoded at once.
const BATCH_ROWS: usize = 8_192;

fn text(error: impl ToString) -> String {
    error.to_string()
}

impl File {
    pub(super) fn open(contents: &Contents) -> Result<Self, String> {
        // Without the Arrow schema that a writer may embed: Parquet's own says the same.
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let plain = ArrowReaderMetadata::load(contents, options.clone()).map_err(text)?;
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
        Ok(Self { contents: contents.clone(), metadata })
    }

    /// Its row groups.
    pub(super) fn groups(&self) -> impl Iterator<Item = usize> + use<> {
        0..self.metadata.metadata().num_row_groups()
    }
}

/// Notes every row of a row group, but for those of clips that are left out.
pub(super) fn scan(file: &File, group: usize, left_out: &BTreeSet<ClipId>, slots: &mut Slots) -> Result<(), String> {
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file.contents.clone(), file.metadata.clone());
    let mask = ProjectionMask::columns(reader.parquet_schema(), COLUMNS);
    let reader = reader.with_projection(mask).with_row_groups(vec![group]).with_batch_size(BATCH_ROWS);
    for batch in reader.build().map_err(text)? {
        let batch = batch.map_err(text)?;
        Columns::of(&batch)?.note(left_out, slots)?;
    }
    Ok(())
}

/// A batch, by column.
struct Columns<'a> {
    clips: Names<'a>,
    frames: &'a [u32],
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
            frames: number("frame_index")?,
            devices: Names::of(column("device_id")?)?,
            times: times.ok_or("column captured_at_ms is of another type")?.values(),
            cells: cells.ok_or("column h3_cell is of another type")?.values(),
            octants: number("heading_octant")?,
            qualities: number("quality_ppm")?,
            accuracies: number("accuracy_mm")?,
        })
    }

    /// Notes every row, but for those of clips that are left out.
    fn note(&self, left_out: &BTreeSet<ClipId>, slots: &mut Slots) -> Result<(), String> {
        let (mut clips, mut devices) = (self.clips.numbers(), self.devices.numbers());
        let (mut before, mut pass) = (None, NONE);
        for row in 0..self.cells.len() {
            // The next row is often of the same pass.
            let names = Some((self.clips.keys[row], self.devices.keys[row]));
            if before != names {
                before = names;
                let clip =
                    clips.at(row, |id: ClipId| if left_out.contains(&id) { NONE } else { slots.clips.number(id) })?;
                let device = devices.at(row, |id: DeviceId| slots.devices.number(id))?;
                pass = if clip == NONE { NONE } else { slots.passes.number((clip, device)) };
            }
            if pass != NONE {
                let place = Place::of(self.cells[row], self.octants[row]).map_err(text)?;
                let rank = Rank::of(self.qualities[row], self.accuracies[row], self.times[row]);
                slots.note(place, pass, (rank, self.frames[row]));
            }
        }
        Ok(())
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

    fn numbers(&self) -> Numbered<'_> {
        Numbered { names: self, numbers: vec![None; self.values.len()] }
    }
}

/// A column of names, of each of which the number is asked for once.
struct Numbered<'a> {
    names: &'a Names<'a>,
    numbers: Vec<Option<u32>>,
}

impl Numbered<'_> {
    fn at<T: FromStr<Err = Invalid>>(&mut self, row: usize, number: impl FnOnce(T) -> u32) -> Result<u32, String> {
        let key = self.names.keys[row] as usize;
        if let Some(number) = self.numbers[key] {
            return Ok(number);
        }
        let number = number(self.names.values.value(key).parse().map_err(text)?);
        self.numbers[key] = Some(number);
        Ok(number)
    }
}
