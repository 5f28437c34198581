//! Traffic lights by time.

use crate::random::Random;

/// What a light shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    Green,
    Yellow,
    Red,
}

const GREEN_S: f64 = 14.0;
const YELLOW_S: f64 = 3.0;
/// Both groups wait for a second before the other goes.
const CLEAR_S: f64 = 1.0;
const HALF_S: f64 = GREEN_S + YELLOW_S + CLEAR_S;

/// What the lights of a group of a junction show so many seconds into a drive.
pub(crate) fn signal_at(node: usize, second_group: bool, seconds: f64) -> Signal {
    let phase_s = phase_s(node, second_group, seconds);
    if phase_s < GREEN_S {
        Signal::Green
    } else if phase_s < GREEN_S + YELLOW_S {
        Signal::Yellow
    } else {
        Signal::Red
    }
}

/// How long until the group has green; 0 if it has.
pub(crate) fn until_green_s(node: usize, second_group: bool, seconds: f64) -> f64 {
    match phase_s(node, second_group, seconds) {
        phase_s if phase_s < GREEN_S => 0.0,
        phase_s => 2.0 * HALF_S - phase_s,
    }
}

/// Seconds since the group last turned green.
fn phase_s(node: usize, second_group: bool, seconds: f64) -> f64 {
    let offset_s = Random::of(node as u64, "signals", &[]).between(0.0, 2.0 * HALF_S);
    let group_s = if second_group { HALF_S } else { 0.0 };
    (seconds + offset_s + group_s).rem_euclid(2.0 * HALF_S)
}
