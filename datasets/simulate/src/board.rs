//! Flat surfaces to draw on: walls, panels, people.

use crate::plane::{UP, Vec2, Vec3};

/// An upright plane: a corner, and the direction that runs to the right for who looks at it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Board {
    origin: Vec3,
    right: Vec2,
}

impl Board {
    pub(crate) fn new(origin: Vec3, right: Vec2) -> Self {
        Self { origin, right }
    }

    /// Around `origin`, facing `normal`.
    pub(crate) fn facing(origin: Vec3, normal: Vec2) -> Self {
        Self { origin, right: normal.right() * -1.0 }
    }

    /// So far to the right and up.
    pub(crate) fn at(self, right_m: f64, up_m: f64) -> Vec3 {
        self.origin + (self.right * right_m).at_height(0.0) + UP * up_m
    }

    /// From the left and low corner, so wide and high.
    pub(crate) fn rect(self, (right_m, up_m): (f64, f64), (width_m, height_m): (f64, f64)) -> [Vec3; 4] {
        self.quad([
            (right_m, up_m),
            (right_m + width_m, up_m),
            (right_m + width_m, up_m + height_m),
            (right_m, up_m + height_m),
        ])
    }

    pub(crate) fn quad(self, corners: [(f64, f64); 4]) -> [Vec3; 4] {
        corners.map(|(right_m, up_m)| self.at(right_m, up_m))
    }

    /// Any outline.
    pub(crate) fn shape(self, corners: &[(f64, f64)]) -> Vec<Vec3> {
        corners.iter().map(|&(right_m, up_m)| self.at(right_m, up_m)).collect()
    }

    /// An ellipse of so many corners around a point.
    pub(crate) fn ellipse(
        self,
        (right_m, up_m): (f64, f64),
        (wide_m, high_m): (f64, f64),
        corners: usize,
    ) -> Vec<Vec3> {
        let corner = |i: usize| {
            let (sin, cos) = ((i as f64 + 0.5) / corners as f64 * std::f64::consts::TAU).sin_cos();
            self.at(right_m + wide_m * sin, up_m - high_m * cos)
        };
        (0..corners).map(corner).collect()
    }
}
