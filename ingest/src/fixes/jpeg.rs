//! Where the EXIF of a JPEG lies.

/// Markers before the picture; an honest file has about a dozen.
const SEGMENTS_MAX: usize = 1_000;

const EXIF_HEADER: &[u8] = b"Exif\0\0";

/// The TIFF structure inside the first EXIF segment (`APP1`); none if this is no JPEG or has none.
pub(super) fn exif(jpeg: &[u8]) -> Option<&[u8]> {
    let mut rest = jpeg.strip_prefix(&[0xff, 0xd8])?;
    for _ in 0..SEGMENTS_MAX {
        let (marker, after) = next_marker(rest)?;
        if matches!(marker, START_OF_SCAN | END_OF_IMAGE) {
            return None;
        }
        let length = usize::from(u16::from_be_bytes(*after.first_chunk()?));
        let segment = after.get(2..length)?;
        if let (APP1, Some(tiff)) = (marker, segment.strip_prefix(EXIF_HEADER)) {
            return Some(tiff);
        }
        rest = after.get(length..)?;
    }
    None
}

const START_OF_SCAN: u8 = 0xda;
const END_OF_IMAGE: u8 = 0xd9;
const APP1: u8 = 0xe1;

/// The marker's code and what follows it. Any number of fill bytes 0xff may come before the code.
fn next_marker(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let after = bytes.strip_prefix(&[0xff])?;
    let code = after.iter().position(|&byte| byte != 0xff)?;
    Some((after[code], &after[code + 1..]))
}
