//! A frame as a camera in the plane: where it was, which way it looked, how wide.

use waymark_datasets::rows::FrameRow;
use waymark_datasets::{ClipId, FrameId, Slot, UtcMillis};

use super::plane::{Plane, Vec2};

/// A pinhole camera with square pixels that looks along the heading, level.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct View {
    pub(super) frame_id: FrameId,
    pub(super) clip_id: ClipId,
    pub(super) at: UtcMillis,
    pub(super) slot: Slot,
    pub(super) position: Vec2,
    pub(super) heading_rad: f64,
    pub(super) forward: Vec2,
    /// Size of the frame.
    pub(super) size_px: (f64, f64),
    /// Tangent of half of the horizontal field of view.
    pub(super) half_width_tan: f64,
    /// Deviation of the camera's position along each axis.
    pub(super) sigma_m: f64,
    /// How wrong a tangent may be, as a share of it.
    pub(super) lens_sigma: f64,
}

/// Taken where the manifest states no field of view: dashcams have 60° to 80° left when their distortion is removed.
const HFOV_DEFAULT_DEG: f64 = 70.0;
/// A pinhole cannot see wider; beyond, the field of view is taken as unknown.
const HFOV_DEG: std::ops::RangeInclusive<f64> = 5.0..=150.0;
const LENS_SIGMA: f64 = 0.01;
const LENS_DEFAULT_SIGMA: f64 = 0.12;

/// A receiver states a radius that it hardly ever leaves: three deviations along an axis.
const STATED_SIGMAS: f64 = 3.0;
/// However sure a receiver is.
const SIGMA_M_MIN: f64 = 0.5;

impl View {
    /// None if the frame has no area.
    pub(super) fn of(frame: &FrameRow, plane: Plane) -> Option<Self> {
        let stated = frame.hfov_deg.filter(|degrees| HFOV_DEG.contains(degrees));
        let hfov_deg = stated.unwrap_or(HFOV_DEFAULT_DEG);
        let heading_rad = frame.heading_deg.degrees().to_radians();
        (frame.width_px > 0 && frame.height_px > 0).then(|| Self {
            frame_id: frame.frame_id,
            clip_id: frame.clip_id,
            at: frame.captured_at_ms,
            slot: frame.slot(),
            position: plane.at(frame.position()),
            heading_rad,
            forward: Vec2::of_heading(heading_rad),
            size_px: (frame.width_px.into(), frame.height_px.into()),
            half_width_tan: libm::tan((hfov_deg / 2.0).to_radians()),
            sigma_m: (f64::from(frame.accuracy_mm) / 1_000.0 / STATED_SIGMAS).max(SIGMA_M_MIN),
            lens_sigma: if stated.is_some() { LENS_SIGMA } else { LENS_DEFAULT_SIGMA },
        })
    }

    /// Tangents per pixel.
    pub(super) fn tan_per_px(&self) -> f64 {
        2.0 * self.half_width_tan / self.size_px.0
    }
}
