//! Which found thing is which true thing.

use waymark_datasets::{ClassName, Position};

/// A thing of a class at a place.
#[derive(Debug, Clone, Copy)]
pub struct Thing<'a> {
    /// What it is.
    pub class: &'a ClassName,
    /// Where it is.
    pub at: Position,
}

/// A found thing and the real one that it is taken for, by their places in what was given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// The found one.
    pub found: usize,
    /// The real one.
    pub real: usize,
    /// How far they are apart.
    pub distance_m: f64,
}

/// Pairs of things of one class at most `reach_m` apart: the nearest pair first, then the nearest of what is left, so
/// that each thing is in one pair at most. Of pairs equally near, the one that comes first in `found`, then in `real`.
#[must_use]
pub fn pairs(found: &[Thing<'_>], real: &[Thing<'_>], reach_m: f64) -> Vec<Pair> {
    let mut near: Vec<Pair> = Vec::new();
    for (i, a) in found.iter().enumerate() {
        let same = real.iter().enumerate().filter(|(_, b)| b.class == a.class);
        let pairs = same.map(|(j, b)| Pair { found: i, real: j, distance_m: a.at.distance_m(b.at) });
        near.extend(pairs.filter(|pair| pair.distance_m <= reach_m));
    }
    // Stable, so equal distances stay in the order of the loops.
    near.sort_by(|a, b| a.distance_m.total_cmp(&b.distance_m));
    let (mut is_found_free, mut is_real_free) = (vec![true; found.len()], vec![true; real.len()]);
    near.retain(|pair| {
        let is_free = is_found_free[pair.found] && is_real_free[pair.real];
        if is_free {
            (is_found_free[pair.found], is_real_free[pair.real]) = (false, false);
        }
        is_free
    });
    near
}
