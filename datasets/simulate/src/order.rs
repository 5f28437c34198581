//! Who stands before whom: the order in which a painter draws.

use crate::camera::View;
use crate::plane::{Vec2, vec2};

/// What is nearer to the camera than this does not hide anything.
const NEAR_M: f64 = 0.2;

/// A thing's outline on the ground as the camera sees it: to the right and ahead.
struct Outline {
    points: Vec<Vec2>,
    /// From left to right, as tangents.
    span: (f64, f64),
    distance_m: f64,
}

/// The indices of those that are ahead, farthest first, so that who is drawn later hides who was drawn before.
///
/// Exact for convex footprints that are apart: where two overlap as seen from the eye, one ray that meets both says
/// which is behind, and within a field of less than 180° that relation has no cycles. Should footprints touch, the
/// farthest of a cycle goes first.
pub(crate) fn farthest_first(view: &View, footprints: &[[Vec2; 4]]) -> Vec<usize> {
    let outlines: Vec<_> = footprints.iter().map(|footprint| outline(view, footprint)).collect();
    let ahead: Vec<usize> = (0..outlines.len()).filter(|&i| outlines[i].is_some()).collect();
    // Of each, those that it must be drawn before; and how many must be drawn before it.
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); outlines.len()];
    let mut waiting = vec![0_usize; outlines.len()];
    for (n, &i) in ahead.iter().enumerate() {
        for &j in &ahead[n + 1..] {
            let (Some(a), Some(b)) = (&outlines[i], &outlines[j]) else { continue };
            let Some(a_first) = is_before(a, b) else { continue };
            let (nearer, farther) = if a_first { (i, j) } else { (j, i) };
            before[farther].push(nearer);
            waiting[nearer] += 1;
        }
    }
    let distance = |i: usize| outlines[i].as_ref().map_or(0.0, |outline| outline.distance_m);
    drawn(ahead, &before, &mut waiting, distance)
}

fn drawn(
    mut left: Vec<usize>,
    before: &[Vec<usize>],
    waiting: &mut [usize],
    distance: impl Fn(usize) -> f64,
) -> Vec<usize> {
    left.sort_by(|&a, &b| distance(b).total_cmp(&distance(a)).then(a.cmp(&b)));
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let next = left.iter().position(|&i| waiting[i] == 0).unwrap_or(0);
        let chosen = left.remove(next);
        for &nearer in &before[chosen] {
            waiting[nearer] = waiting[nearer].saturating_sub(1);
        }
        order.push(chosen);
    }
    order
}

fn outline(view: &View, footprint: &[Vec2; 4]) -> Option<Outline> {
    let (eye, right) = (view.eye.ground(), view.forward.right());
    let local = footprint.map(|point| vec2((point - eye).dot(right), (point - eye).dot(view.forward)));
    let mut points = Vec::with_capacity(6);
    for (i, &to) in local.iter().enumerate() {
        let from = local[(i + 3) % 4];
        if (from.y < NEAR_M) != (to.y < NEAR_M) {
            points.push(from + (to - from) * ((NEAR_M - from.y) / (to.y - from.y)));
        }
        if to.y >= NEAR_M {
            points.push(to);
        }
    }
    let tangents = points.iter().map(|point| point.x / point.y);
    let span = tangents.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), t| (a.min(t), b.max(t)));
    let distance_m = points.iter().map(|point| point.length()).fold(f64::INFINITY, f64::min);
    (points.len() >= 3).then_some(Outline { points, span, distance_m })
}

/// Whether `a` is nearer than `b`; none if they do not overlap as seen from the eye.
fn is_before(a: &Outline, b: &Outline) -> Option<bool> {
    let (from, to) = (a.span.0.max(b.span.0), a.span.1.min(b.span.1));
    if to - from < 1e-6 {
        return None;
    }
    let tangent = f64::midpoint(from, to);
    let (at_a, at_b) = (depth(a, tangent), depth(b, tangent));
    Some(if at_a == at_b { a.distance_m < b.distance_m } else { at_a < at_b })
}

/// How far along the axis the ray of this tangent is in the middle of the outline.
fn depth(outline: &Outline, tangent: f64) -> f64 {
    let mut met = (f64::INFINITY, f64::NEG_INFINITY);
    for (i, &to) in outline.points.iter().enumerate() {
        let from = outline.points[(i + outline.points.len() - 1) % outline.points.len()];
        let (before, after) = (from.x - tangent * from.y, to.x - tangent * to.y);
        if (before < 0.0) != (after < 0.0) {
            let z = from.y + (to.y - from.y) * (before / (before - after));
            met = (met.0.min(z), met.1.max(z));
        }
    }
    f64::midpoint(met.0, met.1)
}
