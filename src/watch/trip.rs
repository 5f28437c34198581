//! Which clips are of one trip, and what of it is kept back.

use std::time::Duration;

use waymark_datasets::{Fix, UtcMillis};
use waymark_ingest::privacy::Hidden;

/// When and where some footage was taken.
#[derive(Debug, Clone)]
pub struct Stretch {
    /// Of its first frame.
    pub start: UtcMillis,
    /// Of its last.
    pub end: UtcMillis,
    /// One a second: enough to tell where a trip began and ended.
    pub fixes: Vec<Fix>,
}

/// Fixes nearer in time than this to the one before are not needed to tell how far a trip has come: leaving one out
/// keeps back more, never less.
const FIX_EVERY_MS: i64 = 1_000;

impl Stretch {
    /// Of footage from `start` to `end` with these fixes, in order of time; the first and the last are kept.
    pub fn new((start, end): (UtcMillis, UtcMillis), fixes: &[Fix]) -> Self {
        let mut thinned: Vec<Fix> = Vec::new();
        for fix in fixes {
            if thinned.last().is_none_or(|last| fix.at.ms_since(last.at) >= FIX_EVERY_MS) {
                thinned.push(*fix);
            }
        }
        thinned.extend(fixes.last().filter(|last| thinned.last() != Some(last)));
        Self { start, end, fixes: thinned }
    }
}

/// Places of stretches that are of one trip: each begins less than `gap` after all before it ended. Trips and what is
/// in them are in order of time.
pub fn trips(stretches: &[Stretch], gap: Duration) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..stretches.len()).collect();
    order.sort_by_key(|&i| (stretches[i].start, stretches[i].end));
    let gap_ms = i64::try_from(gap.as_millis()).unwrap_or(i64::MAX);
    let mut trips: Vec<Vec<usize>> = Vec::new();
    let mut end = None;
    for i in order {
        let stretch = &stretches[i];
        match trips.last_mut() {
            Some(trip) if end.is_some_and(|end| stretch.start.ms_since(end) < gap_ms) => trip.push(i),
            _ => trips.push(vec![i]),
        }
        end = end.max(Some(stretch.end));
    }
    trips
}

/// What of a trip is kept back at its ends.
pub fn ends(trip: &[&Stretch], metres: f64) -> Hidden {
    let fixes: Vec<Fix> = trip.iter().flat_map(|stretch| stretch.fixes.iter().copied()).collect();
    Hidden::by_ends(&fixes, metres)
}
