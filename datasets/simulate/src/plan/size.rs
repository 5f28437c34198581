//! The size of a frame.

use std::fmt;
use std::str::FromStr;

use super::{PlanError, quoted};

/// Width and height of a frame in pixels: even, from 64 × 48 to 3840 × 2160.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameSize {
    width_px: u32,
    height_px: u32,
}

impl FrameSize {
    /// From pixels.
    ///
    /// # Errors
    /// [`PlanError::Size`] when a side is odd, too small or too large.
    pub fn new(width_px: u32, height_px: u32) -> Result<Self, PlanError> {
        let even = width_px.is_multiple_of(2) && height_px.is_multiple_of(2);
        if even && (64..=3840).contains(&width_px) && (48..=2160).contains(&height_px) {
            Ok(Self { width_px, height_px })
        } else {
            Err(PlanError::Size(format!("{width_px}x{height_px}")))
        }
    }

    /// In pixels.
    #[must_use]
    pub fn width_px(self) -> u32 {
        self.width_px
    }

    /// In pixels.
    #[must_use]
    pub fn height_px(self) -> u32 {
        self.height_px
    }
}

impl Default for FrameSize {
    fn default() -> Self {
        Self { width_px: 1280, height_px: 720 }
    }
}

impl FromStr for FrameSize {
    type Err = PlanError;
    fn from_str(text: &str) -> Result<Self, PlanError> {
        let sides = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
        sides.map_or_else(|| Err(PlanError::Size(quoted(text))), |(width, height)| Self::new(width, height))
    }
}

impl fmt::Display for FrameSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width_px, self.height_px)
    }
}
