//! `waymark bench dedupe` and `waymark bench h3`.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context;
use bytes::Bytes;
use serde_json::json;
use waymark_datasets::rows::CoverageRow;
use waymark_datasets::{Cell, Digest, Position};

use crate::Done;
use crate::command::Ask;
use crate::stage::threads;

/// As the stage `cover` does it, from Parquet files, read one after the other, to rows of coverage.
pub(super) fn run(ask: &Ask, files: &[PathBuf]) -> anyhow::Result<Done> {
    let start = Instant::now();
    let read = |file: &PathBuf| fs::read(file).map(Bytes::from).with_context(|| format!("file {}", file.display()));
    let bytes: Vec<Bytes> = files.iter().map(read).collect::<Result<_, _>>()?;
    let coverage = waymark_tiles::coverage(&bytes, &BTreeSet::new(), threads())?;
    let total_s = start.elapsed().as_secs_f64();
    // So that another program's coverage can be held against it.
    let line = |row: &CoverageRow| format!("{} {} {}\n", row.passes, row.devices, row.frame_image_path);
    let rows_sha256 = Digest::of(coverage.iter().map(line).collect::<String>().as_bytes());
    let value = json!({ "slots": coverage.len(), "rows_sha256": rows_sha256, "total_s": total_s });
    ask.say(&value, &format!("{} slots: {total_s:.2} s", coverage.len()))?;
    Ok(Done::Yes)
}

/// Positions all over a country, so that no two follow each other in one cell.
pub(super) fn cells(ask: &Ask, positions: u32) -> anyhow::Result<Done> {
    let at = |index: u32| {
        let share = |step: u32| f64::from(index.wrapping_mul(step)) / f64::from(u32::MAX);
        Position::from_degrees(37.0 + 5.0 * share(2_654_435_761), -122.0 + 5.0 * share(1_597_334_677))
    };
    let positions: Vec<Position> = (0..positions).map(at).collect::<Result<_, _>>()?;
    let start = Instant::now();
    // Added up, so that the work cannot be left out.
    let sum = positions.iter().fold(0u64, |sum, position| sum.wrapping_add(Cell::at(*position).into()));
    let total_s = start.elapsed().as_secs_f64();
    let rate = positions.len() as f64 / total_s;
    let value = json!({ "positions": positions.len(), "total_s": total_s, "positions_per_second": rate, "sum": sum });
    ask.say(&value, &format!("{} positions: {rate:.0} positions/s on one thread", positions.len()))?;
    Ok(Done::Yes)
}
