//! The layer `features`: the things on the map.

use waymark_datasets::rows::FeatureRow;

use super::ids;
use crate::vector::{Item, Rule, Shape, Sheet, Spot, Values};

/// Its name in tiles.
pub(super) const NAME: &str = "features";
/// Its attributes.
pub(super) const KEYS: [&str; 9] = [
    "feature_id",
    "class",
    "state",
    "azimuth_deg",
    "confidence_ppm",
    "accuracy_mm",
    "first_seen_ms",
    "last_seen_ms",
    "frame_id",
];
/// The first zoom level that shows any.
pub(super) const ZOOM_MIN: u8 = 10;
/// From this zoom level on all stay.
const ALL_FROM: u8 = 13;
/// Before, one within eight pixels.
const SPACING: i32 = 64;

/// All things; where not all can stay, those that are surest do.
pub(super) fn sheet(features: &[FeatureRow]) -> Sheet {
    let mut sheet = Sheet::new(NAME, &KEYS, Rule::Points { all_from: ALL_FROM, spacing: SPACING });
    let mut sorted: Vec<&FeatureRow> = features.iter().collect();
    sorted.sort_by(|a, b| a.feature_id.cmp(&b.feature_id));
    let mut values = Values::default();
    for row in sorted {
        values.clear();
        values.text(0, &row.feature_id);
        values.text(1, &row.class.to_string());
        values.text(2, &row.state.to_string());
        if let Some(azimuth) = row.azimuth_deg {
            values.real(3, (azimuth.degrees() * 10.0).round() / 10.0);
        }
        values.number(4, u32::from(row.confidence_ppm).into());
        values.number(5, row.accuracy_mm.into());
        values.number(6, row.first_seen_ms.millis() as u64);
        values.number(7, row.last_seen_ms.millis() as u64);
        if let Some(best) = row.evidence.first() {
            values.text(8, &best.to_string());
        }
        let mut item = Item::new(Shape::Point, ids::of_text(&row.feature_id));
        (item.zooms.0, item.rank) = (ZOOM_MIN, u32::from(row.confidence_ppm).into());
        sheet.add(&item, &[Spot::at(row.position())], &values);
    }
    sheet
}
