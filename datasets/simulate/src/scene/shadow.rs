//! What the sun does not reach: one veil over the ground, so that shadows do not add up.

use super::Thing;
use crate::canvas::Canvas;
use crate::plane::{Vec2, Vec3};
use crate::tone::Rgb;

const SHADE: Rgb = Rgb(0.03, 0.04, 0.07);
/// Longer shadows run out of the town.
const SHADOW_M_MAX: f64 = 26.0;
const SIGHT_M: f64 = 75.0;

pub(crate) fn paint(canvas: &mut Canvas, things: &[Thing<'_>]) {
    let sun = canvas.light.sun_at;
    let strength = (canvas.light.sun.0 * 0.62).min(0.42);
    let away = sun.ground().unit() * -1.0;
    let per_metre = (sun.ground().length() / sun.z.max(0.05)).min(6.0);
    let eye = canvas.view.eye.ground();
    let mut shadows: Vec<Vec<Vec3>> = Vec::new();
    let mut under: Vec<Vec<Vec3>> = Vec::new();
    for thing in things {
        let footprint = thing.footprint();
        if (footprint[0] - eye).length() > SIGHT_M {
            continue;
        }
        let fall = away * (thing.height_m() * per_metre).min(SHADOW_M_MAX);
        shadows.extend(swept(&footprint, fall));
        if matches!(thing, Thing::Vehicle(_) | Thing::Person(_)) {
            under.push(grounded(&footprint));
        }
        if let Thing::Tree(tree) = thing {
            shadows.push(crown(
                tree.foot + away * (tree.height_m * 0.7 * per_metre).min(SHADOW_M_MAX),
                tree.height_m * 0.26,
            ));
        }
    }
    if strength > 0.05 {
        canvas.veil(shadows, SHADE, strength);
    }
    canvas.veil(under, SHADE, 0.5);
}

/// The footprint, moved along the fall: each edge sweeps a quadrilateral.
fn swept(footprint: &[Vec2; 4], fall: Vec2) -> Vec<Vec<Vec3>> {
    let edge = |i: usize| {
        let (a, b) = (footprint[i], footprint[(i + 1) % 4]);
        grounded(&[a, b, b + fall, a + fall])
    };
    (0..4).map(edge).chain([grounded(&footprint.map(|point| point + fall))]).collect()
}

fn crown(middle: Vec2, radius_m: f64) -> Vec<Vec3> {
    let corner = |i: i32| {
        let bulge = 1.0 + 0.18 * f64::from(i % 3);
        middle + Vec2::of_heading(f64::from(i) * std::f64::consts::TAU / 12.0) * (radius_m * bulge)
    };
    grounded(&(0..12).map(corner).collect::<Vec<_>>())
}

/// On the ground, and always turning the same way, as what overlaps in opposite turns would cancel.
fn grounded(points: &[Vec2]) -> Vec<Vec3> {
    let area: f64 = (0..points.len()).map(|i| points[i].cross(points[(i + 1) % points.len()])).sum();
    let at = |point: &Vec2| point.at_height(0.0);
    if area < 0.0 { points.iter().rev().map(at).collect() } else { points.iter().map(at).collect() }
}
