//! Which way a thing faces.

use super::kind::Kind;
use super::plane::Vec2;
use super::track::Track;
use super::view::View;

/// Directions that are tried, all around.
const DIRECTIONS: u32 = 72;
/// Something flat seen from the side is narrow: the cosine of the angle is its width by its height, compared with
/// that from the front, give or take so much (plates of one class differ, and boxes are not exact).
const ASPECT_SIGMA: f64 = 0.25;
/// However many boxes agree: they share the error of what is taken for the aspect from the front.
const BOXES_MAX: f64 = 3.0;
/// Boxes lower than this are too coarse for a ratio.
const HEIGHT_PX_MIN: f64 = 12.0;
/// How much a front turns away from the middle of those who see it, as one minus a cosine.
const AWAY: f64 = 0.15;

/// The direction that explains best how wide a thing looks from each side, or else towards those who see it; none if
/// it has no front.
pub(super) fn facing_rad(views: &[View], track: &Track<'_>, kind: Kind) -> Option<f64> {
    let front = kind.front_aspect?;
    let at = track.solution.position();
    let towards = |view: usize| unit(views[view].position - at);
    let sum = track.sightings.iter().fold(Vec2::ZERO, |sum, sighting| sum + (views[sighting.view].position - at));
    let seers = unit(sum);
    let tall = track.sightings.iter().filter(|sighting| sighting.height_px >= HEIGHT_PX_MIN);
    let boxes: Vec<(Vec2, f64)> =
        tall.filter_map(|sighting| Some((towards(sighting.view), (sighting.aspect? / front).min(1.0)))).collect();
    let weight = BOXES_MAX.min(boxes.len() as f64) / (boxes.len().max(1) as f64 * ASPECT_SIGMA * ASPECT_SIGMA);
    let unlikely = |direction: Vec2| {
        let misfit = |(towards, cosine): &(Vec2, f64)| (direction.dot(*towards).max(0.0) - cosine).powi(2);
        weight * boxes.iter().map(misfit).sum::<f64>() + (1.0 - direction.dot(seers)) / AWAY
    };
    let tried = (0..DIRECTIONS).map(|i| Vec2::of_heading(f64::from(i) * std::f64::consts::TAU / f64::from(DIRECTIONS)));
    let best = tried.min_by(|a, b| unlikely(*a).total_cmp(&unlikely(*b)))?;
    (seers != Vec2::ZERO).then(|| best.heading_rad())
}

fn unit(v: Vec2) -> Vec2 {
    let length = v.length();
    if length > 0.0 { v * (1.0 / length) } else { Vec2::ZERO }
}
