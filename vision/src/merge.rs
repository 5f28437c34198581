//! One box per thing: non-maximum suppression over all tiles of a frame.

use std::cmp::Ordering;

use crate::PixelBox;

/// A box that a model proposes, in pixels of the frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Candidate {
    /// Place of its class in the model's list of classes.
    pub class: usize,
    pub score: f32,
    pub bbox: PixelBox,
    /// The hull of this box and of those merged into it.
    pub cover: PixelBox,
    /// Whether an inner edge of a tile cut it, so that the rest of the thing is not in the box.
    pub cut: bool,
}

/// A cut box that lies this far inside another of its class is a piece of it.
const PIECE_COVERED_MIN: f32 = 0.7;

/// Greedy suppression within each class (`same` says which classes are one): whole boxes before cut ones, then by
/// score, then by position, so that the order of candidates cannot matter.
pub(crate) fn merge(mut found: Vec<Candidate>, iou_max: f32, same: impl Fn(usize, usize) -> bool) -> Vec<Candidate> {
    found.sort_by(rank);
    let mut kept: Vec<Candidate> = Vec::new();
    for candidate in found {
        let duplicate = |held: &&mut Candidate| {
            same(held.class, candidate.class)
                && (held.bbox.iou(&candidate.bbox) > iou_max
                    || candidate.cut && candidate.bbox.covered_by(&held.bbox) > PIECE_COVERED_MIN)
        };
        match kept.iter_mut().find(duplicate) {
            Some(held) => held.cover = held.cover.hull(&candidate.cover),
            None => kept.push(candidate),
        }
    }
    kept
}

fn rank(a: &Candidate, b: &Candidate) -> Ordering {
    let edges = |c: &Candidate| [c.bbox.x_min_px, c.bbox.y_min_px, c.bbox.x_max_px, c.bbox.y_max_px];
    let position = || {
        let both = edges(a).into_iter().zip(edges(b));
        both.map(|(a, b)| a.total_cmp(&b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    };
    a.cut.cmp(&b.cut).then(b.score.total_cmp(&a.score)).then(a.class.cmp(&b.class)).then_with(position)
}
