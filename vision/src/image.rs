//! Pixels before and after redaction: two types, and one way from the first to the second.

use bytes::Bytes;
use waymark_datasets::Ppm;
use waymark_datasets::rows::Witness;

use crate::encode::encode;
use crate::motion::Pair;
use crate::redact::{covered, mosaic};
use crate::settings::EncodeSettings;
use crate::witness::witness;
use crate::{Error, PixelBox};

/// Decoded pixels that may show faces and plates. They cannot be read outside this crate; [`RawImage::redact`]
/// is the only way on.
pub struct RawImage {
    width_px: u32,
    height_px: u32,
    /// Rows top down, red, green, blue.
    rgb: Vec<u8>,
    /// Itself and a neighbour, small, if it has one.
    pair: Option<Pair>,
}

impl RawImage {
    /// Takes `rgb`: rows top down, 3 bytes per pixel; `None` when the length does not fit the size or a side is 0.
    #[must_use]
    pub fn from_rgb(width_px: u32, height_px: u32, rgb: Vec<u8>) -> Option<Self> {
        let len = (width_px as usize).checked_mul(height_px as usize)?.checked_mul(3)?;
        (len > 0 && rgb.len() == len).then_some(Self { width_px, height_px, rgb, pair: None })
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

    /// The same with what it looked like just before or after.
    pub(crate) fn with_pair(self, pair: Option<Pair>) -> Self {
        Self { pair, ..self }
    }

    pub(crate) fn pair(&self) -> Option<&Pair> {
        self.pair.as_ref()
    }

    pub(crate) fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// Trades raw pixels for redacted ones: every area becomes a mosaic of at most 6 by 6 averages.
    ///
    /// # Errors
    /// [`Error::Encode`] when the image is wider or higher than JPEG holds, or cannot be scaled.
    pub fn redact(mut self, areas: &[PixelBox], settings: EncodeSettings) -> Result<RedactedImage, Error> {
        let (width_px, height_px) = (self.width_px, self.height_px);
        let areas: Vec<_> = areas.iter().filter_map(|area| area.to_area(width_px, height_px)).collect();
        for &area in &areas {
            mosaic(&mut self.rgb, width_px as usize, area);
        }
        let witness = witness(&self.rgb, (width_px, height_px))?;
        let jpeg = encode(&self.rgb, (width_px, height_px), settings)?;
        Ok(RedactedImage { jpeg, redacted: covered(&areas, (width_px, height_px)), witness })
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
    witness: Witness,
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

    /// What it looks like, in numbers; without motion.
    #[must_use]
    pub fn witness(&self) -> Witness {
        self.witness
    }
}
