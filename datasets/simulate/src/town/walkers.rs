//! Who walks on the pavements.

use super::streets::{JUNCTION_RADIUS_M, Streets};
use crate::line::Line;
use crate::plane::Vec2;
use crate::random::Random;

/// A person who walks up and down one pavement, or stands on it.
#[derive(Debug)]
pub(crate) struct Walker {
    street: usize,
    right_m: f64,
    start_m: f64,
    /// Zero for who stands.
    speed_mps: f64,
    /// Whether the eyes are on the road rather than ahead.
    looks_at_road: bool,
    pub(crate) seed: u64,
}

/// Where somebody is, and which way they go and look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stance {
    pub(crate) at: Vec2,
    pub(crate) facing: Vec2,
    /// Steps taken so far, of which the fraction moves the legs; `None` for who stands.
    pub(crate) steps: Option<f64>,
}

const STEP_M: f64 = 0.72;

impl Walker {
    /// Where the walker is after `seconds`: to the end of the pavement, and back.
    pub(crate) fn at(&self, streets: &Streets, seconds: f64) -> Stance {
        let line: &Line = &streets.streets[self.street].line;
        let span_m = line.length_m() - 2.0 * JUNCTION_RADIUS_M;
        let walked_m = self.start_m + self.speed_mps.abs() * seconds;
        let turn = walked_m.rem_euclid(2.0 * span_m);
        let back = (turn > span_m) != (self.speed_mps < 0.0);
        let s_m = JUNCTION_RADIUS_M + if back { 2.0 * span_m - turn } else { turn }.rem_euclid(span_m);
        let along = line.direction(s_m) * if back { -1.0 } else { 1.0 };
        let to_road = line.direction(s_m).right() * -self.right_m.signum();
        let standing = self.speed_mps == 0.0;
        let facing = if standing || self.looks_at_road { (to_road + along * 0.5).unit() } else { along };
        Stance { at: line.beside(s_m, self.right_m), facing, steps: (!standing).then_some(walked_m / STEP_M) }
    }
}

/// One person in so much pavement: a busy day.
const SPACING_M: f64 = 7.5;

pub(crate) fn along(streets: &Streets, seed: u64) -> Vec<Walker> {
    let mut walkers = Vec::new();
    for (i, street) in streets.streets.iter().enumerate() {
        let random = &mut Random::of(seed, "walkers", &[i as u64]);
        let span_m = street.line.length_m() - 2.0 * JUNCTION_RADIUS_M;
        for _ in 0..(2.0 * span_m / SPACING_M) as usize {
            let side = if random.chance(0.5) { 1.0 } else { -1.0 };
            let right_m = side * (street.kerb_m() + random.between(0.5, street.pavement_m - 0.3));
            let speed_mps = random.pick(&[0.0, 1.0, -1.0, 1.0, -1.0]) * random.between(0.9, 1.7);
            walkers.push(Walker {
                street: i,
                right_m,
                start_m: random.between(0.0, span_m),
                speed_mps,
                looks_at_road: random.chance(0.4),
                seed: random.next(),
            });
        }
    }
    walkers
}
