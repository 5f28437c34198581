//! A track in numbers: what trust needs of it, so that the track itself can stay private.

use waymark_datasets::rows::TrackMeasures;
use waymark_datasets::{Doubt, Finding, Fix, Position, Ppm, Track, UtcMillis};

use super::TrustSettings;
use super::judge::finding;

/// A second is this long; receivers are seldom exact.
const SECOND_MS: std::ops::RangeInclusive<i64> = 900..=1_500;
/// Slower is standing, in metres per second: the noise of the receiver is no motion.
const MOVING_MPS: f64 = 2.0;
/// A moment without a fix for so long on either side is in a gap.
const GAP_MS: i64 = 2_500;
/// Steps of a zigzag; `mapillary_tools` looks at as many.
const ZIGZAG_STEPS: usize = 5;

/// Measures a track over the time of its clip.
#[must_use]
pub fn measure_track(track: &Track, (start, end): (UtcMillis, UtcMillis), settings: &TrustSettings) -> TrackMeasures {
    let fixes = track.fixes();
    let seconds = seconds(fixes);
    let steps = steps(&seconds);
    let mut changes = changes(&steps);
    changes.sort_by(f64::total_cmp);
    let moving = changes_while_moving(&steps);
    let drawn = moving.iter().filter(|&&change| change * 1_000.0 <= f64::from(settings.drawn_max_mmps2)).count();
    let strongest = changes.get((changes.len() * 98).div_ceil(100).saturating_sub(1)).copied().unwrap_or(0.0);
    let fastest = steps.iter().flatten().map(|step| step.length()).fold(0.0, f64::max);
    TrackMeasures {
        fixes: whole(fixes.len() as f64),
        out_of_reach: out_of_reach(fixes, settings),
        speed_max_mmps: whole(fastest * 1_000.0),
        acceleration_mmps2: whole(strongest * 1_000.0),
        gap_ppm: gap(fixes, start, end),
        zigzag_ppm: zigzag(&seconds, settings),
        weak_ppm: weak(fixes, settings),
        drawn_ppm: Ppm::of(drawn as u64, moving.len() as u64),
        moving_s: whole(moving.len() as f64),
    }
}

/// What the measures of a track say against it.
pub(super) fn doubts(of: &TrackMeasures, settings: &TrustSettings) -> Vec<Finding> {
    let percent = |share: Ppm| u32::from(share) / 10_000;
    let mut found = Vec::new();
    if of.out_of_reach > 0 {
        let detail =
            format!("{} of {} fixes are out of reach at {} m/s", of.out_of_reach, of.fixes, settings.reach_mps);
        found.push(finding(Doubt::TrackJumps, 900_000, detail));
    }
    if f64::from(of.acceleration_mmps2) > settings.acceleration_max_mps2 * 1_000.0 {
        let detail = format!("velocity changes by {} mm/s within a second", of.acceleration_mmps2);
        found.push(finding(Doubt::TrackJerks, 250_000, detail));
    }
    if of.zigzag_ppm > Ppm::of(1, 4) {
        found.push(finding(
            Doubt::TrackZigzags,
            300_000,
            format!("{} % of it goes to and fro", percent(of.zigzag_ppm)),
        ));
    }
    if of.gap_ppm > Ppm::of(1, 2) {
        found.push(finding(Doubt::TrackGaps, 200_000, format!("{} % of the time has no fix", percent(of.gap_ppm))));
    }
    if of.weak_ppm > Ppm::of(1, 2) {
        found.push(finding(Doubt::FixesWeak, 200_000, format!("{} % of the fixes are weak", percent(of.weak_ppm))));
    }
    if of.moving_s >= DRAWN_S_MIN && of.drawn_ppm > Ppm::of(2, 5) {
        let detail = format!("velocity does not change at all in {} % of {} s", percent(of.drawn_ppm), of.moving_s);
        found.push(finding(Doubt::TrackDrawn, 800_000, detail));
    }
    found
}

/// So long a car must move before its track can be called too smooth.
const DRAWN_S_MIN: u32 = 5;

/// Fixes a second apart, as far as there are some; none where a second is missing.
fn seconds(fixes: &[Fix]) -> Vec<Fix> {
    let mut seconds: Vec<Fix> = Vec::new();
    for fix in fixes {
        if seconds.last().is_none_or(|last| fix.at.ms_since(last.at) >= *SECOND_MS.start()) {
            seconds.push(*fix);
        }
    }
    seconds
}

/// Metres per second to the east and to the north.
#[derive(Clone, Copy)]
struct Velocity {
    east: f64,
    north: f64,
}

impl Velocity {
    fn length(self) -> f64 {
        libm::hypot(self.east, self.north)
    }

