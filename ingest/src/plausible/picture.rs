//! What moves in the pictures, and what the track says of it.

use waymark_datasets::rows::Motion;
use waymark_datasets::{Doubt, Finding, Ppm};

use super::evidence::bits_apart;
use super::judge::finding;
use super::{Evidence, Shot, TrustSettings};

/// From this speed on, in metres per second, a street passes by visibly.
const PASSING_MPS: f64 = 4.0;
/// Of fewer frames nothing is said.
const FRAMES_MIN: usize = 4;
/// Pictures one after the other, metres apart, that differ in no more bits are the same picture.
const STILL_BITS: u32 = 2;

/// Whether the camera stood, or turned otherwise, while the track went on.
pub(super) fn doubts(clip: &Evidence, settings: &TrustSettings) -> Vec<Finding> {
    let stands = stands(clip, settings).or_else(|| is_parked(clip)).or_else(|| repeats_itself(clip));
    let turns = if stands.is_some() { None } else { turns(clip) };
    stands.into_iter().chain(turns).collect()
}

fn stands(clip: &Evidence, settings: &TrustSettings) -> Option<Finding> {
    let passing = clip.shots.iter().filter(|shot| shot.speed_mps >= PASSING_MPS);
    let motions: Vec<Motion> = passing.filter_map(|shot| shot.witness.motion).collect();
    let standing = motions.iter().filter(|motion| motion.standing_ppm >= settings.standing_min_ppm).count();
    let share = Ppm::of(standing as u64, motions.len() as u64);
    let weight_ppm = match standing {
        0..FRAMES_MIN => return None,
        _ if share >= Ppm::of(3, 5) => 900_000,
        _ if share >= Ppm::of(1, 5) => 400_000,
        _ => return None,
    };
    let detail = format!("the picture stands in {standing} of {} frames taken while moving", motions.len());
    Some(finding(Doubt::PictureStands, weight_ppm, detail))
}

/// A block of street that does not move at all, for all the noise of the sensor and whoever passes by.
const PARKED_STANDING: u32 = 950_000;

/// A parked car whose receiver wanders: slowly, so that standing frames alone prove nothing, but all of them do.
fn is_parked(clip: &Evidence) -> Option<Finding> {
    let motions: Vec<Motion> = clip.shots.iter().filter_map(|shot| shot.witness.motion).collect();
    let standing = motions.iter().filter(|motion| u32::from(motion.standing_ppm) >= PARKED_STANDING).count();
    let detail = || format!("the picture stands in {standing} of {} frames", motions.len());
    let is_parked = standing >= FRAMES_MIN && 5 * standing >= 4 * motions.len();
    is_parked.then(|| finding(Doubt::PictureStands, 900_000, detail()))
}

/// Of photos, and of videos too dark to see anything move.
fn repeats_itself(clip: &Evidence) -> Option<Finding> {
    let pairs = clip.shots.windows(2);
    let count = pairs.len();
    let is_same = |pair: &&[Shot]| {
        let is_passing = pair[0].speed_mps >= PASSING_MPS && pair[1].speed_mps >= PASSING_MPS;
        is_passing && bits_apart(pair[0].witness.hash, pair[1].witness.hash) <= STILL_BITS
    };
    let same = pairs.filter(is_same).count();
    let detail = || format!("{same} of {count} frames show what the frame before does, metres away");
    (same >= FRAMES_MIN && 4 * same >= 3 * count).then(|| finding(Doubt::PictureStands, 900_000, detail()))
}

/// Faster turns, in degrees per second, are seen.
const TURN_DEG_PER_S: f64 = 10.0;
/// Slower turns are none.
const STRAIGHT_DEG_PER_S: f64 = 3.0;
/// A turn is measured between frames at most so far apart.
const TURN_MS_MAX: i64 = 3_000;
/// What a lens without a stated field of view sees, in degrees.
const HFOV_DEG: f64 = 90.0;

fn turns(clip: &Evidence) -> Option<Finding> {
    let (mut agree, mut differ) = (0_usize, 0_usize);
    for three in clip.shots.windows(3) {
        match turn_agrees(three) {
            Some(true) => agree += 1,
            Some(false) => differ += 1,
            None => {}
        }
    }
    let detail = || format!("the picture turns otherwise than the track in {differ} of {} turns", agree + differ);
    (differ >= FRAMES_MIN && differ >= 3 * agree).then(|| finding(Doubt::TurnsDiffer, 600_000, detail()))
}

/// Whether the picture turns as the track does; none where neither turns, or nothing can be said.
fn turn_agrees(three: &[Shot]) -> Option<bool> {
    let [before, here, after] = three else { return None };
    let motion = here.witness.motion?;
    let ms = after.at.ms_since(before.at);
    if !(1..=TURN_MS_MAX).contains(&ms) || here.speed_mps < PASSING_MPS {
        return None;
    }
    let claimed_deg_per_s = before.heading.turn_deg(after.heading) * 1_000.0 / ms as f64;
    // What lies far ahead moves to the left in a turn to the right, by the focal length for each radian.
    let width_per_rad = 0.5 / libm::tan((here.hfov_deg.unwrap_or(HFOV_DEG).clamp(20.0, 150.0) / 2.0).to_radians());
    let seen_deg_per_s = -f64::from(motion.turn_ppm_per_s) / 1e6 / width_per_rad * 180.0 / std::f64::consts::PI;
    let (claimed, seen) = (claimed_deg_per_s.abs(), seen_deg_per_s.abs());
    match (claimed > TURN_DEG_PER_S, seen > TURN_DEG_PER_S) {
        (true, true) => Some(claimed_deg_per_s * seen_deg_per_s > 0.0),
        (true, false) if seen < STRAIGHT_DEG_PER_S => Some(false),
        (false, true) if claimed < STRAIGHT_DEG_PER_S => Some(false),
        _ => None,
    }
}
