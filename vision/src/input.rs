//! What a model wants to be given: size, order and range of its input tensor.

use serde::Deserialize;

use crate::PackError;
use crate::manifest::{Place, SIDE_MAX_PX};

/// How pixels become an input tensor.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputSpec {
    /// Name of the input tensor.
    pub tensor: String,
    /// Its size in pixels.
    pub size: InputSize,
    /// Order of its axes.
    #[serde(default)]
    pub layout: Layout,
    /// Order of its channels.
    pub colour: ColourOrder,
    /// How an image of another shape is fitted in.
    pub fit: Fit,
    /// Byte value of the border that a letterbox leaves.
    #[serde(default)]
    pub pad: u8,
    /// A tensor value is `(byte - mean) / scale`.
    #[serde(default)]
    pub mean: f32,
    /// A tensor value is `(byte - mean) / scale`; not 0.
    #[serde(default = "one")]
    pub scale: f32,
}

fn one() -> f32 {
    1.0
}

/// The size of an input tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum InputSize {
    /// Always the same.
    Fixed {
        /// Width in pixels.
        width_px: u32,
        /// Height in pixels.
        height_px: u32,
    },
    /// The longer side of the image becomes `longest_px`; both sides are filled up to a multiple of `multiple_px`.
    Longest {
        /// Longer side in pixels.
        longest_px: u32,
        /// Both sides are multiples of this.
        multiple_px: u32,
    },
}

/// Order of a tensor's axes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// Batch, channel, row, column.
    #[default]
    Nchw,
    /// Batch, row, column, channel.
    Nhwc,
}

/// Order of a tensor's channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColourOrder {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
}

/// How an image is fitted into a tensor of another shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// Shape kept, border to the right or below.
    LetterboxTopLeft,
    /// Shape kept, border on both sides.
    LetterboxCentre,
    /// Shape given up.
    Stretch,
}

impl InputSpec {
    /// Whether both sides of every input are multiples of `step`, which is not 0.
    pub(crate) fn sides_are_multiples_of(&self, step: u32) -> bool {
        match self.size {
            InputSize::Fixed { width_px, height_px } => width_px % step == 0 && height_px % step == 0,
            InputSize::Longest { multiple_px, .. } => multiple_px % step == 0,
        }
    }

    pub(crate) fn check(&self, at: &Place) -> Result<(), PackError> {
        let side = |px: u32| (1..=SIDE_MAX_PX).contains(&px);
        let sized = match self.size {
            InputSize::Fixed { width_px, height_px } => side(width_px) && side(height_px),
            InputSize::Longest { longest_px, multiple_px } => {
                side(longest_px) && side(multiple_px) && self.fit != Fit::Stretch
            }
        };
        at.check(sized, "input.size must have sides of 1 to 16384 pixels, and longest_px no fit \"stretch\"")?;
        at.check(self.mean.is_finite(), "input.mean must be a number")?;
        at.check(self.scale.is_normal(), "input.scale must be a number other than 0")
    }
}
