//! What becomes of a thing from epoch to epoch.

use std::collections::BTreeSet;
use std::f64::consts::{FRAC_PI_4, PI};

use waymark_datasets::Slot;
use waymark_datasets::rows::{FeatureRow, FeatureState};

use super::fuse::RADIUS_PER_SIGMA;
use super::plane::turn_rad;
use super::row::Epoch;
use super::sighting::sum_of_squares;
use super::view::View;

/// A thing this tall in a frame is hardly ever overlooked.
pub(super) const CLEAR_PX: f64 = 20.0;
/// A thing that so many frames of one epoch should show clearly, and none does, is gone; a frame that perhaps shows it
/// counts in part.
const MISSES_MIN: f64 = 1.5;
/// So many frames that show a thing clearly, from where an earlier epoch looked as well, make it new.
const CLEAR_MIN: usize = 2;
/// A thing this close to the edge of a view, in radians, is cut by it.
const EDGE_RAD: f64 = 0.03;
/// What was seen from a sector around it is seen from as far to either side of its middle, which is half a sector more.
const SIDE_RAD: f64 = FRAC_PI_4;
/// How far apart frames of a drive are, unless something else is configured.
const FRAMES_APART_M: f64 = 5.0;
/// Further than this from where a camera is thought to be, it is not.
const UNSURE_M_MAX: f64 = 15.0;
/// Nothing is clear from further away.
const RANGE_M_MAX: f64 = 120.0;

/// A thing that no pass of the epoch saw: gone, or not looked at. What is gone stays so until it is seen again.
pub(super) fn unseen(epoch: &Epoch<'_>, known: &FeatureRow) -> FeatureRow {
    let far_m = clear_range_m(known).1.min(RANGE_M_MAX);
    let near = epoch.grid.around(epoch.plane.at(known.position()), far_m + UNSURE_M_MAX);
    let misses: f64 = near.map(|view| should_show(epoch, &epoch.views[view], known)).sum();
    let gone = known.state == FeatureState::Gone || misses >= MISSES_MIN;
    FeatureRow { state: if gone { FeatureState::Gone } else { FeatureState::Present }, ..known.clone() }
}

/// A thing that was not known before: new if those who see it clearly now would have seen it then.
pub(super) fn first(covered_before: &BTreeSet<Slot>, clear_from: impl Iterator<Item = Slot>) -> FeatureState {
    let covered = clear_from.filter(|slot| covered_before.contains(slot)).count();
    if covered >= CLEAR_MIN { FeatureState::New } else { FeatureState::Present }
}

/// How likely a view shows a thing, if it is there: as near as where it was clearly seen before, from about a side from
/// which it was seen, and within the field of view, as far as the place of both is known.
fn should_show(epoch: &Epoch<'_>, view: &View, known: &FeatureRow) -> f64 {
    let to = epoch.plane.at(known.position()) - view.position;
    let range_m = to.length();
    if range_m == 0.0 {
        return 0.0;
    }
    let (near_m, far_m) = clear_range_m(known);
    let unsure_m = sum_of_squares(&[f64::from(known.accuracy_mm) / 1e3 / RADIUS_PER_SIGMA, view.sigma_m]).sqrt();
    let unsure_rad = unsure_m / range_m;
    let inside_rad = libm::atan(view.half_width_tan) - EDGE_RAD - turn_rad(view.heading_rad, to.heading_rad()).abs();
    let beside_rad = SIDE_RAD - from_seen_side_rad(known, (to * -1.0).heading_rad());
    let within = |margin: f64, unsure: f64| (0.5 + margin / (2.0 * unsure)).clamp(0.0, 1.0);
    within(range_m - near_m, unsure_m)
        * within(far_m - range_m, unsure_m)
        * within(inside_rad, unsure_rad)
        * within(beside_rad, unsure_rad)
}

/// From where to where a thing is seen clearly. Frames are taken at distances of their own, so the nearest and the
/// furthest of them were on average half a gap within the true ends.
fn clear_range_m(known: &FeatureRow) -> (f64, f64) {
    let (near_m, far_m) = (f64::from(known.seen_from_min_mm) / 1e3, f64::from(known.clear_from_mm) / 1e3);
    if far_m == 0.0 { (0.0, 0.0) } else { (near_m - FRAMES_APART_M / 2.0, far_m + FRAMES_APART_M / 2.0) }
}

/// Between a direction and the middle of the nearest sector from which a thing was seen.
fn from_seen_side_rad(known: &FeatureRow, from_rad: f64) -> f64 {
    let seen = (0..8).filter(|octant| known.seen_from_octants & 1 << octant != 0);
    let apart = seen.map(|octant| turn_rad(f64::from(octant) * FRAC_PI_4, from_rad).abs());
    apart.fold(PI, f64::min)
}
