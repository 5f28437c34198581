//! Which detections of one class are right.

use std::cmp::Ordering;

use super::{HEIGHT_MIN_PX, TruthBox};
use crate::{Detection, PixelBox};

/// From this IoU on, two boxes are of one thing.
const SAME_IOU: f32 = 0.5;
/// From this IoU on, they are where the thing is so small that a pixel decides.
const SAME_IOU_TINY: f32 = 0.3;
/// A detection of which more than this share lies on a box that is not asked for is left out.
const INSIDE: f32 = 0.5;

/// What became of the truth and the detections of one class in one frame.
pub(super) struct Matched<'a> {
    /// The boxes that are asked for, and whether they were found.
    pub asked: Vec<(&'a TruthBox, bool)>,
    /// Heights of the detections that are neither right nor left out.
    pub false_heights_px: Vec<f32>,
}

impl<'a> Matched<'a> {
    /// The order of either list does not matter.
    pub(super) fn of(truths: &[&'a TruthBox], detections: &[&Detection]) -> Self {
        let (mut asked, others): (Vec<&TruthBox>, Vec<&TruthBox>) = truths.iter().partition(|truth| truth.is_asked());
        asked.sort_by(|a, b| by_edges(&a.bbox, &b.bbox));
        let asked = asked.into_iter().map(|truth| (truth, false)).collect();
        let mut detections = detections.to_vec();
        detections.sort_by(|a, b| b.score.cmp(&a.score).then_with(|| by_edges(&a.bbox, &b.bbox)));
        let mut matched = Self { asked, false_heights_px: Vec::new() };
        for detection in detections {
            let right = matched.take(&detection.bbox);
            let left_out = || others.iter().any(|truth| lies_on(&detection.bbox, &truth.bbox));
            if !right && !left_out() {
                matched.false_heights_px.push(detection.bbox.height_px());
            }
        }
        matched
    }

    /// Marks the box that a detection overlaps most, of those that nobody found yet; `false` if there is none.
    fn take(&mut self, bbox: &PixelBox) -> bool {
        let free = self.asked.iter_mut().filter(|(_, found)| !found);
        let overlaps = free.map(|asked| (asked.0.bbox.iou(bbox), asked)).filter(|(iou, _)| *iou >= SAME_IOU);
        match overlaps.max_by(|a, b| a.0.total_cmp(&b.0)) {
            Some((_, asked)) => {
                asked.1 = true;
                true
            }
            None => false,
        }
    }
}

/// Whether a detection may be of a box that is not asked for.
fn lies_on(bbox: &PixelBox, truth: &PixelBox) -> bool {
    let same = if truth.height_px() < HEIGHT_MIN_PX { SAME_IOU_TINY } else { SAME_IOU };
    bbox.iou(truth) >= same || bbox.covered_by(truth) > INSIDE
}

fn by_edges(a: &PixelBox, b: &PixelBox) -> Ordering {
    let edges = |bbox: &PixelBox| [bbox.x_min_px, bbox.y_min_px, bbox.x_max_px, bbox.y_max_px];
    let both = edges(a).into_iter().zip(edges(b));
    both.map(|(a, b)| a.total_cmp(&b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}
