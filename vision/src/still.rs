//! One photo: JPEG or PNG, checked before it is decoded.

use std::io::Cursor;

use bytes::Bytes;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use waymark_datasets::{MediaFacts, MediaKind, Reason, Rejection};

use crate::RawImage;
use crate::jpeg::structure;

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
    let decoder = open(name, bytes)?;
    let (width_px, height_px) = decoder.dimensions();
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
    let mut decoder = open(name, bytes)?;
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

/// Checks size and structure, and makes a decoder that cannot allocate more than its limit.
fn open<'a>(name: &str, bytes: &'a Bytes) -> Result<impl ImageDecoder + 'a, Rejection> {
    let unreadable = |detail: &str| Rejection::new(Reason::MediaUnreadable, format!("{name}: {detail}"));
    if bytes.is_empty() {
        return Err(Rejection::new(Reason::MediaEmpty, format!("{name} has no bytes")));
    }
    let format = still_format(bytes).ok_or_else(|| unreadable("neither JPEG nor PNG"))?;
    if format == ImageFormat::Jpeg {
        check_jpeg(name, bytes)?;
    }
    let mut reader = ImageReader::with_format(Cursor::new(&bytes[..]), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODE_BYTES_MAX);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|error| unreadable(&error.to_string()))?;
    check_pixels(name, decoder.dimensions())?;
    Ok(decoder)
}

fn check_jpeg(name: &str, bytes: &[u8]) -> Result<(), Rejection> {
    let refuse = |reason, detail: &str| Err(Rejection::new(reason, format!("{name}: {detail}")));
    let Some(jpeg) = structure(bytes) else { return refuse(Reason::MediaUnreadable, "not a JPEG") };
    check_pixels(name, (jpeg.width_px, jpeg.height_px))?;
    if jpeg.scans > SCANS_MAX {
        return refuse(Reason::MediaUnreadable, "a JPEG of more than 100 scans");
    }
    if jpeg.scans == 0 {
        return refuse(Reason::MediaUnreadable, "a JPEG without image data");
    }
    if !jpeg.complete {
        return refuse(Reason::MediaTruncated, "the JPEG ends before its end marker");
    }
    Ok(())
}

/// Refuses an image of more than 50 million pixels.
pub(crate) fn check_pixels(name: &str, (width_px, height_px): (u32, u32)) -> Result<(), Rejection> {
    if u64::from(width_px) * u64::from(height_px) > PIXELS_MAX || width_px.max(height_px) > u32::from(u16::MAX) {
        let detail = format!("{name} is {width_px}x{height_px}; at most {PIXELS_MAX} pixels and 65535 a side are read");
        return Err(Rejection::new(Reason::ImageTooLarge, detail));
    }
    Ok(())
}
