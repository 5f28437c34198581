//! Which way a thing faces.

use super::kind::Kind;
use super::plane::Vec2;
use super::sighting::Sighting;
use super::track::Track;
use super::view::View;

/// Directions that are tried, all around.
const DIRECTIONS: u32 = 72;
/// How much the width of a box is off beside its pixels, as a deviation of its logarithm: each by itself,
const WIDTH_SIGMA: f64 = 0.2;
/// and all of one pass together, as plates of a class differ.
const FRONT_SIGMA: f64 = 0.1;
/// Deviation of the width of a box, in pixels.
const WIDTH_SIGMA_PX: f64 = 1.2;
/// From the very side a thing is still so wide, by its width from the front: what it hangs on is, and the box is.
const SIDE_WIDTH: f64 = 0.3;
/// However many boxes agree: what makes one too wide, such as smear, makes the next so.
const BOXES_MAX: f64 = 10.0;
/// Boxes lower than this are too coarse for a ratio.
const HEIGHT_PX_MIN: f64 = 12.0;
/// How much a front turns away from the middle of those who see it, as one minus a cosine.
const AWAY: f64 = 0.15;

/// From where a box was seen, and the logarithm of how wide it is by the width from the front.
struct Width {
    towards: Vec2,
    log_ratio: f64,
    weight: f64,
}

/// The mean of all directions, each as likely as it explains how wide the thing looks from each side and as it faces
/// those who see it; shorter than 1 the less sure it is, and zero if the thing has no front. From one side alone what is
/// turned to the left looks like what is turned as far to the right, and the mean is in between; who drives by sees it
/// get wider or narrower.
pub(super) fn facing(views: &[View], track: &Track<'_>, kind: Kind) -> Vec2 {
    let Some(front) = kind.front_aspect else { return Vec2::ZERO };
    let at = track.solution.position();
    let sum = track.sightings.iter().fold(Vec2::ZERO, |sum, sighting| sum + (views[sighting.view].position - at));
    let seers = unit(sum);
    let width = |sighting: &&Sighting<'_>| Width::of(sighting, front, unit(views[sighting.view].position - at));
    let widths: Vec<Width> = track.sightings.iter().filter_map(width).collect();
    let unlikely = |direction: Vec2| misfit(&widths, direction) + (1.0 - direction.dot(seers)) / AWAY;
    let tried = (0..DIRECTIONS).map(|i| Vec2::of_heading(f64::from(i) * std::f64::consts::TAU / f64::from(DIRECTIONS)));
    let (sum, all) = tried.fold((Vec2::ZERO, 0.0), |(sum, all), direction| {
        let likely = libm::exp(-unlikely(direction) / 2.0);
        (sum + direction * likely, all + likely)
    });
    if all > 0.0 { sum * (1.0 / all) } else { Vec2::ZERO }
}

impl Width {
    /// None of a box that is cut or too low.
    fn of(sighting: &Sighting<'_>, front: f64, towards: Vec2) -> Option<Self> {
        let aspect = sighting.aspect.filter(|_| sighting.height_px >= HEIGHT_PX_MIN)?;
        let pixels = WIDTH_SIGMA_PX / (aspect * sighting.height_px);
        let weight = 1.0 / (WIDTH_SIGMA * WIDTH_SIGMA + pixels * pixels);
        Some(Self { towards, log_ratio: libm::log(aspect / front), weight })
    }
}

/// Squared deviations between widths and what they would be if the thing faced `direction`, where all may be off by one
/// factor (a normal one, integrated out).
fn misfit(widths: &[Width], direction: Vec2) -> f64 {
    let (mut all, mut sum, mut squares) = (0.0, 0.0, 0.0);
    let shared = (BOXES_MAX / widths.len().max(1) as f64).min(1.0);
    for Width { towards, log_ratio, weight } in widths {
        let cosine = direction.dot(*towards).max(0.0);
        let off = log_ratio - libm::log(cosine * cosine + SIDE_WIDTH * SIDE_WIDTH) / 2.0;
        let weight = weight * shared;
        (all, sum, squares) = (all + weight, sum + weight * off, squares + weight * off * off);
    }
    squares - sum * sum / (all + 1.0 / (FRONT_SIGMA * FRONT_SIGMA))
}

fn unit(v: Vec2) -> Vec2 {
    let length = v.length();
    if length > 0.0 { v * (1.0 / length) } else { Vec2::ZERO }
}
