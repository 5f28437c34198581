//! How fast a car goes: limits, bends, stops.

use super::path::{Path, WAIT_M};
use super::signals::until_green_s;
use crate::random::Random;
use crate::town::Control;

const STEP_M: f64 = 0.5;
const ACCELERATION_MPS2: f64 = 1.7;
const BRAKING_MPS2: f64 = 2.1;
/// Sideways, in a bend.
const SIDEWAYS_MPS2: f64 = 2.4;
const SLOWEST_MPS: f64 = 2.0;
/// At a yield sign with nobody to yield to.
const YIELD_MPS: f64 = 4.5;

/// When the car is where.
#[derive(Debug)]
pub(crate) struct Timeline {
    /// Seconds, metres along the path, metres per second; time never goes back.
    knots: Vec<(f64, f64, f64)>,
    /// Where the car waits: from, to, and where on the path.
    pub(crate) waits: Vec<Wait>,
}

/// A stop.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wait {
    pub(crate) from_s: f64,
    pub(crate) to_s: f64,
    pub(crate) at_m: f64,
}

impl Timeline {
    /// Along a path, by a driver who keeps to 82 % to 102 % of the limits.
    pub(crate) fn along(path: &Path, random: &mut Random) -> Self {
        let briskness = random.between(0.82, 1.02);
        let mut limits = limits(path, briskness);
        let mut stops: Vec<(usize, f64)> = Vec::new();
        for leg in &path.legs {
            let index = (((leg.to_m - WAIT_M) / STEP_M) as usize).min(limits.len() - 1);
            if leg.to_m - leg.from_m < 2.0 * WAIT_M {
                continue;
            }
            match leg.control {
                Control::Free => {}
                Control::Stop => stops.push((index, random.between(1.6, 3.2))),
                Control::Yield if random.chance(0.4) => stops.push((index, random.between(1.2, 2.5))),
                Control::Yield => limits[index] = limits[index].min(YIELD_MPS),
                Control::Signals { second_group } => {
                    let arrival_s = Self::with_stops(&limits, &stops).time_at(index);
                    if until_green_s(leg.approach.node, second_group, arrival_s) > 0.0 {
                        stops.push((index, 0.0));
                        let arrival_s = Self::with_stops(&limits, &stops).time_at(index);
                        let wait_s =
                            until_green_s(leg.approach.node, second_group, arrival_s) + random.between(0.6, 1.4);
                        if let Some(stop) = stops.last_mut() {
                            stop.1 = wait_s;
                        }
                    }
                }
            }
        }
        Self::with_stops(&limits, &stops)
    }

    /// Metres along the path, and metres per second; held at the ends.
    pub(crate) fn at(&self, seconds: f64) -> (f64, f64) {
        let next = self.knots.partition_point(|knot| knot.0 <= seconds).clamp(1, self.knots.len() - 1);
        let (from, to) = (self.knots[next - 1], self.knots[next]);
        let share = ((seconds - from.0) / (to.0 - from.0).max(1e-9)).clamp(0.0, 1.0);
        (from.1 + (to.1 - from.1) * share, from.2 + (to.2 - from.2) * share)
    }

    fn with_stops(limits: &[f64], stops: &[(usize, f64)]) -> Self {
        let mut speeds = limits.to_vec();
        stops.iter().for_each(|&(index, _)| speeds[index] = 0.0);
        for i in (1..speeds.len()).rev() {
            speeds[i - 1] = speeds[i - 1].min((speeds[i] * speeds[i] + 2.0 * BRAKING_MPS2 * STEP_M).sqrt());
        }
        for i in 1..speeds.len() {
            speeds[i] = speeds[i].min((speeds[i - 1] * speeds[i - 1] + 2.0 * ACCELERATION_MPS2 * STEP_M).sqrt());
        }
        let (mut knots, mut waits, mut time_s) = (Vec::with_capacity(speeds.len()), Vec::new(), 0.0);
        let mut ahead = stops.iter().peekable();
        for (i, &speed) in speeds.iter().enumerate() {
            if i > 0 {
                time_s += STEP_M / ((speed + speeds[i - 1]) / 2.0).max(0.2);
            }
            let at_m = i as f64 * STEP_M;
            knots.push((time_s, at_m, speed));
            if let Some(&&(_, wait_s)) = ahead.peek().filter(|stop| stop.0 == i) {
                ahead.next();
                waits.push(Wait { from_s: time_s, to_s: time_s + wait_s, at_m });
                time_s += wait_s;
                knots.push((time_s, at_m, speed));
            }
        }
        Self { knots, waits }
    }

    /// When the car first reaches the step.
    fn time_at(&self, index: usize) -> f64 {
        let at_m = index as f64 * STEP_M;
        let first = self.knots.partition_point(|knot| knot.1 < at_m).min(self.knots.len() - 1);
        self.knots[first].0
    }
}

/// Highest speed at each step, by limit and bend.
fn limits(path: &Path, briskness: f64) -> Vec<f64> {
    let steps = (path.line.length_m() / STEP_M) as usize;
    let limit = |i: usize| {
        let s_m = i as f64 * STEP_M;
        let bend = path.line.direction(s_m - 2.0).cross(path.line.direction(s_m + 2.0)).abs() / 4.0;
        let in_bend = (SIDEWAYS_MPS2 / bend.max(1e-4)).sqrt();
        (path.leg(s_m).limit_mps * briskness).min(in_bend).max(SLOWEST_MPS)
    };
    (0..steps.max(2)).map(limit).collect()
}
