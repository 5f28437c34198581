//! A detection as an observation: a direction, an apparent size, and how sure of each.

use waymark_datasets::rows::DetectionRow;
use waymark_datasets::{ClassName, Role};

use super::view::View;

/// One thing in one view.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sighting<'a> {
    /// Index of its view.
    pub(super) view: usize,
    /// Its place among the detections of the frame.
    pub(super) index: u32,
    /// What the classifier says, or else the detector.
    pub(super) class: &'a ClassName,
    /// 0 to 1.
    pub(super) score: f64,
    /// Left, top, right, bottom, in pixels.
    edges: [f64; 4],
    /// Direction of its middle, in radians clockwise from north.
    pub(super) bearing_rad: f64,
    pub(super) bearing_sigma: f64,
    /// Tangent of the angle of its middle above the axis.
    pub(super) elevation: f64,
    /// Natural logarithm of its height as a tangent, unless the edge of the frame cuts it.
    pub(super) log_size: Option<f64>,
    pub(super) log_size_sigma: f64,
    /// Width by height as if it were looked at, unless the edge of the frame cuts it. Away from the middle of a frame
    /// things are drawn wider, by one over the cosine of the angle between.
    pub(super) aspect: Option<f64>,
    pub(super) height_px: f64,
    /// Of its longer side: a lamp is wide and low.
    pub(super) longest_px: f64,
}

/// Boxes that end this close to the edge of a frame go on beyond it.
const EDGE_PX: f64 = 2.0;
/// Deviation of each side of a box.
const SIDE_SIGMA_PX: f64 = 1.2;
/// Deviation of the heading: of a receiver's course, and of a camera that is not quite straight.
const HEADING_SIGMA_RAD: f64 = 1.2 * std::f64::consts::PI / 180.0;

impl<'a> Sighting<'a> {
    /// None unless it belongs on a map and has an area within the frame.
    pub(super) fn of(row: &'a DetectionRow, index: usize, view: &View) -> Option<Self> {
        let [left, top, right, bottom] = [row.x_min_px, row.y_min_px, row.x_max_px, row.y_max_px].map(f64::from);
        let (width_px, height_px) = view.size_px;
        let inside =
            left >= -EDGE_PX && top >= -EDGE_PX && right <= width_px + EDGE_PX && bottom <= height_px + EDGE_PX;
        // Comparisons with what is no number are false.
        if row.role != Role::Map || !(inside && right - left >= 1.0 && bottom - top >= 1.0) {
            return None;
        }
        let cut_side = left < EDGE_PX || right > width_px - EDGE_PX;
        let cut = cut_side || top < EDGE_PX || bottom > height_px - EDGE_PX;
        let tan = view.tan_per_px();
        let (across, up) = ((left + right - width_px) / 2.0 * tan, (height_px - top - bottom) / 2.0 * tan);
        let side_sigma = SIDE_SIGMA_PX * tan + if cut_side { (right - left) * tan / 2.0 } else { 0.0 };
        let lens_sigma = across * view.lens_sigma;
        let height = bottom - top;
        Some(Self {
            view: index,
            index: row.detection_index,
            class: row.refined_class.as_ref().unwrap_or(&row.class),
            score: f64::from(u32::from(row.score_ppm)) / 1e6,
            edges: [left, top, right, bottom],
            bearing_rad: view.heading_rad + libm::atan(across),
            bearing_sigma: sum_of_squares(&[HEADING_SIGMA_RAD, side_sigma, lens_sigma]).sqrt(),
            elevation: up,
            log_size: (!cut).then(|| libm::log(height * tan)),
            log_size_sigma: SIDE_SIGMA_PX * std::f64::consts::SQRT_2 / height,
            aspect: (!cut).then(|| (right - left) / height * libm::cos(libm::atan(across))),
            height_px: height,
            longest_px: height.max(right - left),
        })
    }
}

impl Sighting<'_> {
    /// The share of the area of both that both cover (intersection over union).
    pub(super) fn overlap(&self, other: &Self) -> f64 {
        let (a, b) = (self.edges, other.edges);
        let area = |e: [f64; 4]| (e[2] - e[0]).max(0.0) * (e[3] - e[1]).max(0.0);
        let both = area([a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])]);
        both / (area(a) + area(b) - both)
    }
}

pub(super) fn sum_of_squares(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum()
}
