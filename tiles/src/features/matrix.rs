//! Small symmetric matrices: how sure something is.

use super::plane::Vec2;

/// A covariance (m²) or its inverse: `[xx, xy; xy, yy]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sym2 {
    pub(super) xx: f64,
    pub(super) xy: f64,
    pub(super) yy: f64,
}

/// No position is known better than to a millimetre, so that every covariance has an inverse.
const VARIANCE_MIN_M2: f64 = 1e-6;

impl Sym2 {
    pub(super) const ZERO: Self = Self { xx: 0.0, xy: 0.0, yy: 0.0 };

    /// The same in every direction.
    pub(super) fn round(variance: f64) -> Self {
        Self { xx: variance, xy: 0.0, yy: variance }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self { xx: self.xx + other.xx, xy: self.xy + other.xy, yy: self.yy + other.yy }
    }

    pub(super) fn times(self, factor: f64) -> Self {
        Self { xx: self.xx * factor, xy: self.xy * factor, yy: self.yy * factor }
    }

    pub(super) fn inverse(self) -> Self {
        let (xx, yy) = (self.xx + VARIANCE_MIN_M2, self.yy + VARIANCE_MIN_M2);
        let determinant = (xx * yy - self.xy * self.xy).max(VARIANCE_MIN_M2 * VARIANCE_MIN_M2);
        Self { xx: yy / determinant, xy: -self.xy / determinant, yy: xx / determinant }
    }

    pub(super) fn apply(self, v: Vec2) -> Vec2 {
        Vec2 { x: self.xx * v.x + self.xy * v.y, y: self.xy * v.x + self.yy * v.y }
    }

    /// vᵀ M v: of an inverse covariance, the squared Mahalanobis distance.
    pub(super) fn square(self, v: Vec2) -> f64 {
        v.dot(self.apply(v))
    }

    pub(super) fn trace(self) -> f64 {
        self.xx + self.yy
    }

    /// The larger of its eigenvalues.
    pub(super) fn largest(self) -> f64 {
        let half = (self.xx - self.yy) / 2.0;
        self.trace() / 2.0 + (half * half + self.xy * self.xy).sqrt()
    }
}

/// A square matrix, used as symmetric.
pub(super) type Matrix<const N: usize> = [[f64; N]; N];

/// M⁻¹ of a positive definite matrix, by Gauss and Jordan without exchange of rows; none of any other.
pub(super) fn inverse<const N: usize>(m: &Matrix<N>) -> Option<Matrix<N>> {
    let mut left = *m;
    let mut right: Matrix<N> = std::array::from_fn(|r| std::array::from_fn(|c| if r == c { 1.0 } else { 0.0 }));
    for pivot in 0..N {
        let head = left[pivot][pivot];
        if !(head > 0.0 && head.is_finite()) {
            return None;
        }
        left[pivot] = left[pivot].map(|value| value / head);
        right[pivot] = right[pivot].map(|value| value / head);
        let (above, beside) = (left[pivot], right[pivot]);
        for row in (0..N).filter(|row| *row != pivot) {
            let factor = left[row][pivot];
            left[row] = std::array::from_fn(|c| left[row][c] - factor * above[c]);
            right[row] = std::array::from_fn(|c| right[row][c] - factor * beside[c]);
        }
    }
    Some(right)
}

pub(super) fn product<const N: usize>(m: &Matrix<N>, v: &[f64; N]) -> [f64; N] {
    std::array::from_fn(|r| (0..N).map(|c| m[r][c] * v[c]).sum())
}
