//! Where the camera was and which way it looked when a frame was taken.

use waymark_datasets::{Heading, Position, Reason, Rejection};

use crate::segment::{Place, Segment};
use crate::settings::SampleSettings;

/// The state of the camera at the moment of a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pose {
    /// Where.
    pub position: Position,
    /// Looking which way.
    pub heading: Heading,
    /// Height in metres, as the receiver states it.
    pub altitude_m: Option<f64>,
    /// The worse accuracy of the fixes on both sides, in millimetres.
    pub accuracy_mm: u32,
    /// Speed over the ground around it, in metres per second.
    pub speed_mps: f64,
}

/// Two points of a track closer than this, in metres, give no course: GNSS noise is as large.
const COURSE_MIN_M: f64 = 1.0;

/// Interpolates the pose at a place of a segment. The heading is what the fixes state, or else the course over the
/// ground from `course_reach_m` behind to as far ahead, held within the segment.
///
/// # Errors
/// [`Reason::HeadingUnknown`] when no fix states a heading and the segment is too short for a course.
pub(crate) fn pose(segment: &Segment<'_>, place: &Place, settings: &SampleSettings) -> Result<Pose, Rejection> {
    let (before, after) = segment.around(place);
    let accuracy_mm = |stated: Option<u32>| stated.unwrap_or(settings.accuracy_unknown_mm);
    let stated = match (before.heading, after.heading) {
        (Some(from), Some(to)) => Some(turn(from, to, place.ratio)),
        (one, other) => one.or(other),
    };
    Ok(Pose {
        position: before.position.towards(after.position, place.ratio),
        heading: stated.or_else(|| course(segment, place, settings)).ok_or_else(unknown)?,
        altitude_m: match (before.altitude_m, after.altitude_m) {
            (Some(from), Some(to)) => Some(from + (to - from) * place.ratio),
            (one, other) => one.or(other),
        },
        accuracy_mm: accuracy_mm(before.accuracy_mm).max(accuracy_mm(after.accuracy_mm)),
        speed_mps: segment.speed_mps(place),
    })
}

/// The heading at `ratio` of the shorter turn between two.
fn turn(from: Heading, to: Heading, ratio: f64) -> Heading {
    Heading::wrapping(from.degrees() + from.turn_deg(to) * ratio)
}

fn course(segment: &Segment<'_>, place: &Place, settings: &SampleSettings) -> Option<Heading> {
    let reach_m = settings.course_reach_m.max(COURSE_MIN_M);
    let (_, behind) = segment.time_at((place.along_m - reach_m).max(0.0));
    let (_, ahead) = segment.time_at((place.along_m + reach_m).min(segment.length_m()));
    (behind.distance_m(ahead) >= COURSE_MIN_M).then(|| behind.bearing_to(ahead))
}

fn unknown() -> Rejection {
    Rejection::new(Reason::HeadingUnknown, "no fix states a heading, and the car hardly moves around this frame")
}
