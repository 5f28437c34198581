//! YOLOX (Ge et al. 2021, arXiv:2107.08430): anchor-free, one row per cell of each grid.

use ort::session::SessionOutputs;

use super::{Found, Frame, best, centred, only_tensor};

/// Reads `[1, cells, 5 + classes]`: `cx, cy` relative to the cell in strides, log `w, h` in strides, objectness,
/// class scores (both already sigmoids); the grids of `frame.strides` one after the other.
pub(super) fn decode(outputs: &SessionOutputs<'_>, frame: Frame<'_>) -> Result<Vec<Found>, String> {
    let (shape, values) = only_tensor(outputs)?;
    let cells: u32 = frame.strides.iter().map(|stride| (frame.width / stride) * (frame.height / stride)).sum();
    let &[1, rows, columns] = shape else { return Err(format!("its shape is {shape:?}, not [1, n, 5 + classes]")) };
    if rows != i64::from(cells) || columns < 6 {
        return Err(format!("its shape is {shape:?}, not [1, {cells}, 5 + classes]"));
    }
    let mut rows = values.chunks_exact(columns as usize);
    let mut found = Vec::new();
    for &stride in frame.strides {
        let (grid_width, grid_height) = (frame.width / stride, frame.height / stride);
        for (cell, row) in (0..grid_width * grid_height).zip(&mut rows) {
            // A class score is at most 1, so a cell below the threshold needs no search.
            if row[4] <= frame.score_min {
                continue;
            }
            let (class, score) = best(&row[5..]);
            let score = row[4] * score;
            if score > frame.score_min {
                let stride = stride as f32;
                let cx = (row[0] + (cell % grid_width) as f32) * stride;
                let cy = (row[1] + (cell / grid_width) as f32) * stride;
                let bbox = centred(cx, cy, row[2].exp() * stride, row[3].exp() * stride);
                found.push(Found { class, score, bbox });
            }
        }
    }
    Ok(found)
}
