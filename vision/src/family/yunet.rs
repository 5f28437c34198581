//! YuNet (Wu et al. 2023, doi:10.1007/s11633-023-1423-y): faces, one row per cell of three grids.

use ort::session::SessionOutputs;

use super::{Found, Frame, centred, tensor};

const STRIDES: [u32; 3] = [8, 16, 32];

/// Reads `cls_s`, `obj_s` `[1, cells, 1]` and `bbox_s` `[1, cells, 4]` for each stride s. The score is the geometric
/// mean of class and objectness, as OpenCV's `FaceDetectorYN` has it.
pub(super) fn decode(outputs: &SessionOutputs<'_>, frame: Frame<'_>) -> Result<Vec<Found>, String> {
    let mut found = Vec::new();
    for stride in STRIDES {
        let (grid_width, cells) = (frame.width / stride, (frame.width / stride) * (frame.height / stride));
        let read = |name: &str, columns: u32| {
            let name = format!("{name}_{stride}");
            let (shape, values) = tensor(outputs, &name)?;
            let right = shape == [1, i64::from(cells), i64::from(columns)];
            if right { Ok(values) } else { Err(format!("{name} has shape {shape:?}, not [1, {cells}, {columns}]")) }
        };
        let (class, object, boxes) = (read("cls", 1)?, read("obj", 1)?, read("bbox", 4)?);
        for (cell, bbox) in (0..cells).zip(boxes.chunks_exact(4)) {
            let i = cell as usize;
            let score = (class[i].clamp(0.0, 1.0) * object[i].clamp(0.0, 1.0)).sqrt();
            if score > frame.score_min {
                let stride = stride as f32;
                let cx = ((cell % grid_width) as f32 + bbox[0]) * stride;
                let cy = ((cell / grid_width) as f32 + bbox[1]) * stride;
                let bbox = centred(cx, cy, bbox[2].exp() * stride, bbox[3].exp() * stride);
                found.push(Found { class: 0, score, bbox });
            }
        }
    }
    Ok(found)
}
