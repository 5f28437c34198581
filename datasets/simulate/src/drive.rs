//! Drives: a route, a speed, and whom one meets.

mod path;
mod signals;
mod speed;
mod traffic;

pub(crate) use signals::{Signal, signal_at};

use crate::plan::TownEpoch;
use crate::plane::Vec2;
use crate::random::Random;
use crate::scene::{Person, Vehicle};
use crate::town::Town;
use path::Path;
use speed::Timeline;

/// One drive through the town, from its first to its last second.
#[derive(Debug)]
pub(crate) struct Drive {
    number: u32,
    path: Path,
    timeline: Timeline,
    random: Random,
}

/// Where the car is, and how it moves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pose {
    pub(crate) at: Vec2,
    pub(crate) heading_rad: f64,
    pub(crate) speed_mps: f64,
    /// Clockwise.
    pub(crate) turn_rad_per_s: f64,
}

impl Drive {
    /// Drive `number` of a town, at least so long. Both epochs take the same route, each at its own pace and among its
    /// own traffic: nobody drives a street twice in the same way.
    pub(crate) fn through(town: &Town, epoch: TownEpoch, (number, detour): (u32, u32), seconds: u32) -> Self {
        let mut random = town.random("drive", &[number.into(), detour.into()]);
        // Faster than any limit, and room for what is ahead.
        let length_m = f64::from(seconds) * 17.0 + 400.0;
        let path = Path::through(town, epoch, length_m, &mut random);
        if epoch == TownEpoch::Two {
            random = town.random("drive again", &[number.into(), detour.into()]);
        }
        let timeline = Timeline::along(&path, &mut random);
        Self { number, path, timeline, random }
    }

    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    pub(crate) fn pose(&self, seconds: f64) -> Pose {
        let (s_m, speed_mps) = self.timeline.at(seconds);
        let heading_rad = self.path.line.direction(s_m).heading_rad();
        let before = self.path.line.direction(s_m - 1.0);
        let turn_per_m = before.right().dot(self.path.line.direction(s_m + 1.0)).asin() / 2.0;
        Pose { at: self.path.line.at(s_m).0, heading_rad, speed_mps, turn_rad_per_s: turn_per_m * speed_mps }
    }

    /// The other cars that move.
    pub(crate) fn traffic(&self, seconds: f64) -> Vec<Vehicle> {
        traffic::vehicles(self, seconds)
    }

    /// Who crosses the road in front of the car while it waits.
    pub(crate) fn crossing(&self, seconds: f64) -> Vec<Person> {
        traffic::people(self, seconds)
    }
}
