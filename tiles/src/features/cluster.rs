//! Which passes are of one thing.

use std::collections::BTreeSet;

use waymark_datasets::ClassName;
use waymark_datasets::rows::FeatureRow;

use super::drift::without_drift;
use super::fuse::RADIUS_PER_SIGMA;
use super::grid::Grid;
use super::kind::family;
use super::pass::Pass;
use super::place::{Opinion, Place};
use super::plane::{Plane, Vec2, turn_rad};

/// A thing: what an earlier epoch knew, and the passes that saw it in this one.
#[derive(Debug, Clone)]
pub(super) struct Cluster<'a> {
    /// What the first that told of it called it.
    class: &'a ClassName,
    pub(super) known: Option<&'a FeatureRow>,
    /// Where an earlier epoch put it.
    pub(super) known_at: Option<Place>,
    /// Indices of passes.
    pub(super) passes: Vec<usize>,
    pub(super) place: Place,
    /// The sum of the directions in which passes saw it face.
    facing: Vec2,
    /// Indices of the views that show it.
    views: BTreeSet<usize>,
}

/// Fewer than 1 in 200 passes of the same thing are further from it, in squared deviations (χ², two degrees).
const GATE: f64 = 10.6;
/// However sure earlier epochs were.
const KNOWN_SIGMA_M_MIN: f64 = 0.3;
/// However unsure both are, what is further apart is not the same.
pub(super) const REACH_M: f64 = 20.0;
/// Fronts of one thing, as seen by different passes, differ by less.
const FACING_MAX_RAD: f64 = 45.0 * std::f64::consts::PI / 180.0;
/// One thing may be detected twice in one of so many frames, by mistake; two things are together in more.
const TOGETHER_OF: usize = 3;
/// Passes are grouped as the receivers put them, and then again with what that says of the receivers' drift.
const ROUNDS: usize = 4;
/// Work is bounded by this: no square of 20 m holds more things.
const CROWD_MAX: usize = 256;

/// Groups passes, starting from what is known. The order of `passes` decides between equals: it must be a total one.
pub(super) fn clusters<'a>(passes: &[Pass<'a>], known: &'a [FeatureRow], plane: Plane) -> Vec<Cluster<'a>> {
    let known: Vec<Cluster<'_>> = known.iter().map(|row| Cluster::known(row, plane)).collect();
    let first = grouped(passes, &passes.iter().map(Pass::on_map).collect::<Vec<_>>(), known.clone());
    (1..ROUNDS).fold(first, |found, _| grouped(passes, &without_drift(passes, &found), known.clone()))
}

/// Gives each pass to the nearest thing that it can be of; the others begin things.
fn grouped<'a>(passes: &[Pass<'a>], places: &[Place], known: Vec<Cluster<'a>>) -> Vec<Cluster<'a>> {
    let mut found = known;
    let mut grid = Grid::of(found.iter().map(|cluster| cluster.place.position));
    for (index, (pass, place)) in passes.iter().zip(places).enumerate() {
        let near = grid.around(place.position, REACH_M).filter_map(|c| Some((found[c].distance(pass, place)?, c)));
        let nearest = near.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        if let Some((_, c)) = nearest {
            found[c].add((index, pass), place);
        } else if grid.crowd(place.position) < CROWD_MAX {
            grid.add(place.position, found.len());
            found.push(Cluster::begin((index, pass), *place));
        }
    }
    found
}

impl<'a> Cluster<'a> {
    fn known(row: &'a FeatureRow, plane: Plane) -> Self {
        let sigma_m = f64::from(row.accuracy_mm) / 1_000.0 / RADIUS_PER_SIGMA;
        let place = Place::round(plane.at(row.position()), sigma_m.max(KNOWN_SIGMA_M_MIN));
        let facing = row.azimuth_deg.map_or(Vec2::ZERO, |azimuth| Vec2::of_heading(azimuth.degrees().to_radians()));
        let (passes, views) = (Vec::new(), BTreeSet::new());
        Self { class: &row.class, known: Some(row), known_at: Some(place), passes, place, facing, views }
    }

    fn begin((index, pass): (usize, &Pass<'a>), place: Place) -> Self {
        let (passes, views, facing) = (Vec::new(), BTreeSet::new(), Vec2::ZERO);
        let mut begun = Self { class: pass.class, known: None, known_at: None, passes, place, facing, views };
        begun.note(index, pass);
        begun
    }

    fn add(&mut self, (index, pass): (usize, &Pass<'a>), place: &Place) {
        let mean = Opinion::NONE.with(&self.place, 1.0).with(place, 1.0).mean();
        self.place = mean.unwrap_or(self.place);
        self.note(index, pass);
    }

    fn note(&mut self, index: usize, pass: &Pass<'a>) {
        self.passes.push(index);
        self.facing = self.facing + pass.facing;
        self.views.extend(pass.track.sightings.iter().map(|sighting| sighting.view));
    }

    /// Squared deviations between the thing and a pass; none if they cannot be the same: one front cannot look two
    /// ways, and one thing cannot be twice in most frames.
    fn distance(&self, pass: &Pass<'_>, place: &Place) -> Option<f64> {
        let apart_m = (place.position - self.place.position).length();
        if !is_alike(self.class, pass.class) || apart_m > REACH_M || is_turned(self.facing, pass.facing) {
            return None;
        }
        let distance = self.place.distance(place);
        let views = || pass.track.sightings.iter().map(|sighting| sighting.view);
        (distance < GATE && !self.are_together(views())).then_some(distance)
    }

    /// Whether so many of the frames that show this or another thing show both that they are two. A box around a part
    /// of a thing beside the one around all of it, or a track that broke off, is in a frame or two.
    fn are_together(&self, views: impl Iterator<Item = usize>) -> bool {
        let (mut shared, mut others) = (0, 0);
        views.for_each(|view| (shared, others) = (shared + usize::from(self.views.contains(&view)), others + 1));
        shared * TOGETHER_OF > self.views.len().min(others)
    }

    /// What the passes alone say.
    pub(super) fn unknown(&self) -> Self {
        Self { known: None, known_at: None, ..self.clone() }
    }

    /// This and another thing as one; none if they cannot be, or if earlier epochs told them apart.
    pub(super) fn joined(&self, other: &Self, passes: &[Pass<'a>]) -> Option<Self> {
        let both_known = self.known.is_some() && other.known.is_some();
        let turned = is_turned(self.facing, other.facing);
        let two = both_known || self.are_together(other.views.iter().copied());
        if !is_alike(self.class, other.class) || turned || two {
            return None;
        }
        let (mut kept, added) = if other.known.is_some() { (other.clone(), self) } else { (self.clone(), other) };
        added.passes.iter().for_each(|&index| kept.note(index, &passes[index]));
        Some(kept)
    }
}

/// Whether what is called so may be one thing: one pass may have misread a number.
fn is_alike(one: &ClassName, other: &ClassName) -> bool {
    family(one) == family(other)
}

/// Whether two fronts look too different ways; what has no front never does.
fn is_turned(one: Vec2, other: Vec2) -> bool {
    one != Vec2::ZERO && other != Vec2::ZERO && turn_rad(one.heading_rad(), other.heading_rad()).abs() > FACING_MAX_RAD
}
