//! One photo: JPEG or PNG, checked before it is decoded.

use std::io::Cursor;

use bytes::Bytes;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use waymark_datasets::{MediaFacts, MediaKind, Reason, Rejection};

use crate::RawImage;
use crate::jpeg::{Structure, structure};

/// Images of more pixels are refused: the largest phone and action cameras write 50 million.
pub(crate) const PIXELS_MAX: u64 = 50_000_000;
/// Scans of a progressive JPEG: encoders write about 10, and each costs a pass over all pixels.
const SCANS_MAX: u32 = 100;
/// What decoding may allocate: pixels of the largest image three times over.
const DECODE_BYTES_MAX: u64 = 9 * PIXELS_MAX;

/// The format by content; the name says nothing.
pub(crate) fn still_format(bytes: &[u8]) -> Option<ImageFormat> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some(ImageFormat::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(ImageFormat::Png),
        _ => None,
    }
}

/// What the header of a photo says; the whole file is walked for its end, but no pixel decoded.
pub(crate) fn probe_still(name: &str, bytes: &Bytes) -> Result<MediaFacts, Rejection> {
    let (format, header_bytes) = check(name, bytes)?;
    // The decoder copies what it is given.
    let (width_px, height_px) = decoder(name, format, &bytes[..header_bytes])?.dimensions();
    Ok(MediaFacts {
        kind: MediaKind::Still,
        width_px,
        height_px,
        duration_ms: 0,
        frames: 1,
        created_at_ms: None,
        telemetry: Vec::new(),
    })
}

/// Decodes a photo and turns it upright as its EXIF says.
pub(crate) fn decode_still(name: &str, bytes: &Bytes) -> Result<RawImage, Rejection> {
    let undecodable = |detail: String| Rejection::new(Reason::FrameUndecodable, format!("{name}: {detail}"));
    let (format, _) = check(name, bytes)?;
    let mut decoder = decoder(name, format, bytes)?;
    // An orientation that cannot be read is none: the pixels are as good.
    let orientation = decoder.orientation().ok();
    let mut image = DynamicImage::from_decoder(decoder).map_err(|error| undecodable(error.to_string()))?;
    if let Some(orientation) = orientation {
        image.apply_orientation(orientation);
    }
    let rgb = image.into_rgb8();
    let (width_px, height_px) = rgb.dimensions();
    RawImage::from_rgb(width_px, height_px, rgb.into_raw()).ok_or_else(|| undecodable("it has no pixels".to_owned()))
}

/// Checks size and structure; says up to where the header goes, of a format that has one.
fn check(name: &str, bytes: &Bytes) -> Result<(ImageFormat, usize), Rejection> {
    if bytes.is_empty() {
        return Err(Rejection::new(Reason::MediaEmpty, format!("{name} has no bytes")));
    }
    match still_format(bytes) {
        Some(ImageFormat::Jpeg) => Ok((ImageFormat::Jpeg, check_jpeg(name, bytes)?.header_bytes)),
        Some(format) => Ok((format, bytes.len())),
        None => Err(unreadable(name, "neither JPEG nor PNG")),
    }
}

/// Makes a decoder that cannot allocate more than its limit.
fn decoder<'a>(name: &str, format: ImageFormat, bytes: &'a [u8]) -> Result<impl ImageDecoder + 'a, Rejection> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODE_BYTES_MAX);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|error| unreadable(name, &error.to_string()))?;
    check_pixels(name, decoder.dimensions())?;
    Ok(decoder)
}

fn unreadable(name: &str, detail: &str) -> Rejection {
    Rejection::new(Reason::MediaUnreadable, format!("{name}: {detail}"))
}

fn check_jpeg(name: &str, bytes: &[u8]) -> Result<Structure, Rejection> {
    let Some(jpeg) = structure(bytes) else { return Err(unreadable(name, "not a JPEG")) };
    check_pixels(name, (jpeg.width_px, jpeg.height_px))?;
    if jpeg.scans > SCANS_MAX {
        return Err(unreadable(name, "a JPEG of more than 100 scans"));
    }
    if jpeg.scans == 0 {
        return Err(unreadable(name, "a JPEG without image data"));
    }
    if !jpeg.complete {
        let detail = format!("{name}: the JPEG ends before its end marker");
        return Err(Rejection::new(Reason::MediaTruncated, detail));
    }
    Ok(jpeg)
}

/// Refuses an image of more than 50 million pixels.
pub(crate) fn check_pixels(name: &str, (width_px, height_px): (u32, u32)) -> Result<(), Rejection> {
    if u64::from(width_px) * u64::from(height_px) > PIXELS_MAX || width_px.max(height_px) > u32::from(u16::MAX) {
        let detail = format!("{name} is {width_px}x{height_px}; at most {PIXELS_MAX} pixels and 65535 a side are read");
        return Err(Rejection::new(Reason::ImageTooLarge, detail));
    }
    Ok(())
}
