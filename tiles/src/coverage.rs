//! Dedupe: of all frames that look the same way from the same place, the best one.

use std::collections::BTreeSet;
use std::io::Cursor;

use bytes::Bytes;
use polars::prelude::{
    BooleanChunked, DataFrame, IntoLazy, LazyFrame, ParquetCompression, ParquetReader, ParquetWriter, PolarsError,
    SerReader, SortMultipleOptions, UniqueKeepStrategy, by_name, col,
};
use waymark_datasets::rows::CoverageRow;
use waymark_datasets::table;
use waymark_datasets::ClipId;

use crate::Error;

/// The columns of `frames` that coverage is made of.
const COLUMNS: [&str; 9] = [
    "frame_id",
    "clip_id",
    "device_id",
    "captured_at_ms",
    "h3_cell",
    "heading_octant",
    "quality_ppm",
    "accuracy_mm",
    "image_path",
];

const SLOT: [&str; 2] = ["h3_cell", "heading_octant"];

/// Coverage of all frames in `files` (Parquet files of the table `frames`, of one epoch and region), but for those of
/// the clips that are `left_out`: who is not believed covers nothing.
///
/// The best frame of a slot is the first by quality (highest), accuracy (smallest radius), capture time
/// (earliest) and frame id: a total order, so neither the order of files and rows nor repetition can
/// change the result. A clip that passes a slot more than once counts as one pass.
///
/// # Errors
/// [`Error`] if a file is no table of frames.
pub fn coverage(files: &[Bytes], left_out: &BTreeSet<ClipId>) -> Result<Vec<CoverageRow>, Error> {
    let mut frames: Option<DataFrame> = None;
    for file in files {
        let read = believed(read(file)?, left_out)?;
        match &mut frames {
            None => frames = Some(read),
            Some(all) => {
                all.vstack_mut(&read)?;
            }
        }
    }
    match frames {
        None => Ok(Vec::new()),
        Some(frames) => typed(best_by_slot(frames.lazy()).collect()?),
    }
}

fn read(file: &Bytes) -> Result<DataFrame, PolarsError> {
    let columns = COLUMNS.iter().map(ToString::to_string).collect();
    ParquetReader::new(Cursor::new(file.clone())).with_columns(Some(columns)).finish()
}

fn believed(frames: DataFrame, left_out: &BTreeSet<ClipId>) -> Result<DataFrame, PolarsError> {
    if left_out.is_empty() {
        return Ok(frames);
    }
    let left_out: BTreeSet<String> = left_out.iter().map(ToString::to_string).collect();
    let clips = frames.column("clip_id")?.str()?;
    let mask: BooleanChunked = clips.iter().map(|id| id.is_some_and(|id| !left_out.contains(id))).collect();
    frames.filter(&mask)
}

fn best_by_slot(frames: LazyFrame) -> LazyFrame {
    let best_first = SortMultipleOptions::default().with_order_descending_multi([true, false, false, false]);
    frames
        .sort(["quality_ppm", "accuracy_mm", "captured_at_ms", "frame_id"], best_first)
        .unique_stable(Some(by_name(["frame_id"], true, false)), UniqueKeepStrategy::First)
        .group_by_stable(SLOT.map(col))
        .agg([
            col("clip_id").n_unique().alias("passes"),
            col("device_id").n_unique().alias("devices"),
            col("captured_at_ms").min().alias("first_seen_ms"),
            col("captured_at_ms").max().alias("last_seen_ms"),
            col("frame_id").first(),
            col("captured_at_ms").first().alias("frame_captured_at_ms"),
            col("quality_ppm").first().alias("frame_quality_ppm"),
            col("accuracy_mm").first().alias("frame_accuracy_mm"),
            col("image_path").first().alias("frame_image_path"),
        ])
        .sort(SLOT, SortMultipleOptions::default())
}

/// Polars and arrow-rs share no memory format, so rows pass through Parquet.
fn typed(mut coverage: DataFrame) -> Result<Vec<CoverageRow>, Error> {
    let mut file = Vec::new();
    ParquetWriter::new(&mut file).with_compression(ParquetCompression::Uncompressed).finish(&mut coverage)?;
    Ok(table::decode("coverage", file.into())?)
}
