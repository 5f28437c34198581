//! Where a thing is that one camera saw while it drove by.

use waymark_datasets::UtcMillis;

use super::kind::Kind;
use super::matrix::{Matrix, Sym2, inverse, product};
use super::plane::{Vec2, turn_rad};
use super::sighting::{Sighting, sum_of_squares};
use super::view::View;

/// What is estimated, in this order: direction of the thing from `base` (radians), its distance and its own height
/// (logarithms of metres), how far above the camera it is (metres), how far up (tangent) and to the left (radians)
/// of its course the camera looks, and the drift of the receiver to the east and to the north (metres per second).
///
/// Distance and height are logarithms: a thing half as tall looks the same from half as far, so that with one sighting
/// their errors are one error, and lie along a line.
type Unknowns = [f64; UNKNOWNS];
const UNKNOWNS: usize = 8;
const BEARING: usize = 0;
const DISTANCE: usize = 1;
const HEIGHT: usize = 2;
const RISE: usize = 3;
const PITCH: usize = 4;
const YAW: usize = 5;
const EAST: usize = 6;
const NORTH: usize = 7;

/// A thing as it is known from some sightings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Solution {
    base: Vec2,
    /// The position is relative to what the receiver said then.
    at: UtcMillis,
    estimate: Unknowns,
    covariance: Matrix<UNKNOWNS>,
}

/// Most of what is seen is 10 to 70 m away; 2 m and 120 m are the ends.
const LOG_DISTANCE: f64 = 3.3;
const LOG_DISTANCE_ENDS: (f64, f64) = (0.7, 4.8);
/// Deviations before anything is seen, in the order of [`Unknowns`]; that of the height is its class's where that is
/// known, and any direction is as likely. From a hydrant at the kerb to a lamp on its pole; a camera that hangs a
/// little askew; a receiver whose error of some metres turns over within half a minute.
const PRIOR_SIGMAS: Unknowns = [3.0, 0.8, 0.8, 4.0, 0.035, 0.015, 0.12, 0.12];
/// Deviations of one sighting from the next: of the receiver's position, in metres, and of a car that nods, as a
/// tangent.
const JITTER_M: f64 = 0.4;
const NOD_SIGMA: f64 = 0.012;
/// Nothing is filmed from nearer.
const DEPTH_M_MIN: f64 = 0.5;
/// Gauss-Newton from a good start settles within a few steps; a fixed number of them is the same for everyone.
const STEPS: usize = 8;
/// From the solution without the last sighting.
const STEPS_FURTHER: usize = 2;
/// From this many deviations on a residual counts linearly (Huber, "Robust estimation of a location parameter", 1964).
const HUBER: f64 = 2.0;
/// A step goes no further, in the order of [`Unknowns`].
const STEP_MAX: Unknowns = [0.2, 0.5, 0.5, 5.0, 0.1, 0.1, 0.3, 0.3];

