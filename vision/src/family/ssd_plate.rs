//! SSD (Liu et al. 2016, arXiv:1512.02325) with four corner points and an IoU branch, as OpenCV's LPD-YuNet has it.

use ort::session::SessionOutputs;

use super::{Found, Frame, tensor};
use crate::PixelBox;

/// Stride of each feature map and the sides of its square prior boxes, in pixels of the input.
const PRIORS: [(u32, &[f32]); 4] =
    [(8, &[10.0, 16.0, 24.0]), (16, &[32.0, 48.0]), (32, &[64.0, 96.0]), (64, &[128.0, 192.0, 256.0])];
/// SSD's first variance: offsets are trained ten times as large as they are.
const VARIANCE: f32 = 0.1;
/// Where the four corners stand in a row of `loc`.
const CORNERS: [usize; 4] = [4, 6, 10, 12];

/// Reads `loc [n, 14]`, `conf [n, 2]`, `iou [n, 1]` over the prior boxes; the score is the geometric mean of
/// confidence and predicted IoU.
pub(super) fn decode(outputs: &SessionOutputs<'_>, frame: Frame<'_>) -> Result<Vec<Found>, String> {
    let priors = priors(frame.width, frame.height);
    let read = |name: &str, columns: usize| {
        let (shape, values) = tensor(outputs, name)?;
        let right = shape == [priors.len() as i64, columns as i64];
        if right { Ok(values) } else { Err(format!("{name} has shape {shape:?}, not [{}, {columns}]", priors.len())) }
    };
    let (loc, conf, iou) = (read("loc", 14)?, read("conf", 2)?, read("iou", 1)?);
    let rows = priors.iter().zip(loc.chunks_exact(14)).zip(conf.chunks_exact(2).zip(iou));
    let found = rows.filter_map(|((&[cx, cy, side], loc), (conf, iou))| {
        let score = (conf[1].max(0.0) * iou.clamp(0.0, 1.0)).sqrt();
        let corner = |at: usize| [cx + loc[at] * VARIANCE * side, cy + loc[at + 1] * VARIANCE * side];
        let around = |hull: PixelBox, at: usize| {
            let [x, y] = corner(at);
            hull.hull(&PixelBox::from_edges([x, y, x, y]))
        };
        let [x, y] = corner(CORNERS[0]);
        let bbox = CORNERS.into_iter().fold(PixelBox::from_edges([x, y, x, y]), around);
        (score > frame.score_min).then_some(Found { class: 0, score, bbox })
    });
    Ok(found.collect())
}

/// Centre and side of every prior box, in the order of the output rows.
fn priors(width: u32, height: u32) -> Vec<[f32; 3]> {
    // The network halves its input twice before the first map, rounding up once.
    let mut grid = [width, height].map(|side| side.div_ceil(2) / 2);
    let mut priors = Vec::new();
    for (stride, sides) in PRIORS {
        grid = grid.map(|side| side / 2);
        for row in 0..grid[1] {
            for column in 0..grid[0] {
                let centre = [column, row].map(|cell| (cell as f32 + 0.5) * stride as f32);
                priors.extend(sides.iter().map(|&side| [centre[0], centre[1], side]));
            }
        }
    }
    priors
}
