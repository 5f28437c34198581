//! From a decoder's pixels to ours.

use ffmpeg_next::format::Pixel;
use ffmpeg_next::software::scaling;
use ffmpeg_next::{Error, frame};
use image::{GrayImage, RgbImage};

use crate::motion::WIDTH_PX;

/// Scaling contexts, kept from frame to frame: a stream seldom changes its size.
#[derive(Default)]
pub(crate) struct Scaler {
    rgb: Option<scaling::Context>,
    small: Option<scaling::Context>,
}

impl Scaler {
    /// To RGB of the same size.
    pub(crate) fn rgb(&mut self, decoded: &frame::Video) -> Result<RgbImage, Error> {
        let to = (Pixel::RGB24, decoded.width(), decoded.height());
        let rgb = scaled(&mut self.rgb, decoded, to)?;
        RgbImage::from_raw(to.1, to.2, packed(&rgb, 3)).ok_or(Error::Bug)
    }

    /// To grey, as wide as motion is looked for in.
    pub(crate) fn thumbnail(&mut self, decoded: &frame::Video) -> Result<GrayImage, Error> {
        let (width, height) = (u64::from(decoded.width().max(1)), u64::from(decoded.height()));
        let height = u32::try_from((height * u64::from(WIDTH_PX) / width).max(1)).unwrap_or(u32::MAX);
        // A tall strip is no street.
        let to = (Pixel::GRAY8, WIDTH_PX, height.min(4 * WIDTH_PX));
        let grey = scaled(&mut self.small, decoded, to)?;
        GrayImage::from_raw(to.1, to.2, packed(&grey, 1)).ok_or(Error::Bug)
    }
}

/// With the rounding that is the same on every CPU.
fn scaled(
    context: &mut Option<scaling::Context>,
    decoded: &frame::Video,
    to: (Pixel, u32, u32),
) -> Result<frame::Video, Error> {
    let from = (decoded.format(), decoded.width(), decoded.height());
    let fits = |scaler: &scaling::Context| {
        let (input, output) = (scaler.input(), scaler.output());
        (input.format, input.width, input.height) == from && (output.format, output.width, output.height) == to
    };
    if !context.as_ref().is_some_and(fits) {
        let flags = scaling::Flags::BILINEAR | scaling::Flags::ACCURATE_RND | scaling::Flags::BITEXACT;
        *context = Some(scaling::Context::get(from.0, from.1, from.2, to.0, to.1, to.2, flags)?);
    }
    let mut result = frame::Video::empty();
    context.as_mut().ok_or(Error::Bug)?.run(decoded, &mut result)?;
    Ok(result)
}

/// The rows without what pads them.
fn packed(picture: &frame::Video, bytes_per_pixel: usize) -> Vec<u8> {
    let (row, height) = (bytes_per_pixel * picture.width() as usize, picture.height() as usize);
    let mut pixels = Vec::with_capacity(row * height);
    picture.data(0).chunks(picture.stride(0)).take(height).for_each(|line| pixels.extend_from_slice(&line[..row]));
    pixels
}
