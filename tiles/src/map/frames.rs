//! The layer `frames`: where each was taken, and which way it looks.

use waymark_datasets::rows::FrameRow;

use super::block::ZOOM_MAX;
use super::ids;
use crate::vector::{Item, Rule, Shape, Sheet, Spot, Values};

/// Its name in tiles.
pub(super) const NAME: &str = "frames";
/// Its attributes.
pub(super) const KEYS: [&str; 7] =
    ["frame_id", "sequence_id", "frame_index", "captured_at_ms", "heading_deg", "quality_ppm", "image_path"];
/// The first zoom level that shows any.
pub(super) const ZOOM_MIN: u8 = 12;
/// Below the last zoom level, one frame within two pixels.
const SPACING: i32 = 16;

/// All frames; where not all can stay, the best do.
pub(super) fn sheet(frames: &[FrameRow]) -> Sheet {
    let mut sheet = Sheet::new(NAME, &KEYS, Rule::Points { all_from: ZOOM_MAX, spacing: SPACING });
    let mut sorted: Vec<&FrameRow> = frames.iter().collect();
    sorted.sort_by_key(|row| row.frame_id);
    let mut values = Values::default();
    for row in sorted {
        values.clear();
        values.text(0, &row.frame_id.to_string());
        values.text(1, &row.clip_id.to_string());
        values.number(2, row.frame_index.into());
        values.number(3, row.captured_at_ms.millis() as u64);
        // To a tenth of a degree, as no receiver knows it better.
        values.real(4, (row.heading_deg.degrees() * 10.0).round() / 10.0);
        values.number(5, u32::from(row.quality_ppm).into());
        values.text(6, &row.image_path);
        let mut item = Item::new(Shape::Point, ids::of_frame(row.frame_id));
        (item.zooms.0, item.rank) = (ZOOM_MIN, u32::from(row.quality_ppm).into());
        sheet.add(&item, &[Spot::at(row.position())], &values);
    }
    sheet
}
