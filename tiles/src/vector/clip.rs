//! Lines and rings, cut at the edges of a tile.

use super::world::{BUFFER, EXTENT};

type Point = (i32, i32);

const LEAST: i32 = -BUFFER;
const MOST: i32 = EXTENT + BUFFER;

fn is_inside(at: &Point) -> bool {
    (LEAST..=MOST).contains(&at.0) && (LEAST..=MOST).contains(&at.1)
}

/// The parts of a line within the buffer of a tile.
pub(super) fn line(spots: &[Point]) -> Vec<Vec<Point>> {
    if spots.iter().all(is_inside) {
        return vec![spots.to_vec()];
    }
    let mut parts: Vec<Vec<Point>> = Vec::new();
    for ends in spots.windows(2) {
        let Some((from, to)) = segment(ends[0], ends[1]) else { continue };
        match parts.last_mut() {
            Some(part) if part.last() == Some(&from) => part.push(to),
            _ => parts.push(vec![from, to]),
        }
    }
    parts.retain(|part| part.windows(2).any(|ends| ends[0] != ends[1]));
    parts
}

/// The part of a segment within the buffer (Liang and Barsky).
fn segment(from: Point, to: Point) -> Option<(Point, Point)> {
    let (mut enters, mut leaves) = (0.0f64, 1.0f64);
    let run = (f64::from(to.0) - f64::from(from.0), f64::from(to.1) - f64::from(from.1));
    for (start, step) in [(from.0, run.0), (from.1, run.1)] {
        let bounds = [f64::from(LEAST) - f64::from(start), f64::from(MOST) - f64::from(start)];
        if step == 0.0 {
            if bounds[0] > 0.0 || bounds[1] < 0.0 {
                return None;
            }
            continue;
        }
        let (near, far) = if step > 0.0 { (bounds[0], bounds[1]) } else { (bounds[1], bounds[0]) };
        enters = enters.max(near / step);
        leaves = leaves.min(far / step);
    }
    let at = |share: f64| {
        let along = |start: i32, step: f64| (f64::from(start) + step * share).round() as i32;
        (along(from.0, run.0), along(from.1, run.1))
    };
    (enters <= leaves)
        .then(|| (if enters > 0.0 { at(enters) } else { from }, if leaves < 1.0 { at(leaves) } else { to }))
}

/// The part of a ring within the buffer (Sutherland and Hodgman); the last spot is followed by the first.
pub(super) fn ring(spots: &[Point]) -> Vec<Point> {
    let mut ring = spots.to_vec();
    if ring.iter().all(is_inside) {
        return ring;
    }
    for (is_x, bound, sign) in [(true, LEAST, 1), (true, MOST, -1), (false, LEAST, 1), (false, MOST, -1)] {
        let depth = |at: &Point| i64::from(sign) * (i64::from(if is_x { at.0 } else { at.1 }) - i64::from(bound));
        let mut kept = Vec::with_capacity(ring.len() + 2);
        for (from, to) in ring.iter().zip(ring.iter().cycle().skip(1)) {
            let (before, after) = (depth(from), depth(to));
            if before >= 0 {
                kept.push(*from);
            }
            if (before >= 0) != (after >= 0) {
                let share = before as f64 / (before - after) as f64;
                let along = |a: i32, b: i32| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as i32;
                let other = if is_x { along(from.1, to.1) } else { along(from.0, to.0) };
                kept.push(if is_x { (bound, other) } else { (other, bound) });
            }
        }
        ring = kept;
    }
    ring
}

/// Twice the area of a ring; positive if it is an outer one, as the standard wants it.
pub(super) fn area(ring: &[Point]) -> i64 {
    let cross = |a: &Point, b: &Point| i64::from(a.0) * i64::from(b.1) - i64::from(b.0) * i64::from(a.1);
    ring.iter().zip(ring.iter().cycle().skip(1)).map(|(a, b)| cross(a, b)).sum()
}
