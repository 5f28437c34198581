//! What refuses a clip: a time, an interval or a motion that cannot be.

use waymark_datasets::{Fix, Reason, Rejection, Track, UtcMillis};

use crate::examine::Examined;
use crate::manifest::Captured;
use crate::settings::AdmitSettings;

/// A container's duration and the sum of its frames differ by a frame or two.
const DURATION_TOLERANCE_MS: u64 = 1_000;
/// GPS time in telemetry is stated once per packet of a second.
const START_TOLERANCE_MS: u64 = 2_000;

/// The signed interval must be that of the media: of stills, from first to last; of a video, as long as it is,
/// beginning when its own telemetry says (within 2 s), and with a fix inside.
pub(crate) fn interval(captured: Captured, examined: &Examined) -> Result<(), Rejection> {
    let mismatch = |what: String| {
        let signed = format!("{} to {}", captured.start, captured.end);
        Rejection::new(
            Reason::IntervalMismatch,
            format!("the signed interval {signed} is not that of the media: {what}"),
        )
    };
    let (first, last) = (examined.track.first().at, examined.track.last().at);
    let Some(video) = examined.video else {
        let same = (captured.start, captured.end) == (first, last);
        return if same { Ok(()) } else { Err(mismatch(format!("the stills were taken from {first} to {last}"))) };
    };
    let length_ms = captured.end.ms_since(captured.start).unsigned_abs();
    if length_ms.abs_diff(video.duration_ms) > DURATION_TOLERANCE_MS {
        return Err(mismatch(format!("the video lasts {} ms", video.duration_ms)));
    }
    let far = |start: UtcMillis| captured.start.ms_since(start).unsigned_abs() > START_TOLERANCE_MS;
    if let Some(start) = video.start.filter(|&start| far(start)) {
        return Err(mismatch(format!("the video begins at {start} by its own receiver")));
    }
    let inside = |fix: &Fix| (captured.start..=captured.end).contains(&fix.at);
    let any = examined.track.fixes().iter().any(inside);
    if any { Ok(()) } else { Err(mismatch(format!("its fixes are from {first} to {last}"))) }
}

/// Nothing is from the future, nor older than the server takes.
pub(crate) fn moment(track: &Track, now: UtcMillis, settings: &AdmitSettings) -> Result<(), Rejection> {
    within(("first fix", track.first().at), ("last fix", track.last().at), (now, settings))
}

/// Nor is the start that the manifest claims; the end is the media's to say.
pub(crate) fn claimed(captured: Captured, now: UtcMillis, settings: &AdmitSettings) -> Result<(), Rejection> {
    let start = ("signed start", captured.start);
    within(start, start, (now, settings))
}

type Named = (&'static str, UtcMillis);

fn within(first: Named, last: Named, (now, settings): (UtcMillis, &AdmitSettings)) -> Result<(), Rejection> {
    let ((first_name, first), (last_name, last)) = (first, last);
    if last.ms_since(now) > i64::from(settings.skew_max_s) * 1_000 {
        let detail = format!("the {last_name} is of {last}, later than now: check the clock of the device");
        return Err(Rejection::new(Reason::CaptureInFuture, detail));
    }
    match settings.age_max_days {
        Some(days) if now.ms_since(first) > i64::from(days) * 24 * 3_600_000 => {
            let detail = format!("the {first_name} is of {first}, and captures are taken for {days} days");
            Err(Rejection::new(Reason::CaptureTooOld, detail))
        }
        _ => Ok(()),
    }
}

/// What noise may add between two fixes: 50 m of error on either side.
const NOISE_M: f64 = 100.0;
/// Out of reach for longer is no glitch of the receiver. A jump of 1 km takes 8 s to come into reach at 111 m/s.
const OUT_OF_REACH_MS_MAX: i64 = 5_000;
/// One fix in so many may be out of reach.
const FIXES_PER_GLITCH: usize = 20;
/// In a shorter track none may be.
const GLITCH_TRACK_FIXES_MIN: usize = 5;

/// Motion must be possible at the fastest believable speed, but for single glitches of the receiver.
///
/// A fix is out of reach when it is farther from the last fix in reach than that speed and 100 m of noise allow.
/// The track is refused when fixes stay out of reach for more than 5 s on end, or are more than 1 in 20 (and more
/// than one). It is walked from either end, as the fix that is wrong may be the first; either walk may clear it. So one
/// noisy fix refuses nothing, and a jump of 1 km always does; the sampler cuts the track at what is left.
pub(crate) fn motion(track: &Track, settings: &AdmitSettings) -> Result<(), Rejection> {
    let fixes = track.fixes();
    let speed_mps = settings.speed_max_mps;
    if is_possible(fixes.iter(), speed_mps) || is_possible(fixes.iter().rev(), speed_mps) {
        return Ok(());
    }
    let detail = format!("the fixes move faster than {speed_mps} m/s, and not at single fixes only");
    Err(Rejection::new(Reason::SpeedImplausible, detail))
}

fn is_possible<'a>(mut fixes: impl ExactSizeIterator<Item = &'a Fix>, speed_max_mps: f64) -> bool {
    let count = fixes.len();
    let glitches_max = if count < GLITCH_TRACK_FIXES_MIN { 0 } else { (count / FIXES_PER_GLITCH).max(1) };
    let Some(mut reached) = fixes.next() else { return true };
    let mut glitches = 0;
    let mut left_at: Option<UtcMillis> = None;
    for fix in fixes {
        let seconds = fix.at.ms_since(reached.at).unsigned_abs() as f64 / 1_000.0;
        if reached.position.distance_m(fix.position) <= speed_max_mps * seconds + NOISE_M {
            (reached, left_at) = (fix, None);
            continue;
        }
        glitches += 1;
        let left = *left_at.get_or_insert(fix.at);
        if glitches > glitches_max || fix.at.ms_since(left).abs() > OUT_OF_REACH_MS_MAX {
            return false;
        }
    }
    true
}
