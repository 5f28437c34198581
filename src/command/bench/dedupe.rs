//! `waymark bench dedupe` and `waymark bench h3`.

use std::time::Instant;

use serde_json::json;
use waymark_datasets::rows::CoverageRow;
use waymark_datasets::{Cell, Digest, Position, Store, Table};

use crate::Done;
use crate::command::Ask;
use crate::stage::cover;
use crate::stage::shelf::Shelf;

/// What the stage `cover` computes of all frames in a store.
pub(super) async fn run(ask: &Ask, store: &str) -> anyhow::Result<Done> {
    let store = Store::open(store)?;
    let start = Instant::now();
    let shelf = Shelf::of_bucket(&store, &[Table::Frames, Table::Trust]).await?;
    let mut coverage = Vec::new();
    for at in shelf.partitions(Table::Frames) {
        coverage.extend(cover::compute(&shelf, at).await?);
    }
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
