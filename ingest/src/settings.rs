//! The limits of admission: every one has a name and a default.

use serde::{Deserialize, Serialize};

/// What admission takes and how far it believes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdmitSettings {
    /// Largest manifest.
    pub manifest_max_bytes: u64,
    /// Largest still.
    pub still_max_bytes: u64,
    /// Largest video; it is held in memory while it is looked at.
    pub video_max_bytes: u64,
    /// Largest GPX, NMEA or CSV file.
    pub track_max_bytes: u64,
    /// Most files of one clip.
    pub media_max_files: usize,
    /// Most fixes of one clip.
    pub fixes_max: usize,
    /// How far a device's clock may be ahead of the server's.
    pub skew_max_s: u32,
    /// Oldest capture that is taken; any age when there is none.
    pub age_max_days: Option<u32>,
    /// What an old key signed is taken for so long after it handed over to a new one.
    pub rotation_grace_hours: u32,
    /// Fastest believable motion, in metres per second.
    pub speed_max_mps: f64,
}

impl Default for AdmitSettings {
    fn default() -> Self {
        Self {
            manifest_max_bytes: 1 << 20,
            still_max_bytes: 64 << 20,
            video_max_bytes: 512 << 20,
            track_max_bytes: 16 << 20,
            media_max_files: 2_000,
            fixes_max: 200_000,
            skew_max_s: 300,
            age_max_days: None,
            rotation_grace_hours: 48,
            // 400 km/h, the limit that mapillary_tools uses.
            speed_max_mps: 111.0,
        }
    }
}
