//! What an operator may set; the defaults are what the documentation promises.

/// Settings of the whole crate.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Which frames are taken.
    pub sample: SampleSettings,
    /// What is hidden, and how.
    pub redact: RedactSettings,
    /// How redacted frames are written.
    pub encode: EncodeSettings,
}

/// Which frames of a clip are taken: one per `spacing_m` along the track.
#[derive(Debug, Clone, Copy, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SampleSettings {
    /// Distance between frames in metres; less than an H3 cell at resolution 12 is wide. At least 1.
    pub spacing_m: f64,
    /// Distance between frames in metres above `fast_mps`. At least 1.
    pub fast_spacing_m: f64,
    /// Above this speed, in metres per second, frames are `fast_spacing_m` apart.
    pub fast_mps: f64,
    /// Below this speed, in metres per second, the car stands: GNSS noise is no distance.
    pub standing_mps: f64,
    /// Fixes further apart than this, in milliseconds, are not connected.
    pub gap_max_ms: u32,
    /// Fixes that would need a higher speed than this, in metres per second, are not connected.
    pub jump_mps: f64,
    /// The course is measured from this far behind to this far ahead, in metres along the track.
    pub course_reach_m: f64,
    /// Accuracy, in millimetres, of a fix that states none: what an open-sky receiver without correction reaches.
    pub accuracy_unknown_mm: u32,
}

impl Default for SampleSettings {
    fn default() -> Self {
        Self {
            spacing_m: 8.0,
            fast_spacing_m: 12.0,
            fast_mps: 24.0,
            standing_mps: 0.8,
            gap_max_ms: 10_000,
            jump_mps: 70.0,
            course_reach_m: 4.0,
            accuracy_unknown_mm: 10_000,
        }
    }
}

/// What is hidden around a private detection.
#[derive(Debug, Clone, Copy, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RedactSettings {
    /// Margin on each side as a share of the box's own width and height; 0.18 to 1.
    pub pad_ratio: f32,
}

impl Default for RedactSettings {
    /// A fifth: the plate detectors' boxes cut up to 18 % of a plate.
    fn default() -> Self {
        Self { pad_ratio: 0.2 }
    }
}

/// How redacted frames are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EncodeSettings {
    /// JPEG quality, 1 to 100.
    pub quality: u8,
}

impl Default for EncodeSettings {
    fn default() -> Self {
        Self { quality: 88 }
    }
}
