//! Pixels before and after redaction: two types, and one way from the first to the second.

use bytes::Bytes;
use waymark_datasets::Ppm;

use crate::encode::encode;
use crate::redact::{covered, mosaic};
use crate::settings::EncodeSettings;
use crate::{Error, PixelBox};

/// Decoded pixels that may show faces and plates. They cannot be read outside this crate; [`RawImage::redact`]
/// is the only way on.
pub struct RawImage {
    width_px: u32,
    height_px: u32,
    /// Rows top down, red, green, blue.
    rgb: Vec<u8>,
}

impl RawImage {
    /// Takes `rgb`: rows top down, 3 bytes per pixel; `None` when the length does not fit the size or a side is 0.
    #[must_use]
    pub fn from_rgb(width_px: u32, height_px: u32, rgb: Vec<u8>) -> Option<Self> {
        let len = (width_px as usize).checked_mul(height_px as usize)?.checked_mul(3)?;
        (len > 0 && rgb.len() == len).then_some(Self { width_px, height_px, rgb })
    }

    /// Width in pixels.
    #[must_use]
    pub fn width_px(&self) -> u32 {
        self.width_px
    }

    /// Height in pixels.
    #[must_use]
    pub fn height_px(&self) -> u32 {
        self.height_px
    }

    pub(crate) fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// Trades raw pixels for redacted ones: every area becomes a mosaic of at most 6 by 6 averages.
    ///
    /// # Errors
    /// [`Error::Encode`] when the image is wider or higher than JPEG holds.
    pub fn redact(mut self, areas: &[PixelBox], settings: EncodeSettings) -> Result<RedactedImage, Error> {
        let (width_px, height_px) = (self.width_px, self.height_px);
        let areas: Vec<_> = areas.iter().filter_map(|area| area.to_area(width_px, height_px)).collect();
        for &area in &areas {
            mosaic(&mut self.rgb, width_px as usize, area);
        }
        let jpeg = encode(&self.rgb, (width_px, height_px), settings)?;
        Ok(RedactedImage { jpeg, redacted: covered(&areas, (width_px, height_px)) })
    }
}

impl std::fmt::Debug for RawImage {
    /// The size only: a log must not hold pixels.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RawImage({}x{})", self.width_px, self.height_px)
    }
}

/// A JPEG without metadata whose private areas are mosaics; made from a [`RawImage`] only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedactedImage {
    jpeg: Bytes,
    redacted: Ppm,
}

impl RedactedImage {
    /// The file.
    #[must_use]
    pub fn jpeg(&self) -> &Bytes {
        &self.jpeg
    }

    /// The share of the image that is mosaic.
    #[must_use]
    pub fn redacted(&self) -> Ppm {
        self.redacted
    }
}
