//! Puts together what a wrong guess of a receiver's drift has kept apart.

use super::cluster::{Cluster, REACH_M};
use super::fuse::fused;
use super::grid::Grid;
use super::pass::Pass;
use super::place::Place;

/// Fewer than 1 in 100 pairs of places of the same thing are further apart, in squared deviations (χ², two degrees).
const GATE: f64 = 9.2;

/// Merges things that may be one by their places alone, nearest pairs first.
pub(super) fn merged<'a>(passes: &[Pass<'a>], clusters: Vec<Cluster<'a>>) -> Vec<Cluster<'a>> {
    let place = |cluster: &Cluster<'_>| fused(passes, cluster).unwrap_or(cluster.place);
    let places: Vec<Place> = clusters.iter().map(place).collect();
    let grid = Grid::of(places.iter().map(|place| place.position));
    let mut pairs = Vec::new();
    for (one, place) in places.iter().enumerate() {
        for other in grid.around(place.position, REACH_M).filter(|other| *other > one) {
            let apart_m = (places[other].position - place.position).length();
            let distance = place.distance(&places[other]);
            if distance < GATE && apart_m < REACH_M {
                pairs.push((distance, one, other));
            }
        }
    }
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let mut left: Vec<Option<Cluster<'_>>> = clusters.into_iter().map(Some).collect();
    for (_, one, other) in pairs {
        let (Some(first), Some(second)) = (&left[one], &left[other]) else { continue };
        if let Some(both) = first.joined(second, passes) {
            (left[one], left[other]) = (Some(both), None);
        }
    }
    left.into_iter().flatten().collect()
}