    fn minus(self, other: Self) -> Self {
        Self { east: self.east - other.east, north: self.north - other.north }
    }
}

const METRES_PER_DEGREE: f64 = 111_195.0;

/// The velocity of each second; none over a gap.
fn steps(seconds: &[Fix]) -> Vec<Option<Velocity>> {
    let step = |pair: &[Fix]| {
        let ms = pair[1].at.ms_since(pair[0].at);
        let way = way(pair[0].position, pair[1].position);
        let per_s = 1_000.0 / ms as f64;
        SECOND_MS.contains(&ms).then_some(Velocity { east: way.east * per_s, north: way.north * per_s })
    };
    seconds.windows(2).map(step).collect()
}

/// Metres to the east and to the north, on a plane: ways of a second are short.
fn way(from: Position, to: Position) -> Velocity {
    let across = (to.longitude_deg() - from.longitude_deg() + 540.0).rem_euclid(360.0) - 180.0;
    let shrunk = libm::cos(from.latitude_deg().to_radians());
    Velocity {
        east: across * shrunk * METRES_PER_DEGREE,
        north: (to.latitude_deg() - from.latitude_deg()) * METRES_PER_DEGREE,
    }
}

/// How much the velocity changes from second to second.
fn changes(steps: &[Option<Velocity>]) -> Vec<f64> {
    pairs(steps).map(|(before, after)| after.minus(before).length()).collect()
}

fn changes_while_moving(steps: &[Option<Velocity>]) -> Vec<f64> {
    let moving = pairs(steps).filter(|(before, after)| before.length().min(after.length()) > MOVING_MPS);
    moving.map(|(before, after)| after.minus(before).length()).collect()
}

fn pairs(steps: &[Option<Velocity>]) -> impl Iterator<Item = (Velocity, Velocity)> {
    steps.windows(2).filter_map(|pair| pair[0].zip(pair[1]))
}

/// Fixes farther from the last one in reach than a car and the noise of the receiver come. After so many in a row, the
/// track is believed to have moved there, so that one jump does not count for ever.
fn out_of_reach(fixes: &[Fix], settings: &TrustSettings) -> u32 {
    const TAKEN_AFTER: u32 = 20;
    let (mut reached, mut missed, mut in_a_row) = (fixes[0], 0, 0);
    for fix in fixes {
        let seconds = fix.at.ms_since(reached.at) as f64 / 1_000.0;
        let reach_m = settings.reach_mps * seconds + settings.reach_noise_m;
        let is_reached = reached.position.distance_m(fix.position) <= reach_m;
        (missed, in_a_row) = if is_reached { (missed, 0) } else { (missed + 1, in_a_row + 1) };
        if is_reached || in_a_row >= TAKEN_AFTER {
            reached = *fix;
        }
    }
    missed
}

/// The share of the time of the clip that is far from any fix.
fn gap(fixes: &[Fix], start: UtcMillis, end: UtcMillis) -> Ppm {
    let length_ms = end.ms_since(start).max(0);
    let mut covered_ms = 0;
    let mut until = start;
    for fix in fixes {
        let (from, to) = (fix.at.plus_ms(-GAP_MS).max(until), fix.at.plus_ms(GAP_MS).min(end));
        if to > from {
            covered_ms += to.ms_since(from);
            until = to;
        }
    }
    Ppm::of((length_ms - covered_ms).max(0).unsigned_abs(), length_ms.unsigned_abs())
}

/// The share of stretches of five steps whose ends are near to each other for the way that was gone.
fn zigzag(seconds: &[Fix], settings: &TrustSettings) -> Ppm {
    let stretches = seconds.windows(ZIGZAG_STEPS + 1);
    let count = stretches.len() as u64;
    let is_zigzag = |stretch: &&[Fix]| {
        let gone_m: f64 = stretch.windows(2).map(|pair| pair[0].position.distance_m(pair[1].position)).sum();
        let straight_m = stretch[0].position.distance_m(stretch[ZIGZAG_STEPS].position);
        gone_m >= settings.zigzag_min_m && straight_m < (1.0 - settings.zigzag_deviation) * gone_m
    };
    Ppm::of(stretches.filter(is_zigzag).count() as u64, count)
}

/// Of the fixes that say how good they are.
fn weak(fixes: &[Fix], settings: &TrustSettings) -> Ppm {
    let said: Vec<u32> = fixes.iter().filter_map(|fix| fix.accuracy_mm).collect();
    let weak = said.iter().filter(|&&accuracy_mm| accuracy_mm > settings.accuracy_max_mm).count();
    Ppm::of(weak as u64, said.len() as u64)
}

/// Held within 32 bits.
fn whole(value: f64) -> u32 {
    value.round() as u32
}
