//! The camera: from the town to pixels.

use crate::plan::{FrameSize, PlanError};
use crate::plane::{Vec2, Vec3, vec3};

/// A dashcam behind the windscreen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Camera {
    horizontal_fov_deg: f64,
    height_m: f64,
    pitch_deg: f64,
    distortion_k1: f64,
}

impl Camera {
    /// A camera with this field of view across a frame, this high above the road, looking this far up (negative:
    /// down), without distortion.
    ///
    /// # Errors
    /// [`PlanError::Camera`] unless the field is 30° to 120°, the height 0.5 m to 4 m, the pitch within ±15°.
    pub fn new(horizontal_fov_deg: f64, height_m: f64, pitch_deg: f64) -> Result<Self, PlanError> {
        if !(30.0..=120.0).contains(&horizontal_fov_deg) {
            return Err(PlanError::Camera("the horizontal field of view must be 30 to 120 degrees"));
        }
        if !(0.5..=4.0).contains(&height_m) {
            return Err(PlanError::Camera("the height must be 0.5 to 4 metres"));
        }
        if !(-15.0..=15.0).contains(&pitch_deg) {
            return Err(PlanError::Camera("the pitch must be within 15 degrees"));
        }
        Ok(Self { horizontal_fov_deg, height_m, pitch_deg, distortion_k1: 0.0 })
    }

    /// The same with barrel distortion: a ray at tangent r from the axis is drawn at r (1 + k1 r²), in units of the
    /// focal length (Brown, "Decentering distortion of lenses", 1966).
    ///
    /// # Errors
    /// [`PlanError::Camera`] unless k1 is -0.15 (barrel) to 0.
    pub fn with_distortion(self, k1: f64) -> Result<Self, PlanError> {
        if (-0.15..=0.0).contains(&k1) {
            Ok(Self { distortion_k1: k1, ..self })
        } else {
            Err(PlanError::Camera("the distortion k1 must be -0.15 to 0"))
        }
    }

    /// Across the frame, without distortion.
    #[must_use]
    pub fn horizontal_fov_deg(self) -> f64 {
        self.horizontal_fov_deg
    }

    /// Above the road.
    #[must_use]
    pub fn height_m(self) -> f64 {
        self.height_m
    }

    /// Upwards; negative looks down.
    #[must_use]
    pub fn pitch_deg(self) -> f64 {
        self.pitch_deg
    }

    /// See [`Camera::with_distortion`].
    #[must_use]
    pub fn distortion_k1(self) -> f64 {
        self.distortion_k1
    }
}

impl Default for Camera {
    /// 70° wide, 1.4 m high, 1.5° down, without distortion.
    fn default() -> Self {
        Self { horizontal_fov_deg: 70.0, height_m: 1.4, pitch_deg: -1.5, distortion_k1: 0.0 }
    }
}

/// A camera at one place, looking one way, onto frames of one size.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(crate) eye: Vec3,
    pub(crate) forward: Vec2,
    axis: [Vec3; 3],
    pub(crate) focal_px: f64,
    pub(crate) width_px: f64,
    pub(crate) height_px: f64,
    k1: f64,
    pitch_tan: f64,
    /// Scratch space of the clipper.
    scratch: [Vec<Vec3>; 2],
}

/// Nothing nearer is drawn.
const NEAR_M: f64 = 0.35;
/// Polygons are cut at this many half frames from the axis, so that coordinates stay small.
const GUARD: f64 = 3.0;
/// With distortion, straight edges are drawn in pieces no longer than this.
const PIECE_PX: f64 = 60.0;

impl View {
    pub(crate) fn new(camera: Camera, size: FrameSize, at: Vec2, heading_rad: f64) -> Self {
        let forward = Vec2::of_heading(heading_rad);
        let (sin, cos) = camera.pitch_deg.to_radians().sin_cos();
        let right = forward.right();
        let axis = [
            vec3(right.x, right.y, 0.0),
            vec3(-forward.x * sin, -forward.y * sin, cos),
            vec3(forward.x * cos, forward.y * cos, sin),
        ];
        let width_px = f64::from(size.width_px());
        Self {
            eye: at.at_height(camera.height_m),
            forward,
            axis,
            focal_px: width_px / 2.0 / (camera.horizontal_fov_deg / 2.0).to_radians().tan(),
            width_px,
            height_px: f64::from(size.height_px()),
            k1: camera.distortion_k1,
            pitch_tan: sin / cos,
            scratch: [Vec::new(), Vec::new()],
        }
    }

    /// To the right, up, and along the axis, in metres.
    pub(crate) fn to_camera(&self, point: Vec3) -> Vec3 {
        let from_eye = point - self.eye;
        vec3(from_eye.dot(self.axis[0]), from_eye.dot(self.axis[1]), from_eye.dot(self.axis[2]))
    }

