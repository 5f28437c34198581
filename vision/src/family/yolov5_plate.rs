//! YOLOv5 with four corner points, as licence-plate detectors are trained from the face variant
//! (Qi et al. 2021, arXiv:2105.12931).

use ort::session::SessionOutputs;

use super::{Found, Frame, best, centred, only_tensor};

/// Box, objectness, and four corners come before the classes.
const CLASSES_FROM: usize = 13;

/// Reads `[1, n, 13 + classes]`, already in pixels: `cx, cy, w, h`, objectness, 8 corner coordinates, class scores.
pub(super) fn decode(outputs: &SessionOutputs<'_>, frame: Frame<'_>) -> Result<Vec<Found>, String> {
    let (shape, values) = only_tensor(outputs)?;
    let columns = match *shape {
        [1, _, columns] if columns > CLASSES_FROM as i64 => columns as usize,
        _ => return Err(format!("its shape is {shape:?}, not [1, n, 13 + classes]")),
    };
    let rows = values.chunks_exact(columns).filter(|row| row[4] > frame.score_min);
    let found = rows.map(|row| {
        let (class, score) = best(&row[CLASSES_FROM..]);
        Found { class, score: row[4] * score, bbox: centred(row[0], row[1], row[2], row[3]) }
    });
    Ok(found.filter(|found| found.score > frame.score_min).collect())
}
