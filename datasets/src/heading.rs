//! Direction of travel or view, and the sector that it falls in.

use crate::Invalid;
use crate::word::serde_as_number;

/// Degrees clockwise from true north, `0..360`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Heading(f64);

impl Heading {
    /// Any finite angle, turned into `0..360`; anything else is north.
    #[must_use]
    pub fn wrapping(degrees: f64) -> Self {
        let turned = degrees.rem_euclid(360.0);
        // rem_euclid of a tiny negative number rounds to 360 itself, and of -0.0 gives -0.0, which adding zero mends.
        Self(if turned.is_finite() && turned < 360.0 { turned + 0.0 } else { 0.0 })
    }

    /// Degrees clockwise from true north.
    #[must_use]
    pub fn degrees(self) -> f64 {
        self.0
    }

    /// The shorter turn from here to another direction, in degrees: clockwise above zero, `-180..180`.
    #[must_use]
    pub fn turn_deg(self, to: Self) -> f64 {
        (to.0 - self.0 + 540.0).rem_euclid(360.0) - 180.0
    }

    /// The sector of 45° that this direction falls in.
    #[must_use]
    pub fn octant(self) -> Octant {
        // In 0..=8: the half sector west of north belongs to octant 0.
        let sector = ((self.0 + 22.5) / 45.0).floor() as u8;
        Octant(sector % Octant::COUNT)
    }
}

impl TryFrom<f64> for Heading {
    type Error = Invalid;
    fn try_from(degrees: f64) -> Result<Self, Invalid> {
        if (0.0..360.0).contains(&degrees) {
            Ok(Self(degrees + 0.0))
        } else {
            Err(Invalid::new("heading", degrees, "0 or more and less than 360 degrees"))
        }
    }
}

impl From<Heading> for f64 {
    fn from(heading: Heading) -> Self {
        heading.0
    }
}

serde_as_number!(Heading, f64);

/// One of eight sectors of 45°, clockwise; 0 is centred on north.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Octant(u8);

impl Octant {
    /// How many sectors there are.
    pub const COUNT: u8 = 8;

    /// The direction in the middle of the sector.
    #[must_use]
    pub fn centre(self) -> Heading {
        Heading(f64::from(self.0) * 45.0)
    }
}

impl TryFrom<u8> for Octant {
    type Error = Invalid;
    fn try_from(sector: u8) -> Result<Self, Invalid> {
        if sector < Self::COUNT { Ok(Self(sector)) } else { Err(Invalid::new("octant", sector, "0..=7")) }
    }
}

impl From<Octant> for u8 {
    fn from(octant: Octant) -> Self {
        octant.0
    }
}

serde_as_number!(Octant, u8);
