//! A thing on the map as the feed tells of it.

use serde::{Deserialize, Serialize};
use waymark_datasets::rows::{FeatureRow, FeatureState};
use waymark_datasets::{ClassName, Heading, Latitude, Longitude, Position, Ppm, UtcMillis};

/// What a row of `features` says, but for the frames behind it: a frame may be erased, an entry of the feed stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MapFeature {
    /// Stable over epochs.
    pub feature_id: String,
    /// What it is.
    pub class: ClassName,
    /// Degrees north.
    pub latitude_deg: Latitude,
    /// Degrees east.
    pub longitude_deg: Longitude,
    /// Radius in which it lies with a probability of 95 %, in millimetres.
    pub accuracy_mm: u32,
    /// The direction that it faces, where it has one and it is known.
    pub azimuth_deg: Option<Heading>,
    /// How sure we are that it is there; of what is gone, that it was there.
    pub confidence_ppm: Ppm,
    /// What became of it.
    pub state: FeatureState,
    /// When it was first seen.
    pub first_seen_ms: UtcMillis,
    /// When it was last seen.
    pub last_seen_ms: UtcMillis,
    /// Distinct frames that show it.
    pub frames: u32,
    /// Clips that saw it.
    pub passes: u32,
}

impl MapFeature {
    /// Where it is.
    #[must_use]
    pub fn position(&self) -> Position {
        Position { latitude: self.latitude_deg, longitude: self.longitude_deg }
    }
}

impl From<FeatureRow> for MapFeature {
    fn from(row: FeatureRow) -> Self {
        Self {
            feature_id: row.feature_id,
            class: row.class,
            latitude_deg: row.latitude_deg,
            longitude_deg: row.longitude_deg,
            accuracy_mm: row.accuracy_mm,
            azimuth_deg: row.azimuth_deg,
            confidence_ppm: row.confidence_ppm,
            state: row.state,
            first_seen_ms: row.first_seen_ms,
            last_seen_ms: row.last_seen_ms,
            frames: row.frames,
            passes: row.passes,
        }
    }
}
