//! One drive as it is handed in: what was filmed, and what is claimed of it.

use waymark_datasets::UtcMillis;

use crate::attack::{self, Attack};
use crate::drive::Drive;
use crate::film::{Film, Take};
use crate::gnss::{self, FIXES_PER_SECOND, Reading};
use crate::imu::{self, Sample};
use crate::light::sun_deg;
use crate::picture::Edit;
use crate::plan::Plan;
use crate::plane::{Vec2, vec2};
use crate::town::Town;

/// A drive, honest or not.
#[derive(Debug)]
pub(crate) struct Recording {
    pub(crate) film: Film,
    pub(crate) track: Vec<Reading>,
    /// What the motion sensor of the camera felt; empty unless the plan wants it.
    pub(crate) motion: Vec<Sample>,
    /// When the track says that it begins.
    pub(crate) claimed_start: UtcMillis,
    pub(crate) device: u32,
    pub(crate) attack: Option<Attack>,
    pub(crate) source: Option<u32>,
}

/// How far a jump and a drift lead.
const TELEPORT_M: f64 = 4_000.0;
const DRIFT_M: f64 = 200.0;
/// A replay is sent a day later.
const REPLAY_LATER_MS: i64 = 24 * 3_600_000;
/// The second of two places begins while the first is filmed.
const OVERLAP_MS: i64 = 300;
/// From this height of the sun, nobody doubts that it is day.
const DAY_DEG_MIN: f64 = 15.0;

impl Recording {
    /// Drive `number` of a plan.
    pub(crate) fn of(plan: &Plan, town: &Town, number: u32) -> Self {
        let mut recording = Self::attacked_or_honest(plan, town, number);
        if plan.imu() {
            // Of the footage, so that a replay has the same again: a sensor does not know what is claimed.
            let film = &recording.film;
            let numbers = [recording.device.into(), film.drive.number().into(), plan.epoch() as u64];
            recording.motion = imu::samples(film, plan.seconds(), &mut town.random("imu", &numbers));
        }
        recording
    }

    fn attacked_or_honest(plan: &Plan, town: &Town, number: u32) -> Self {
        let honest = Self::honest(plan, town, (number, 0));
        let Some((attack, source)) = attack::of_drive(plan, number) else { return honest };
        let source_number = source.unwrap_or(number);
        let changed = match attack {
            Attack::Replay => replay(Self::honest(plan, town, (source_number, 0))),
            Attack::Copy => copy(honest, plan, town, source_number),
            Attack::Teleport => teleport(honest),
            Attack::WalkTheMap => walk_the_map(honest, plan, town, number),
            Attack::Parked => Self { film: Film { take: Take::Standing, ..honest.film }, ..honest },
            Attack::Photo => Self { film: Film { take: Take::Still, ..honest.film }, ..honest },
            Attack::NightAsDay => night_as_day(honest),
            Attack::TwoPlaces => two_places(plan, town, (number, source_number)),
            Attack::Tamper => honest,
            Attack::Drift => drift(honest, town, number),
        };
        Self { attack: Some(attack), source, ..changed }
    }

    /// `detour` chooses among routes of one number; 0 is the usual one.
    fn honest(plan: &Plan, town: &Town, (number, detour): (u32, u32)) -> Self {
        let drive = Drive::through(town, plan.epoch(), (number, detour), plan.seconds());
        let noise = &mut town.random("gnss", &[number.into(), plan.epoch() as u64]);
        let track = gnss::readings(town, &drive, plan.seconds(), noise);
        let start = plan.departure(number);
        let film = Film { drive, start, take: Take::Moving, edit: Edit::None };
        Self { film, track, motion: Vec::new(), claimed_start: start, device: number, attack: None, source: None }
    }

    /// When the track says that it ends.
    pub(crate) fn claimed_end(&self) -> UtcMillis {
        self.claimed_start.plus_ms(self.track.last().map_or(0, |last| last.at_ms))
    }
}

fn replay(source: Recording) -> Recording {
    Recording { claimed_start: source.claimed_start.plus_ms(REPLAY_LATER_MS), ..source }
}

