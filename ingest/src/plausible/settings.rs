//! How much is believed: every threshold has a name, a default and a reason.

use serde::{Deserialize, Serialize};
use waymark_datasets::{Epoch, Ppm};

/// What lowers trust in a clip, and by how much.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrustSettings {
    /// A clip that is believed less does not count.
    pub counts_min_ppm: Ppm,
    /// Clips are held against those of so many epochs before and after, beside their own.
    pub epochs_around: u32,
    /// Faster is no car, in metres per second: the limit for jumps in a track.
    pub reach_mps: f64,
    /// A fix may be off by so much beyond what is in reach, in metres.
    pub reach_noise_m: f64,
    /// Stronger changes of velocity slide, in m/s²: dry asphalt holds about 1 g.
    pub acceleration_max_mps2: f64,
    /// Of five steps in a row: 1 less the straight way over the way that was gone; `mapillary_tools` has 0.8.
    pub zigzag_deviation: f64,
    /// Shorter ways are no zigzag, in metres; `mapillary_tools` has 30.
    pub zigzag_min_m: f64,
    /// A fix is weak above this radius, in millimetres: HDOP 4, the limit of odc-api, at 5 m of range error.
    pub accuracy_max_mm: u32,
    /// A moving car changes its velocity by more than this in a second, in mm/s².
    pub drawn_max_mmps2: u32,
    /// Hashes that differ in so many of 63 bits are of one picture.
    pub same_picture_bits: u32,
    /// So many pictures in the same rhythm make a copy.
    pub same_pictures_min: u32,
    /// And so much of the shorter clip: who follows another through a street in the same light shows a third.
    pub same_pictures_min_ppm: Ppm,
    /// Looks of one place and direction differ in 80 of 384 bits on average, of different places in 170 where the most
    /// alike of a few views counts; in more than this they are of different places.
    pub same_place_bits: u32,
    /// Views of one place are compared in the same light: their skies differ by so much at most.
    pub same_light_luma: u32,
    /// A clip shows another place if its frames together are by so many standard deviations more like what others saw
    /// there than half way between what is usual around and the same place; less what speaks for where it says that it
    /// was. One drive in hundreds comes to 2 or 3 by chance; two frames that are surely of another place, to 5.
    pub moved_deviations: f64,
    /// So many frames must be compared with others' before a clip is doubted for what it shows.
    pub neighbours_min: u32,
    /// A picture stands when so many of its blocks do.
    pub standing_min_ppm: Ppm,
    /// From this height of the sun on, in degrees, the sky is bright.
    pub day_min_deg: f64,
    /// Below this height of the sun, in degrees, it is dark: the end of nautical twilight.
    pub night_max_deg: f64,
    /// A darker sky is of the night.
    pub day_luma_min: u32,
    /// A brighter sky is of the day.
    pub night_luma_max: u32,
}

impl TrustSettings {
    /// Whether clips of two epochs are held against each other.
    #[must_use]
    pub fn are_near(&self, a: Epoch, b: Epoch) -> bool {
        is_within(a, b, self.epochs_around)
    }

    /// Whether what is thought of the clips of one epoch can depend on those of the other: on who is near, on whom those
    /// are believed for, and on clips filed with the day before the one on which they begin.
    #[must_use]
    pub fn can_depend(&self, a: Epoch, b: Epoch) -> bool {
        is_within(a, b, 2 * self.epochs_around + 1)
    }
}

fn is_within(a: Epoch, b: Epoch, epochs: u32) -> bool {
    a == b || a.max(b).before(epochs as usize).any(|before| before == a.min(b))
}

impl Default for TrustSettings {
    fn default() -> Self {
        let half = Ppm::of(1, 2);
        Self {
            counts_min_ppm: half,
            epochs_around: 4,
            reach_mps: 70.0,
            reach_noise_m: 300.0,
            acceleration_max_mps2: 10.0,
            zigzag_deviation: 0.8,
            zigzag_min_m: 30.0,
            accuracy_max_mm: 20_000,
            drawn_max_mmps2: 30,
            same_picture_bits: 5,
            same_pictures_min: 4,
            same_pictures_min_ppm: Ppm::of(7, 20),
            same_place_bits: 150,
            same_light_luma: 25,
            moved_deviations: 6.0,
            neighbours_min: 6,
            standing_min_ppm: Ppm::of(17, 20),
            day_min_deg: 8.0,
            night_max_deg: -12.0,
            day_luma_min: 60,
            night_luma_max: 110,
        }
    }
}
