//! What becomes of a thing from epoch to epoch.

use std::collections::BTreeSet;

use waymark_datasets::Slot;
use waymark_datasets::rows::{FeatureRow, FeatureState};

use super::fuse::RADIUS_PER_SIGMA;
use super::plane::turn_rad;
use super::row::{Epoch, octant};
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
/// Nothing is clear from further away.
const RANGE_M_MAX: f64 = 120.0;

/// A thing that no pass of the epoch saw: gone, or not looked at. What is gone stays so until it is seen again.
pub(super) fn unseen(epoch: &Epoch<'_>, known: &FeatureRow) -> FeatureRow {
    let far_m = (f64::from(known.clear_from_mm) / 1_000.0).min(RANGE_M_MAX);
    let near = epoch.grid.around(epoch.plane.at(known.position()), far_m);
    let misses: f64 = near.map(|view| should_show(epoch, &epoch.views[view], known)).sum();
    let gone = known.state == FeatureState::Gone || misses >= MISSES_MIN;
    FeatureRow { state: if gone { FeatureState::Gone } else { FeatureState::Present }, ..known.clone() }
}

/// A thing that was not known before: new if those who see it clearly now would have seen it then.
pub(super) fn first(covered_before: &BTreeSet<Slot>, clear_from: impl Iterator<Item = Slot>) -> FeatureState {
    let covered = clear_from.filter(|slot| covered_before.contains(slot)).count();
    if covered >= CLEAR_MIN { FeatureState::New } else { FeatureState::Present }
}

/// How likely a view shows a thing, if it is there: as near as where it was clearly seen before, from a side from
/// which it was seen, and within the field of view, as far as the place of both is known.
fn should_show(epoch: &Epoch<'_>, view: &View, known: &FeatureRow) -> f64 {
    let to = epoch.plane.at(known.position()) - view.position;
    let range_m = to.length();
    let (near_m, far_m) = (f64::from(known.seen_from_min_mm) / 1e3, f64::from(known.clear_from_mm) / 1e3);
    let from_there = known.seen_from_octants & 1 << u8::from(octant(to * -1.0)) != 0;
    if !from_there || range_m == 0.0 || !(near_m..=far_m).contains(&range_m) {
        return 0.0;
    }
    let unsure_m = sum_of_squares(&[f64::from(known.accuracy_mm) / 1e3 / RADIUS_PER_SIGMA, view.sigma_m]).sqrt();
    let inside_rad = libm::atan(view.half_width_tan) - EDGE_RAD - turn_rad(view.heading_rad, to.heading_rad()).abs();
    (0.5 + inside_rad / (2.0 * unsure_m / range_m)).clamp(0.0, 1.0)
}
