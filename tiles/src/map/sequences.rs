//! The layer `sequences`: the way that each clip went, as far as its frames show it.

use std::collections::BTreeMap;

use waymark_datasets::ClipId;
use waymark_datasets::rows::FrameRow;

use super::ids;
use crate::vector::{Item, Rule, Shape, Sheet, Spot, Values, WORLD_BITS};

/// Its name in tiles.
pub(super) const NAME: &str = "sequences";
/// Its attributes.
pub(super) const KEYS: [&str; 4] = ["sequence_id", "first_seen_ms", "last_seen_ms", "frames"];
/// The first zoom level that shows any; before, coverage says as much.
pub(super) const ZOOM_MIN: u8 = 10;
/// Half a pixel.
const TOLERANCE: i32 = 4;
/// Frames further apart are not connected: nobody knows the way between them.
const GAP_MAX_M: f64 = 150.0;

/// Lines of clips within a region, one for each stretch without a gap.
pub(super) fn sheet(frames: &[FrameRow]) -> Sheet {
    let mut clips: BTreeMap<ClipId, Vec<&FrameRow>> = BTreeMap::new();
    frames.iter().for_each(|row| clips.entry(row.clip_id).or_default().push(row));
    let mut sheet = Sheet::new(NAME, &KEYS, Rule::Lines { tolerance: TOLERANCE });
    for (clip, mut rows) in clips {
        rows.sort_by_key(|row| (row.captured_at_ms, row.frame_index));
        let is_near = |a: &&FrameRow, b: &&FrameRow| a.position().distance_m(b.position()) <= GAP_MAX_M;
        for stretch in rows.chunk_by(is_near).filter(|stretch| stretch.len() > 1) {
            let mut item = Item::new(Shape::Line, ids::of_clip(clip));
            item.zooms.0 = ZOOM_MIN;
            sheet.add(&item, &line(stretch), &values(clip, stretch));
        }
    }
    sheet
}

fn values(clip: ClipId, stretch: &[&FrameRow]) -> Values {
    let mut values = Values::default();
    values.text(0, &clip.to_string());
    let ends = [stretch.first(), stretch.last()];
    for (key, row) in (1..).zip(ends.into_iter().flatten()) {
        values.number(key, row.captured_at_ms.millis() as u64);
    }
    values.number(3, stretch.len() as u64);
    values
}

/// From frame to frame, going on where the world ends.
fn line(stretch: &[&FrameRow]) -> Vec<Spot> {
    const WIDTH: i32 = 1 << WORLD_BITS;
    let (mut line, mut worlds): (Vec<Spot>, i32) = (Vec::with_capacity(stretch.len()), 0);
    let mut before: Option<Spot> = None;
    for row in stretch {
        let spot = Spot::at(row.position());
        let step = before.map_or(0, |before| spot.x - before.x);
        before = Some(spot);
        worlds += if step > WIDTH / 2 { -1 } else { i32::from(step < -WIDTH / 2) };
        // A line that goes around the world is none.
        line.push(spot.beyond(worlds.clamp(-1, 1)));
    }
    line
}
