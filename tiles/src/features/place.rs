//! Places that are known with some certainty, and their means.

use super::matrix::Sym2;
use super::plane::Vec2;

/// Where something is, and how sure that is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub(super) position: Vec2,
    pub(super) covariance: Sym2,
}

impl Place {
    /// As sure in every direction.
    pub(super) fn round(position: Vec2, sigma_m: f64) -> Self {
        Self { position, covariance: Sym2::round(sigma_m * sigma_m) }
    }

    /// The same with a further error of so much along each axis.
    pub(super) fn blurred(self, sigma_m: f64) -> Self {
        Self { covariance: self.covariance.plus(Sym2::round(sigma_m * sigma_m)), ..self }
    }

    /// Squared deviations between two places (χ² of two degrees if they are one).
    pub(super) fn distance(&self, other: &Self) -> f64 {
        self.covariance.plus(other.covariance).inverse().square(other.position - self.position)
    }
}

/// What some places say together, each weighted by its certainty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Opinion {
    certainty: Sym2,
    vote: Vec2,
}

impl Opinion {
    pub(super) const NONE: Self = Self { certainty: Sym2::ZERO, vote: Vec2::ZERO };

    /// With one more place that counts for `share` of itself.
    pub(super) fn with(self, place: &Place, share: f64) -> Self {
        let certainty = place.covariance.inverse().times(share);
        Self { certainty: self.certainty.plus(certainty), vote: self.vote + certainty.apply(place.position) }
    }

    /// What is left without the places of another opinion.
    pub(super) fn without(self, other: &Self) -> Self {
        Self { certainty: self.certainty.plus(other.certainty.times(-1.0)), vote: self.vote - other.vote }
    }

    /// Their mean; none if nothing was said.
    pub(super) fn mean(&self) -> Option<Place> {
        // What is left after taking away all that there was is zero but for rounding.
        (self.certainty.xx > CERTAINTY_MIN && self.certainty.yy > CERTAINTY_MIN).then(|| {
            let covariance = self.certainty.inverse();
            Place { position: covariance.apply(self.vote), covariance }
        })
    }
}

/// Of a place that is known to within 100 m.
const CERTAINTY_MIN: f64 = 1e-4;
