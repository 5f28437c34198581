//! Squares of the plane, so that what is near is found without looking at everything.

use std::collections::BTreeMap;

use super::plane::Vec2;

/// Squares of 20 m, and the indices of what lies in each.
#[derive(Debug, Default)]
pub(super) struct Grid(BTreeMap<(i64, i64), Vec<usize>>);

const SIDE_M: f64 = 20.0;

impl Grid {
    pub(super) fn of(positions: impl Iterator<Item = Vec2>) -> Self {
        let mut grid = Self::default();
        positions.enumerate().for_each(|(index, at)| grid.add(at, index));
        grid
    }

    fn square(at: Vec2) -> (i64, i64) {
        // A float cast saturates, so that far outside stays outside.
        ((at.x / SIDE_M).floor() as i64, (at.y / SIDE_M).floor() as i64)
    }

    pub(super) fn add(&mut self, at: Vec2, index: usize) {
        self.0.entry(Self::square(at)).or_default().push(index);
    }

    /// How much lies in the same square.
    pub(super) fn crowd(&self, at: Vec2) -> usize {
        self.0.get(&Self::square(at)).map_or(0, Vec::len)
    }

    /// Everything within `reach_m`, and some of what is further.
    pub(super) fn around(&self, at: Vec2, reach_m: f64) -> impl Iterator<Item = usize> {
        let reach = Vec2 { x: reach_m, y: reach_m };
        let ((left, low), (right, high)) = (Self::square(at - reach), Self::square(at + reach));
        let columns = (left..=right).flat_map(move |x| self.0.range((x, low)..=(x, high)));
        columns.flat_map(|(_, indices)| indices.iter().copied())
    }
}