/// The copier drove behind, or says so: the source's way, with the noise of the copier's own receiver.
fn copy(own: Recording, plan: &Plan, town: &Town, source: u32) -> Recording {
    let original = Recording::honest(plan, town, (source, 0));
    let noise = &mut town.random("gnss-copy", &[own.device.into(), plan.epoch() as u64]);
    let track = gnss::readings(town, &original.film.drive, plan.seconds(), noise);
    let edit = [Edit::Mirror, Edit::Crop, Edit::None][own.device as usize % 3];
    Recording { film: Film { edit, ..original.film }, track, ..own }
}

fn shifted(mut recording: Recording, by: impl Fn(usize) -> Vec2) -> Recording {
    recording.track.iter_mut().enumerate().for_each(|(i, reading)| reading.at = reading.at + by(i));
    recording
}

fn teleport(honest: Recording) -> Recording {
    let third = honest.track.len() / 3;
    shifted(honest, |i| if (third..2 * third).contains(&i) { vec2(TELEPORT_M, 0.0) } else { vec2(0.0, 0.0) })
}

fn drift(honest: Recording, town: &Town, number: u32) -> Recording {
    let heading_rad = town.random("drift", &[number.into()]).between(0.0, std::f64::consts::TAU);
    shifted(honest, |_| Vec2::of_heading(heading_rad) * DRIFT_M)
}

/// Straight from corner to corner of another route, at one speed, and more exact than any receiver.
fn walk_the_map(honest: Recording, plan: &Plan, town: &Town, number: u32) -> Recording {
    let other = Drive::through(town, plan.epoch(), (number, 1), plan.seconds());
    let per_leg = 8 * FIXES_PER_SECOND as usize;
    let corner = |leg: usize| other.pose((leg * per_leg) as f64 / f64::from(FIXES_PER_SECOND)).at;
    let drawn = |(i, reading): (usize, &Reading)| {
        let (from, to) = (corner(i / per_leg), corner(i / per_leg + 1));
        let share = (i % per_leg) as f64 / per_leg as f64;
        let way = to - from;
        let (speed_mps, course_deg) = (way.length() / 8.0, way.heading_rad().to_degrees().rem_euclid(360.0));
        Reading { at: from + way * share, speed_mps, course_deg, satellites: 12, hdop: 0.8, fixed: true, ..*reading }
    };
    let track = honest.track.iter().enumerate().map(drawn).collect();
    Recording { track, ..honest }
}

/// Filmed in the darkest hour of the day before; the track says the last hour of full light, never later than the plan.
fn night_as_day(honest: Recording) -> Recording {
    let hours_before: Vec<UtcMillis> = (0..24).map(|hours| honest.claimed_start.plus_ms(-hours * 3_600_000)).collect();
    let height_deg = |time: &UtcMillis| sun_deg(*time).0;
    let darkest = hours_before.iter().min_by(|a, b| height_deg(a).total_cmp(&height_deg(b)));
    let light = hours_before.iter().find(|time| height_deg(time) > DAY_DEG_MIN);
    let (night, day) =
        (darkest.copied().unwrap_or(honest.claimed_start), light.copied().unwrap_or(honest.claimed_start));
    Recording { film: Film { start: night, ..honest.film }, claimed_start: day, ..honest }
}

/// The route, of eight, that stays farthest from the source's.
fn two_places(plan: &Plan, town: &Town, (number, source): (u32, u32)) -> Recording {
    let first = Recording::honest(plan, town, (source, 0));
    let start = first.film.start.plus_ms(OVERLAP_MS);
    let apart_m = |other: &Recording| {
        let pairs = first.track.iter().zip(&other.track);
        pairs.map(|(a, b)| (a.at - b.at).length()).fold(f64::INFINITY, f64::min)
    };
    let routes = (1..8).map(|detour| Recording::honest(plan, town, (number, detour)));
    let usual = Recording::honest(plan, town, (number, 0));
    let farthest = routes.fold(usual, |best, route| if apart_m(&route) > apart_m(&best) { route } else { best });
    Recording { film: Film { start, ..farthest.film }, claimed_start: start, device: first.device, ..farthest }
}
