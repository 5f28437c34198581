//! What a receiver says of where it is.

use crate::drive::{Drive, Pose};
use crate::plane::{Vec2, vec2};
use crate::random::Random;
use crate::town::Town;

/// Readings in a second.
pub const FIXES_PER_SECOND: u32 = 10;

/// Height of the sea-borne town above the geoid.
pub(crate) const ALTITUDE_M: f64 = 12.0;

/// One reading, or the lack of one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reading {
    /// Since the drive began.
    pub(crate) at_ms: i64,
    pub(crate) at: Vec2,
    pub(crate) speed_mps: f64,
    pub(crate) course_deg: f64,
    pub(crate) satellites: u8,
    pub(crate) hdop: f64,
    /// False while the receiver has lost the sky.
    pub(crate) fixed: bool,
}

/// Deviation of the error along each axis under an open sky, and what the tallest houses add.
const OPEN_SIGMA_M: f64 = 1.3;
const CANYON_SIGMA_M: f64 = 1.1;
/// The error forgets itself within so long.
const MEMORY_S: f64 = 30.0;
/// What is not correlated.
const JITTER_M: f64 = 0.12;
/// A receiver in a town loses the sky about once in so long, for up to two seconds.
const DROPOUT_EVERY_S: f64 = 45.0;
const DROPOUT_S_MAX: f64 = 2.0;
/// The first reading is always there.
const FIRST_DROPOUT_S: f64 = 1.0;

/// The readings of a drive: correlated drift (a first-order Gauss-Markov process), larger between tall houses, and
/// short dropouts.
pub(crate) fn readings(town: &Town, drive: &Drive, seconds: u32, random: &mut Random) -> Vec<Reading> {
    let step_s = 1.0 / f64::from(FIXES_PER_SECOND);
    let kept = (-step_s / MEMORY_S).exp();
    let fresh = (1.0 - kept * kept).sqrt();
    let mut drift = vec2(random.normal(), random.normal());
    let mut lost_until_s = 0.0;
    let mut all = Vec::new();
    for i in 0..=seconds * FIXES_PER_SECOND {
        let now_s = f64::from(i) * step_s;
        let pose = drive.pose(now_s);
        let canyon = canyon(town, pose.at);
        let sigma_m = OPEN_SIGMA_M + CANYON_SIGMA_M * canyon;
        drift = drift * kept + vec2(random.normal(), random.normal()) * fresh;
        let jitter = vec2(random.normal(), random.normal()) * JITTER_M;
        if now_s >= FIRST_DROPOUT_S && random.chance(step_s / DROPOUT_EVERY_S) {
            lost_until_s = now_s + random.between(0.3, DROPOUT_S_MAX);
        }
        let error = drift * sigma_m + jitter;
        let mut reading = reading(i, &pose, error, random);
        reading.satellites = (14.0 - 6.0 * canyon + random.normal() * 0.7).clamp(5.0, 20.0) as u8;
        reading.hdop = ((0.8 + 0.8 * canyon) * 10.0).round() / 10.0;
        reading.fixed = now_s >= lost_until_s;
        all.push(reading);
    }
    all
}

fn reading(i: u32, pose: &Pose, error: Vec2, random: &mut Random) -> Reading {
    let speed_mps = (pose.speed_mps + random.normal() * 0.08).max(0.0);
    // The course of a receiver that stands is noise.
    let blur_deg = if pose.speed_mps > 1.0 { 1.0 } else { 40.0 };
    let course_deg = pose.heading_rad.to_degrees() + random.normal() * blur_deg;
    Reading {
        at_ms: i64::from(i) * 1_000 / i64::from(FIXES_PER_SECOND),
        at: pose.at + error,
        speed_mps,
        course_deg: course_deg.rem_euclid(360.0),
        satellites: 12,
        hdop: 0.9,
        fixed: true,
    }
}

/// From 0 under an open sky to 1 between the tallest houses.
fn canyon(town: &Town, at: Vec2) -> f64 {
    let near = town.buildings.iter().filter(|building| (building.corners[0] - at).length() < 30.0);
    let storeys: (u32, u32) =
        near.fold((0, 0), |(sum, count), building| (sum + u32::from(building.storeys), count + 1));
    if storeys.1 < 2 { 0.0 } else { (f64::from(storeys.0) / f64::from(storeys.1) / 6.0).min(1.0) }
}
