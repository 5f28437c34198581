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

/// The mean of all directions, each as likely as it explains how wide the thing looks from each side and as it faces
/// those who see it; shorter than 1 the less sure it is, and zero if the thing has no front. From one side alone what is
/// turned to the left looks like what is turned as far to the right, and the mean is in between.
pub(super) fn facing(views: &[View], track: &Track<'_>, kind: Kind) -> Vec2 {
    let Some(front) = kind.front_aspect else { return Vec2::ZERO };
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
    let (sum, all) = tried.fold((Vec2::ZERO, 0.0), |(sum, all), direction| {
        let likely = libm::exp(-unlikely(direction) / 2.0);
        (sum + direction * likely, all + likely)
    });
    if all > 0.0 { sum * (1.0 / all) } else { Vec2::ZERO }
}

fn unit(v: Vec2) -> Vec2 {
    let length = v.length();
    if length > 0.0 { v * (1.0 / length) } else { Vec2::ZERO }
}
