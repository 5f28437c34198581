//! Colours.

use std::ops::{Add, Mul};

/// Red, green, blue, each 0 to 1 as a display shows them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rgb(pub(crate) f32, pub(crate) f32, pub(crate) f32);

pub(crate) const BLACK: Rgb = Rgb(0.05, 0.05, 0.05);
pub(crate) const WHITE: Rgb = Rgb(0.95, 0.95, 0.95);

impl Rgb {
    /// From this colour to `other`, by `share` of the way.
    pub(crate) fn mix(self, other: Self, share: f32) -> Self {
        self * (1.0 - share) + other * share
    }

    /// Channel by channel.
    pub(crate) fn times(self, other: Self) -> Self {
        Self(self.0 * other.0, self.1 * other.1, self.2 * other.2)
    }

    /// As bytes.
    pub(crate) fn bytes(self) -> [u8; 3] {
        // A float cast saturates.
        [self.0, self.1, self.2].map(|channel| (channel * 255.0 + 0.5) as u8)
    }
}

impl Add for Rgb {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0, self.1 + other.1, self.2 + other.2)
    }
}

impl Mul<f32> for Rgb {
    type Output = Self;
    fn mul(self, factor: f32) -> Self {
        Self(self.0 * factor, self.1 * factor, self.2 * factor)
    }
}
