//! A track as GPX 1.0 or 1.1.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ::gpx::{Gpx, Waypoint};
use waymark_datasets::{Fix, Position, Rejection, UtcMillis};

use super::{accuracy, push_within, unreadable};

/// Reads every track point with a time, track after track. Routes and lone waypoints are plans, not readings.
///
/// # Errors
/// [`waymark_datasets::Reason::TrackUnreadable`] if it is no GPX, has no times, or more than `fixes_max` fixes.
pub fn read(bytes: &[u8], fixes_max: usize) -> Result<Vec<Fix>, Rejection> {
    let file = parse(bytes)?;
    let points = || file.tracks.iter().flat_map(|track| &track.segments).flat_map(|segment| &segment.points);
    let mut fixes = Vec::new();
    for point in points() {
        if let Some(fix) = fix_of(point)? {
            push_within(&mut fixes, fix, fixes_max)?;
        }
    }
    if fixes.is_empty() && points().next().is_some() {
        return Err(unreadable("has track points, but none with a time"));
    }
    Ok(fixes)
}

/// The `gpx` crate moves a time into UTC with a function that panics beyond the year 9999. No state outlives the call,
/// so unwinding is safe to stop here, and hostile bytes stay a refusal.
fn parse(bytes: &[u8]) -> Result<Gpx, Rejection> {
    match catch_unwind(AssertUnwindSafe(|| ::gpx::read(bytes))) {
        Ok(Ok(file)) => Ok(file),
        Ok(Err(error)) => Err(unreadable(format!("is no GPX: {error}"))),
        Err(_) => Err(unreadable("is no GPX: a time beyond the year 9999")),
    }
}

fn fix_of(point: &Waypoint) -> Result<Option<Fix>, Rejection> {
    let Some(time) = point.time else { return Ok(None) };
    let nonsense = |error: &dyn std::fmt::Display| unreadable(format!("has a point that makes no sense: {error}"));
    let at: UtcMillis = time.format().map_err(|e| nonsense(&e))?.parse().map_err(|e| nonsense(&e))?;
    let place = point.point();
    Ok(Some(Fix {
        at,
        position: Position::from_degrees(place.y(), place.x()).map_err(|e| nonsense(&e))?,
        altitude_m: point.elevation.filter(|height_m| height_m.is_finite()),
        accuracy_mm: point.hdop.and_then(accuracy::of_dop),
        heading: None,
    }))
}
