//! Dedupe: of all frames that look the same way from the same place, the best one.

mod merge;
mod scan;
mod slots;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use waymark_datasets::rows::CoverageRow;
use waymark_datasets::table::guarded;
use waymark_datasets::{ClipId, Contents, TableError};

use crate::Error;
use crate::vector::in_parallel;
use merge::Sorted;
use slots::Slots;

/// Coverage of all frames in `files` (Parquet files of the table `frames`, of one epoch and region), but for those of
/// the clips that are `left_out`: who is not believed covers nothing.
///
/// The best frame of a slot is the first by quality (highest), accuracy (smallest radius), capture time
/// (earliest) and frame id: a total order, so neither the order of files and rows nor repetition nor the
/// number of `threads` can change the result. A clip that passes a slot more than once counts as one pass.
/// A frame's id and the key of its image follow from its other columns, and are not read.
///
/// # Errors
/// [`Error`] if a file is no table of frames.
pub fn coverage(files: &[Contents], left_out: &BTreeSet<ClipId>, threads: usize) -> Result<Vec<CoverageRow>, Error> {
    let malformed = |reason| TableError::Malformed { key: "frames".into(), reason }.into();
    guarded(|| compute(files, left_out, threads)).map_err(malformed)
}

fn compute(files: &[Contents], left_out: &BTreeSet<ClipId>, threads: usize) -> Result<Vec<CoverageRow>, String> {
    let threads = threads.clamp(1, files.len().max(1));
    // Whoever is done takes the next file; which thread saw what changes nothing.
    let next = AtomicUsize::new(0);
    let share = |(): &mut (), _| -> Result<Sorted, String> {
        let mut slots = Slots::default();
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            scan::scan(file, left_out, &mut slots)?;
        }
        Ok(slots.into())
    };
    let found: Vec<Sorted> = in_parallel((threads, threads), || (), share).into_iter().collect::<Result<_, _>>()?;
    merge::rows(&found, threads)
}
