//! How good a frame is, in integers, so that the best one is the same on every machine.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use waymark_datasets::Ppm;

use crate::{Error, RawImage};

/// Images are measured at this length of their longer side, so that resolution is no quality of its own.
const WORKING_LONG_SIDE_PX: u32 = 512;
/// The variance of the Laplacian at which an image counts as half sharp.
const HALF_SHARP_VARIANCE: f64 = 250.0;
/// Luma outside this range is crushed or blown.
const EXPOSED_LUMA: std::ops::RangeInclusive<u8> = 10..=245;

/// What a frame is worth as a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measures {
    /// `v / (v + 250)`, where `v` is the variance of the 4-neighbour Laplacian of the luma (BT.601, 0 to 255) of the
    /// image scaled to 512 pixels on its longer side (Pech-Pacheco et al. 2000, LAPV).
    pub sharpness: Ppm,
    /// The share of pixels at that scale whose luma is 10 to 245.
    pub exposure: Ppm,
}

impl Measures {
    /// `sharpness * exposure * (1 - redacted)`.
    #[must_use]
    pub fn quality(&self, redacted: Ppm) -> Ppm {
        self.sharpness.times(self.exposure).times(redacted.complement())
    }
}

/// Measures raw pixels; needs no model.
///
/// # Errors
/// [`Error::Encode`] when the image cannot be scaled.
pub fn measure(raw: &RawImage) -> Result<Measures, Error> {
    let size_px = (raw.width_px(), raw.height_px());
    let small = shrink(raw.rgb(), size_px, WORKING_LONG_SIDE_PX).map_err(Error::Encode)?;
    let width = small.width() as usize;
    let luma: Vec<u8> = small.buffer().chunks_exact(3).map(luma).collect();
    let exposed = luma.iter().filter(|value| EXPOSED_LUMA.contains(value)).count();
    let variance = laplacian_variance(&luma, width);
    Ok(Measures {
        sharpness: Ppm::from_ratio(variance / (variance + HALF_SHARP_VARIANCE)),
        exposure: Ppm::of(exposed as u64, luma.len() as u64),
    })
}

/// The picture at this length of its longer side, by averages over areas.
pub(crate) fn shrink(rgb: &[u8], size_px: (u32, u32), long_side_px: u32) -> Result<Image<'static>, String> {
    let (width, height) = size_px;
    let long = width.max(height);
    let scaled = |side: u32| (u64::from(side) * u64::from(long_side_px) / u64::from(long)).max(1) as u32;
    let source = ImageRef::new(width, height, rgb, PixelType::U8x3).map_err(|error| error.to_string())?;
    let mut small = Image::new(scaled(width), scaled(height), PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Box));
    Resizer::new().resize(&source, &mut small, &options).map_err(|error| error.to_string())?;
    Ok(small)
}

/// BT.601 luma in integers: the weights sum to 256.
pub(crate) fn luma(pixel: &[u8]) -> u8 {
    let weighted = 77 * u32::from(pixel[0]) + 150 * u32::from(pixel[1]) + 29 * u32::from(pixel[2]);
    ((weighted + 128) >> 8) as u8
}

/// The variance over all inner pixels; exact integer sums, so the order of adding cannot matter.
fn laplacian_variance(luma: &[u8], width: usize) -> f64 {
    let at = |i: usize| i64::from(luma[i]);
    let (mut sum, mut squares, mut count) = (0_i64, 0_i64, 0_i64);
    let height = luma.len() / width;
    for y in 1..height.saturating_sub(1) {
        for i in y * width + 1..(y + 1) * width - 1 {
            let value = at(i - 1) + at(i + 1) + at(i - width) + at(i + width) - 4 * at(i);
            sum += value;
            squares += value * value;
            count += 1;
        }
    }
    if count == 0 {
        return 0.0;
    }
    let mean = sum as f64 / count as f64;
    squares as f64 / count as f64 - mean * mean
}
