//! The privacy stage: what is hidden, and how nothing of it stays.

use bytes::Bytes;
use waymark_datasets::{Ppm, Role};

use crate::pixel_box::Area;
use crate::settings::{RedactSettings, Settings};
use crate::still::decode_still;
use crate::{Detection, Detector, Error, PixelBox, RedactedImage};

/// A mosaic has at most this many cells along a side.
const CELLS_MAX: usize = 6;
/// No setting makes the margin narrower: plate detectors cut up to 18 % of a plate.
const PAD_RATIO_MIN: f32 = 0.18;
/// A cell is at least this wide and high, unless the area itself is smaller.
const CELL_MIN_PX: usize = 8;

/// Detects and redacts one JPEG or PNG.
///
/// # Errors
/// [`Error::Rejected`] when it is no image that we read, [`Error::Inference`] when a model fails: then there is
/// no redacted image either.
pub fn redact_image(
    bytes: &Bytes,
    detector: &mut Detector,
    settings: &Settings,
) -> Result<(RedactedImage, Vec<Detection>), Error> {
    let raw = decode_still("image", bytes)?;
    let detections = detector.detect(&raw)?;
    let image = raw.redact(&redaction_areas(&detections, settings.redact), settings.encode)?;
    Ok((image, detections))
}

/// What must be hidden: the padded cover of every private detection.
#[must_use]
pub fn redaction_areas(detections: &[Detection], settings: RedactSettings) -> Vec<PixelBox> {
    let pad_ratio = settings.pad_ratio.clamp(PAD_RATIO_MIN, 1.0);
    let private = detections.iter().filter(|detection| detection.role == Role::Private);
    private.map(|detection| detection.cover.padded(pad_ratio)).collect()
}

/// Replaces the area by averages over cells, drawn flat: what was finer than a cell is gone for good.
pub(crate) fn mosaic(rgb: &mut [u8], width_px: usize, area: Area) {
    let columns = cuts(area.left, area.right);
    let rows = cuts(area.top, area.bottom);
    for y in rows.windows(2) {
        for x in columns.windows(2) {
            flatten(rgb, width_px, Area { left: x[0], right: x[1], top: y[0], bottom: y[1] });
        }
    }
}

/// Where cells begin and end between two edges: at most [`CELLS_MAX`] cells, none smaller than [`CELL_MIN_PX`]
/// unless the whole is.
fn cuts(from: usize, to: usize) -> Vec<usize> {
    let length = to - from;
    let cells = (length / CELL_MIN_PX).clamp(1, CELLS_MAX);
    (0..=cells).map(|i| from + length * i / cells).collect()
}

fn flatten(rgb: &mut [u8], width_px: usize, cell: Area) {
    let rows = |y: usize| 3 * (y * width_px + cell.left)..3 * (y * width_px + cell.right);
    let mut sums = [0_u64; 3];
    for y in cell.top..cell.bottom {
        for pixel in rgb[rows(y)].chunks_exact(3) {
            sums.iter_mut().zip(pixel).for_each(|(sum, &value)| *sum += u64::from(value));
        }
    }
    let count = ((cell.right - cell.left) * (cell.bottom - cell.top)) as u64;
    // A rounded average of bytes is a byte.
    let average = sums.map(|sum| ((sum + count / 2) / count) as u8);
    for y in cell.top..cell.bottom {
        rgb[rows(y)].chunks_exact_mut(3).for_each(|pixel| pixel.copy_from_slice(&average));
    }
}

/// The share of an image that the areas cover together.
pub(crate) fn covered(areas: &[Area], (width_px, height_px): (u32, u32)) -> Ppm {
    let width = width_px as usize;
    let mut mask = vec![false; if areas.is_empty() { 0 } else { width * height_px as usize }];
    for area in areas {
        for y in area.top..area.bottom {
            mask[y * width + area.left..y * width + area.right].fill(true);
        }
    }
    let count = mask.iter().filter(|&&hidden| hidden).count();
    Ppm::of(count as u64, u64::from(width_px) * u64::from(height_px))
}
