//! Who else is on the road.

use super::Drive;
use crate::plane::Vec2;
use crate::random::Random;
use crate::scene::{Person, Vehicle};
use crate::town::{LANE_OFFSET_M, Stance};

/// How much earlier the car ahead was where we are.
const HEADWAY_S: f64 = 7.5;
/// Never nearer than this, from camera to its middle.
const GAP_M: f64 = 9.5;
/// Oncoming cars keep one speed and so their distance.
const ONCOMING_MPS: f64 = 9.0;
const ONCOMING_SPACING_M: f64 = 85.0;
/// Only near, as the path may come back to the same street.
const ONCOMING_SIGHT_M: f64 = 140.0;

pub(super) fn vehicles(drive: &Drive, seconds: f64) -> Vec<Vehicle> {
    let mut random = drive.random.clone();
    let mut found: Vec<Vehicle> = Vec::new();
    if random.chance(0.75) {
        found.push(ahead(drive, seconds, random.next()));
    }
    let (here_m, _) = drive.timeline.at(seconds);
    let shift_m = random.between(0.0, ONCOMING_SPACING_M);
    let seed = random.next();
    let travelled_m = ONCOMING_MPS * seconds;
    // Car k is at k spacings, less what it has travelled.
    let first = ((here_m + travelled_m - shift_m - ONCOMING_SIGHT_M) / ONCOMING_SPACING_M).ceil().max(0.0) as u64;
    for k in first..first + (2.0 * ONCOMING_SIGHT_M / ONCOMING_SPACING_M) as u64 + 1 {
        let own = &mut Random::of(seed, "oncoming", &[k]);
        let s_m = shift_m + k as f64 * ONCOMING_SPACING_M + own.between(-25.0, 25.0) - travelled_m;
        let leg = drive.path.leg(s_m);
        if s_m > 0.0 && !leg.one_way && own.chance(0.8) {
            let facing = drive.path.line.direction(s_m) * -1.0;
            let middle = drive.path.line.beside(s_m, -2.0 * LANE_OFFSET_M);
            found.push(Vehicle::moving(middle, facing, own.next()));
        }
    }
    found
}

fn ahead(drive: &Drive, seconds: f64, seed: u64) -> Vehicle {
    let (here_m, _) = drive.timeline.at(seconds);
    let (led_m, speed_mps) = drive.timeline.at(seconds + HEADWAY_S);
    let (_, later_mps) = drive.timeline.at(seconds + HEADWAY_S + 0.4);
    let s_m = led_m.max(here_m + GAP_M);
    let line = &drive.path.line;
    let braking = later_mps < speed_mps - 0.1 || speed_mps < 0.5;
    Vehicle::moving(line.at(s_m).0, line.direction(s_m), seed).with_brakes(braking)
}

const WALK_MPS: f64 = 1.35;
/// From pavement to pavement, seen from the lane.
const ACROSS_M: (f64, f64) = (-9.5, 5.0);

pub(super) fn people(drive: &Drive, seconds: f64) -> Vec<Person> {
    let mut found = Vec::new();
    for (i, wait) in drive.timeline.waits.iter().enumerate() {
        if seconds < wait.from_s - 8.0 || seconds > wait.to_s + 8.0 {
            continue;
        }
        let mut random = drive.random.clone();
        let random = &mut Random::of(random.next(), "crossing", &[i as u64]);
        for _ in 0..1 + random.below(3) {
            let to_left = if random.chance(0.5) { -1.0 } else { 1.0 };
            // In the middle of our lane while we wait.
            let middle_s = random.between(wait.from_s + 0.3, (wait.to_s - 1.3).max(wait.from_s + 0.4));
            let right_m = to_left * WALK_MPS * (seconds - middle_s);
            let ahead_m = super::path::WAIT_M + random.between(0.9, 2.6);
            let seed = random.next();
            if (ACROSS_M.0..ACROSS_M.1).contains(&right_m) {
                found.push(crosser(drive, (wait.at_m, ahead_m, right_m * to_left), to_left, seed));
            }
        }
    }
    found
}

fn crosser(drive: &Drive, (at_m, ahead_m, walked_m): (f64, f64, f64), to_side: f64, seed: u64) -> Person {
    let line = &drive.path.line;
    let direction: Vec2 = line.direction(at_m);
    let across = direction.right() * to_side;
    let at = line.at(at_m).0 + direction * ahead_m + across * walked_m;
    // Who crosses looks at the car that waits.
    let facing = (across * 0.75 - direction * 0.65).unit();
    Person { stance: Stance { at, facing, steps: Some(walked_m / 0.72) }, seed }
}