/// The most likely place under independent errors of direction, size and elevation, with the height that things of
/// its kind have as a prior.
pub(super) fn locate(views: &[View], seen: &[&Sighting<'_>], kind: Kind) -> Option<Solution> {
    // From far away a guess may be so wrong that a later camera has the thing behind it: the largest is the nearest.
    let size = |sighting: &Sighting<'_>| sighting.log_size.unwrap_or(f64::NEG_INFINITY);
    let nearest = seen.iter().rev().max_by(|a, b| size(a).total_cmp(&size(b)))?;
    let view = &views[nearest.view];
    let across_rad = turn_rad(view.heading_rad, nearest.bearing_rad);
    // Depth from size, and the distance along the ray from depth.
    let from_size = |log_size| kind.log_height() - log_size - libm::log(libm::cos(across_rad).max(0.1));
    let log_distance = if kind.is_sized() { nearest.log_size.map(from_size) } else { None };
    let log_distance = log_distance.unwrap_or(LOG_DISTANCE).clamp(LOG_DISTANCE_ENDS.0, LOG_DISTANCE_ENDS.1);
    let mut estimate = [0.0; UNKNOWNS];
    (estimate[BEARING], estimate[DISTANCE], estimate[HEIGHT]) = (nearest.bearing_rad, log_distance, kind.log_height());
    estimate[RISE] = nearest.elevation * libm::exp(log_distance);
    let covariance = [[0.0; UNKNOWNS]; UNKNOWNS];
    let start = Solution { base: view.position, at: views[seen.last()?.view].at, estimate, covariance };
    (0..STEPS).try_fold(start, |solution, _| solution.improved((views, seen), kind))
}

impl Solution {
    pub(super) fn position(&self) -> Vec2 {
        self.base + Vec2::of_heading(self.estimate[BEARING]) * libm::exp(self.estimate[DISTANCE])
    }

    /// Of the position, without the error that all positions of the receiver share.
    pub(super) fn covariance(&self) -> Sym2 {
        let [across, along] = self.axes();
        let outer = |a: Vec2, b: Vec2| Sym2 { xx: a.x * b.x, xy: (a.x * b.y + a.y * b.x) / 2.0, yy: a.y * b.y };
        let c = &self.covariance;
        let squares = outer(across, across).times(c[BEARING][BEARING]);
        let squares = squares.plus(outer(along, along).times(c[DISTANCE][DISTANCE]));
        squares.plus(outer(across, along).times(2.0 * c[BEARING][DISTANCE]))
    }

    /// With one more sighting, the last of `seen`: nearly what [`locate`] finds for all of them, for less work.
    pub(super) fn with_last(self, views: &[View], seen: &[&Sighting<'_>], kind: Kind) -> Option<Self> {
        let start = Self { at: views[seen.last()?.view].at, ..self };
        (0..STEPS_FURTHER).try_fold(start, |solution, _| solution.improved((views, seen), kind))
    }

    /// How unlike what is expected a sighting is, as a squared number of deviations (χ² of three degrees); none if
    /// the thing is not in front of the camera.
    pub(super) fn surprise(&self, view: &View, sighting: &Sighting<'_>, kind: Kind) -> Option<f64> {
        let squared = |(row, residual, sigma): (Unknowns, f64, f64)| {
            let turned = product(&self.covariance, &row);
            let expected: f64 = (0..UNKNOWNS).map(|i| row[i] * turned[i]).sum();
            residual * residual / (expected.max(0.0) + sigma * sigma)
        };
        Some(self.look(view)?.residuals(sighting, kind).map(squared).sum())
    }

    /// How the position moves with direction and with the logarithm of distance.
    fn axes(&self) -> [Vec2; 2] {
        let distance_m = libm::exp(self.estimate[DISTANCE]);
        let ahead = Vec2::of_heading(self.estimate[BEARING]);
        [Vec2 { x: ahead.y, y: -ahead.x } * distance_m, ahead * distance_m]
    }

    fn look(&self, view: &View) -> Option<Look> {
        let estimate = &self.estimate;
        let since_s = view.at.ms_since(self.at) as f64 / 1_000.0;
        let drift = Vec2 { x: estimate[EAST], y: estimate[NORTH] } * since_s;
        // A receiver that drifted to the east takes everything for further east than it is.
        let to = self.position() + drift - view.position;
        let (depth_m, square_m2) = (to.dot(view.forward), to.dot(to));
        if depth_m.is_nan() || depth_m < DEPTH_M_MIN {
            return None;
        }
        let [across, along] = self.axes();
        let moves = [(BEARING, across), (DISTANCE, along)];
        let drifts = [(EAST, Vec2 { x: since_s, y: 0.0 }), (NORTH, Vec2 { x: 0.0, y: since_s })];
        let above = estimate[RISE] / depth_m;
        let mut look = Look {
            jitter: JITTER_M / square_m2.sqrt(),
            bearing_rad: to.heading_rad() - estimate[YAW],
            log_size: estimate[HEIGHT] - libm::log(depth_m),
            elevation: above - estimate[PITCH],
            bearing_row: [0.0; UNKNOWNS],
            log_size_row: [0.0; UNKNOWNS],
            elevation_row: [0.0; UNKNOWNS],
        };
        for (unknown, by) in moves.into_iter().chain(drifts) {
            let shrink = -by.dot(view.forward) / depth_m;
            look.bearing_row[unknown] = (by.x * to.y - by.y * to.x) / square_m2;
            (look.log_size_row[unknown], look.elevation_row[unknown]) = (shrink, above * shrink);
        }
        (look.bearing_row[YAW], look.log_size_row[HEIGHT]) = (-1.0, 1.0);
        (look.elevation_row[RISE], look.elevation_row[PITCH]) = (1.0 / depth_m, -1.0);
        Some(look)
    }

    /// What is expected before anything is seen.
    fn prior(&self, kind: Kind) -> Normal {
        let (mut prior, mut sigmas) = ([0.0; UNKNOWNS], PRIOR_SIGMAS);
        (prior[BEARING], prior[DISTANCE], prior[HEIGHT]) = (self.estimate[BEARING], LOG_DISTANCE, kind.log_height());
        sigmas[HEIGHT] = kind.log_height_sigma;
        let certainty: Unknowns = std::array::from_fn(|i| 1.0 / (sigmas[i] * sigmas[i]));
        Normal {
            matrix: std::array::from_fn(|r| std::array::from_fn(|c| if r == c { certainty[r] } else { 0.0 })),
            right: std::array::from_fn(|i| (prior[i] - self.estimate[i]) * certainty[i]),
        }
    }

    /// One Gauss-Newton step on the reweighted squares.
    fn improved(mut self, (views, seen): (&[View], &[&Sighting<'_>]), kind: Kind) -> Option<Self> {
        let mut normal = self.prior(kind);
        for sighting in seen {
            let Some(look) = self.look(&views[sighting.view]) else { continue };
            for (row, residual, sigma) in look.residuals(sighting, kind) {
                let share = (HUBER * sigma / residual.abs()).min(1.0);
                normal.add(row, residual, sigma / share.sqrt());
            }
        }
        self.covariance = inverse(&normal.matrix)?;
        let step = product(&self.covariance, &normal.right);
        self.estimate = std::array::from_fn(|i| self.estimate[i] + step[i].clamp(-STEP_MAX[i], STEP_MAX[i]));
        self.estimate[DISTANCE] = self.estimate[DISTANCE].clamp(LOG_DISTANCE_ENDS.0, LOG_DISTANCE_ENDS.1);
        self.estimate.iter().all(|value| value.is_finite()).then_some(self)
    }
}

/// How a thing should look in a view, and how that changes with each of the [`Unknowns`].
#[derive(Debug, Clone, Copy)]
struct Look {
    /// Of the camera's position, as a share of the distance.
    jitter: f64,
    bearing_rad: f64,
    log_size: f64,
    elevation: f64,
    bearing_row: Unknowns,
    log_size_row: Unknowns,
    elevation_row: Unknowns,
}

impl Look {
    /// What was seen less what is expected, and the deviation of that, for all that the sighting says.
    fn residuals(&self, sighting: &Sighting<'_>, kind: Kind) -> impl Iterator<Item = (Unknowns, f64, f64)> {
        let bearing_sigma = sum_of_squares(&[sighting.bearing_sigma, self.jitter]).sqrt();
        let bearing = (self.bearing_row, turn_rad(self.bearing_rad, sighting.bearing_rad), bearing_sigma);
        let elevation = (self.elevation_row, sighting.elevation - self.elevation, NOD_SIGMA);
        let size_sigma = sum_of_squares(&[sighting.log_size_sigma, kind.shape_sigma, self.jitter]).sqrt();
        let size = sighting.log_size.map(|seen| (self.log_size_row, seen - self.log_size, size_sigma));
        [bearing, elevation].into_iter().chain(size)
    }
}

/// Normal equations of weighted least squares.
struct Normal {
    matrix: Matrix<UNKNOWNS>,
    right: Unknowns,
}

impl Normal {
    fn add(&mut self, row: Unknowns, residual: f64, sigma: f64) {
        let weighted = row.map(|factor| factor / (sigma * sigma));
        self.right = std::array::from_fn(|r| self.right[r] + weighted[r] * residual);
        self.matrix = std::array::from_fn(|r| std::array::from_fn(|c| self.matrix[r][c] + weighted[r] * row[c]));
    }
}
