//! The best frames by name: of ties the lowest id.

use arrow::array::AsArray;
use parquet::arrow::arrow_reader::{RowSelection, RowSelector};
use waymark_datasets::rows::CoverageRow;
use waymark_datasets::{FrameId, Invalid};

use super::scan::File;
use super::slots::{At, Slot, Slots};
use crate::vector::in_parallel;

const COLUMNS: [&str; 2] = ["frame_id", "image_path"];

/// A row that may be the best of a slot.
struct Candidate {
    slot: u32,
    frame_id: FrameId,
    image_path: String,
}

/// The rows of the table, in order.
pub(super) fn rows(files: &[File], slots: Slots, threads: usize) -> Result<Vec<CoverageRow>, String> {
    let (slots, candidates) = slots.candidates();
    let groups: Vec<&[(At, u32)]> =
        candidates.chunk_by(|(a, _), (b, _)| (a.file, a.group) == (b.file, b.group)).collect();
    let read = |(): &mut (), at: usize| read(files, groups[at]);
    let mut best: Vec<Option<Candidate>> = slots.iter().map(|_| None).collect();
    for candidates in in_parallel((groups.len(), threads), || (), read) {
        for candidate in candidates? {
            let held = &mut best[candidate.slot as usize];
            if held.as_ref().is_none_or(|held| candidate.frame_id < held.frame_id) {
                *held = Some(candidate);
            }
        }
    }
    let named = slots.iter().zip(best).filter_map(|(slot, best)| best.map(|best| row(slot, best)));
    let mut rows: Vec<CoverageRow> = named.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    rows.sort_unstable_by_key(|row| (row.h3_cell, row.heading_octant));
    Ok(rows)
}

/// Candidates of one row group, in order of row.
fn read(files: &[File], wanted: &[(At, u32)]) -> Result<Vec<Candidate>, String> {
    let Some((first, _)) = wanted.first() else { return Ok(Vec::new()) };
    let mut rows: Vec<u32> = wanted.iter().map(|(at, _)| at.row).collect();
    rows.dedup();
    let mut names: Vec<(FrameId, String)> = Vec::with_capacity(rows.len());
    for batch in files[first.file as usize].read(first.group as usize, &COLUMNS, Some(selection(&rows)))? {
        let batch = batch.map_err(|error| error.to_string())?;
        let [ids, paths] =
            COLUMNS.map(|name| batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>()));
        let (ids, paths) = ids.zip(paths).ok_or("frame ids or image paths are missing")?;
        for (id, path) in ids.iter().zip(paths) {
            let (id, path) = id.zip(path).ok_or("a frame id or an image path is missing")?;
            names.push((id.parse().map_err(|error: Invalid| error.to_string())?, path.into()));
        }
    }
    let candidate = |(at, slot): &(At, u32)| {
        let (frame_id, image_path) = names.get(rows.binary_search(&at.row).ok()?)?.clone();
        Some(Candidate { slot: *slot, frame_id, image_path })
    };
    let found: Option<Vec<Candidate>> = wanted.iter().map(candidate).collect();
    found.ok_or_else(|| "has fewer rows than it says".into())
}

/// Exactly these rows, which are in order.
fn selection(rows: &[u32]) -> RowSelection {
    let mut selectors: Vec<RowSelector> = Vec::new();
    let mut next = 0;
    for row in rows {
        if *row > next {
            selectors.push(RowSelector::skip((row - next) as usize));
        }
        selectors.push(RowSelector::select(1));
        next = row + 1;
    }
    RowSelection::from(selectors)
}

fn row(slot: &Slot, best: Candidate) -> Result<CoverageRow, Invalid> {
    Ok(CoverageRow {
        h3_cell: slot.cell.try_into()?,
        heading_octant: u8::try_from(slot.octant).unwrap_or(u8::MAX).try_into()?,
        passes: slot.passes,
        devices: slot.devices,
        first_seen_ms: slot.first_seen_ms.try_into()?,
        last_seen_ms: slot.last_seen_ms.try_into()?,
        frame_id: best.frame_id,
        frame_captured_at_ms: slot.best.captured_at_ms.try_into()?,
        frame_quality_ppm: slot.best.quality_ppm().try_into()?,
        frame_accuracy_mm: slot.best.accuracy_mm,
        frame_image_path: best.image_path,
    })
}