    /// Pixels per metre across the axis at a point; 0 behind the camera.
    pub(crate) fn scale_px(&self, point: Vec3) -> f64 {
        let depth_m = self.to_camera(point).z;
        if depth_m > NEAR_M { self.focal_px / depth_m } else { 0.0 }
    }

    /// The row of the horizon, without distortion.
    pub(crate) fn horizon_px(&self) -> f64 {
        self.height_px / 2.0 + self.pitch_tan * self.focal_px
    }

    /// The ground in a row of pixels: how far ahead, and how many metres to a pixel; none above the horizon. Without
    /// distortion.
    pub(crate) fn ground_row(&self, y: usize) -> Option<(f64, f64)> {
        let down = (y as f64 + 0.5 - self.height_px / 2.0) / self.focal_px;
        // Along the ray of depth 1: forward over the ground, and up.
        let (ahead, up) = (1.0 + down * self.pitch_tan, self.pitch_tan - down);
        let cos = 1.0 / (1.0 + self.pitch_tan * self.pitch_tan).sqrt();
        (up < -1e-3).then(|| (self.eye.z / -up * ahead, self.eye.z / (-up * cos) / self.focal_px))
    }

    /// Whether any of a ball may be seen.
    pub(crate) fn may_see(&self, middle: Vec3, radius_m: f64) -> bool {
        let at = self.to_camera(middle);
        // Distortion draws what lies a little outside of the field.
        let half = self.width_px / 2.0 / self.focal_px * if self.k1 < 0.0 { 1.25 } else { 1.0 };
        at.z > -radius_m && at.x.abs() < at.z.max(0.0) * half + radius_m * (1.0 + half * half).sqrt()
    }

    /// The polygon as seen, cut at the near plane and far outside of the frame; empty if nothing is left.
    pub(crate) fn project(&mut self, polygon: &[Vec3], out: &mut Vec<[f32; 2]>) {
        out.clear();
        let [mut from, mut to] = std::mem::take(&mut self.scratch);
        from.clear();
        from.extend(polygon.iter().map(|&point| self.to_camera(point)));
        let half = (self.width_px / 2.0 / self.focal_px * GUARD, self.height_px / 2.0 / self.focal_px * GUARD);
        let inside =
            |point: &Vec3| point.z >= NEAR_M && point.x.abs() <= point.z * half.0 && point.y.abs() <= point.z * half.1;
        if !from.iter().all(inside) {
            let planes: [&dyn Fn(Vec3) -> f64; 5] =
                [&|p| p.z - NEAR_M, &|p| p.z * half.0 - p.x, &|p| p.z * half.0 + p.x, &|p| p.z * half.1 - p.y, &|p| {
                    p.z * half.1 + p.y
                }];
            for plane in planes {
                cut(&from, plane, &mut to);
                std::mem::swap(&mut from, &mut to);
            }
        }
        if from.len() >= 3 {
            self.to_pixels(&from, out);
        }
        self.scratch = [from, to];
    }

    fn to_pixels(&self, polygon: &[Vec3], out: &mut Vec<[f32; 2]>) {
        for (i, &point) in polygon.iter().enumerate() {
            out.push(self.pixel(point));
            if self.k1 == 0.0 {
                continue;
            }
            let next = polygon[(i + 1) % polygon.len()];
            let (a, b) = (self.pixel(point), self.pixel(next));
            let pieces = (f64::from((a[0] - b[0]).abs().max((a[1] - b[1]).abs())) / PIECE_PX).ceil() as usize;
            for piece in 1..pieces {
                out.push(self.pixel(point + (next - point) * (piece as f64 / pieces as f64)));
            }
        }
    }

    /// Where a point in front of the camera is drawn.
    fn pixel(&self, point: Vec3) -> [f32; 2] {
        let (x, y) = (point.x / point.z, point.y / point.z);
        // The guard band is kept out of the region where the polynomial turns back.
        let bent = 1.0 + self.k1 * (x * x + y * y).min(1.5);
        let to_px = self.focal_px * bent;
        [(self.width_px / 2.0 + x * to_px) as f32, (self.height_px / 2.0 - y * to_px) as f32]
    }
}

/// Sutherland and Hodgman, "Reentrant polygon clipping" (1974): what is left where `inside` is not negative.
fn cut(polygon: &[Vec3], inside: &dyn Fn(Vec3) -> f64, out: &mut Vec<Vec3>) {
    out.clear();
    for (i, &to) in polygon.iter().enumerate() {
        let from = polygon[(i + polygon.len() - 1) % polygon.len()];
        let (before, after) = (inside(from), inside(to));
        if (before < 0.0) != (after < 0.0) {
            out.push(from + (to - from) * (before / (before - after)));
        }
        if after >= 0.0 {
            out.push(to);
        }
    }
}
