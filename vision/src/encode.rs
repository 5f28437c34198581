//! Pixels to JPEG, without any metadata.

use bytes::Bytes;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use crate::Error;
use crate::settings::EncodeSettings;

/// Encodes RGB pixels (rows top down, 3 bytes each) as baseline JPEG, 4:2:0, with no EXIF, XMP or thumbnail.
pub(crate) fn encode(rgb: &[u8], (width_px, height_px): (u32, u32), settings: EncodeSettings) -> Result<Bytes, Error> {
    let sides = u16::try_from(width_px).and_then(|width| u16::try_from(height_px).map(|height| (width, height)));
    let (width, height) =
        sides.map_err(|_| Error::Encode(format!("{width_px}x{height_px} is more than JPEG holds")))?;
    // Street scenes need about a fifth of a byte per pixel at quality 88; one allocation suffices.
    let mut jpeg = Vec::with_capacity(rgb.len() / 12);
    let mut encoder = Encoder::new(&mut jpeg, settings.quality.clamp(1, 100));
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.encode(rgb, width, height, ColorType::Rgb).map_err(|error| Error::Encode(error.to_string()))?;
    Ok(jpeg.into())
}
