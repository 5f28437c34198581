//! The columns of `frames` that decide which frame is the best.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::Arc;

use arrow::array::{Array, AsArray, DictionaryArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Fields, Int32Type, Schema, TimestampMillisecondType, UInt32Type, UInt64Type};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use waymark_datasets::{ClipId, Contents, DeviceId, Invalid, Opened};

use super::slots::{NONE, Place, Rank, Slots};

/// An open file of frames.
struct File {
    opened: Opened,
    metadata: ArrowReaderMetadata,
}

const NUMBERS: [&str; 6] = ["frame_index", "captured_at_ms", "h3_cell", "heading_octant", "quality_ppm", "accuracy_mm"];
/// Few values many times: read as numbers of values, or not at all where a file says that it has but one.
const NAMES: [&str; 2] = ["clip_id", "device_id"];
/// Rows that are decoded at once.
const BATCH_ROWS: usize = 8_192;

fn text(error: impl ToString) -> String {
    error.to_string()
}

impl File {
    fn of(opened: Opened) -> Result<Self, String> {
        // Without the Arrow schema that a writer may embed: Parquet's own says the same.
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let plain = ArrowReaderMetadata::load(&opened, options.clone()).map_err(text)?;
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
        Ok(Self { opened, metadata })
    }

    /// Clip and device of all rows of a row group, if it says that these are the same.
    fn only_pass(&self, group: usize) -> Result<Option<(ClipId, DeviceId)>, String> {
        let (clip, device) = (self.only_value(group, NAMES[0]), self.only_value(group, NAMES[1]));
        let (Some(clip), Some(device)) = (clip, device) else { return Ok(None) };
        Ok(Some((clip.parse().map_err(text)?, device.parse().map_err(text)?)))
    }

    fn only_value(&self, group: usize, name: &str) -> Option<&str> {
        let columns = self.metadata.metadata().row_group(group).columns();
        let known = columns.iter().find(|column| column.column_path().string() == name)?.statistics()?;
        let is_exact = known.min_is_exact() && known.max_is_exact() && known.null_count_opt() == Some(0);
        let is_one = is_exact && known.min_bytes_opt() == known.max_bytes_opt();
        known.min_bytes_opt().filter(|_| is_one).and_then(|value| std::str::from_utf8(value).ok())
    }
}

/// Notes every row of a file, but for those of clips that are left out. A file that is gone has none.
pub(super) fn scan(contents: &Contents, left_out: &BTreeSet<ClipId>, slots: &mut Slots) -> Result<(), String> {
    let Some(opened) = contents.open().map_err(text)? else { return Ok(()) };
    let file = File::of(opened)?;
    let groups = file.metadata.metadata().num_row_groups();
    (0..groups).try_for_each(|group| scan_group(&file, group, left_out, slots))
}

fn scan_group(file: &File, group: usize, left_out: &BTreeSet<ClipId>, slots: &mut Slots) -> Result<(), String> {
    let only = file.only_pass(group)?.map(|(clip, device)| slots.pass(clip, device, left_out));
    if only == Some(NONE) {
        return Ok(());
    }
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file.opened.clone(), file.metadata.clone());
    let names: &[&str] = if only.is_some() { &[] } else { &NAMES };
    let mask = ProjectionMask::columns(reader.parquet_schema(), NUMBERS.iter().chain(names).copied());
    let reader = reader.with_projection(mask).with_row_groups(vec![group]).with_batch_size(BATCH_ROWS);
    for batch in reader.build().map_err(text)? {
        let batch = batch.map_err(text)?;
        let columns = Columns::of(&batch)?;
        match only {
            Some(pass) => columns.note(slots, |_, _| Ok(pass))?,
            None => {
                let (clips, devices) = (Names::of(&batch, "clip_id")?, Names::of(&batch, "device_id")?);
                let mut passes = Passes { clips, devices, left_out, before: None, pass: NONE };
                columns.note(slots, |slots, row| passes.at(row, slots))?;
            }
        }
    }
    Ok(())
}

/// A batch, by column.
struct Columns<'a> {
    frames: &'a [u32],
    times: &'a [i64],
    cells: &'a [u64],
    octants: &'a [u32],
    qualities: &'a [u32],
    accuracies: &'a [u32],
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a Arc<dyn Array>, String> {
    let column = batch.column_by_name(name).filter(|column| column.null_count() == 0);
    column.ok_or_else(|| format!("column {name} is missing, or has gaps"))
}

impl<'a> Columns<'a> {
    fn of(batch: &'a RecordBatch) -> Result<Self, String> {
        let number = |name: &str| {
            let column = column(batch, name)?.as_primitive_opt::<UInt32Type>();
            column.map(|column| column.values().as_ref()).ok_or_else(|| format!("column {name} is of another type"))
        };
        let times = column(batch, "captured_at_ms")?.as_primitive_opt::<TimestampMillisecondType>();
        let cells = column(batch, "h3_cell")?.as_primitive_opt::<UInt64Type>();
        Ok(Self {
            frames: number("frame_index")?,
            times: times.ok_or("column captured_at_ms is of another type")?.values(),
            cells: cells.ok_or("column h3_cell is of another type")?.values(),
            octants: number("heading_octant")?,
            qualities: number("quality_ppm")?,
            accuracies: number("accuracy_mm")?,
        })
    }

    /// Notes every row whose pass counts.
    fn note(
        &self,
        slots: &mut Slots,
        mut pass: impl FnMut(&mut Slots, usize) -> Result<u32, String>,
    ) -> Result<(), String> {
        for row in 0..self.cells.len() {
            let pass = pass(slots, row)?;
            if pass != NONE {
                let place = Place::of(self.cells[row], self.octants[row]).map_err(text)?;
                let rank = Rank::of(self.qualities[row], self.accuracies[row], self.times[row]);
                slots.note(place, pass, (rank, self.frames[row]));
            }
        }
        Ok(())
    }
}

/// The pass of each row of a batch.
struct Passes<'a> {
    clips: Names<'a>,
    devices: Names<'a>,
    left_out: &'a BTreeSet<ClipId>,
    /// Clip and device of the row before, as the batch numbers them, and its pass: the next row is often of the same.
    before: Option<(i32, i32)>,
    pass: u32,
}

impl Passes<'_> {
    fn at(&mut self, row: usize, slots: &mut Slots) -> Result<u32, String> {
        let names = Some((self.clips.keys[row], self.devices.keys[row]));
        if self.before != names {
            self.before = names;
            self.pass = slots.pass(self.clips.at(row)?, self.devices.at(row)?, self.left_out);
        }
        Ok(self.pass)
    }
}

/// A column of names: which of its values each row has.
struct Names<'a> {
    keys: &'a [i32],
    values: &'a StringArray,
}

impl<'a> Names<'a> {
    fn of(batch: &'a RecordBatch, name: &str) -> Result<Self, String> {
        let names: Option<&DictionaryArray<Int32Type>> = column(batch, name)?.as_dictionary_opt();
        let names = names.ok_or("a column of names is of another type")?;
        let values = names.values().as_string_opt::<i32>().ok_or("a column of names is of another type")?;
        Ok(Self { keys: names.keys().values(), values })
    }

    fn at<T: FromStr<Err = Invalid>>(&self, row: usize) -> Result<T, String> {
        self.values.value(self.keys[row] as usize).parse().map_err(text)
    }
}
