//! The light in the picture, and the sun at the claimed time and place.

use waymark_datasets::{Doubt, Finding};

use super::judge::finding;
use super::{Evidence, TrustSettings, sun_height_deg};

/// Of fewer frames, a bridge or a lorry ahead may be all that is seen.
const FRAMES_MIN: usize = 4;

/// Whether the sky is dark by day or bright by night, by the median frame.
pub(super) fn doubt(clip: &Evidence, settings: &TrustSettings) -> Option<Finding> {
    let middle = clip.shots.get(clip.shots.len() / 2).filter(|_| clip.shots.len() >= FRAMES_MIN)?;
    let mut luma: Vec<u32> = clip.shots.iter().map(|shot| shot.witness.sky_luma).collect();
    luma.sort_unstable();
    let luma = luma[luma.len() / 2];
    let height_deg = sun_height_deg(middle.at, middle.position);
    let is_day = height_deg > settings.day_min_deg;
    let is_night = height_deg < settings.night_max_deg;
    let differs = is_day && luma < settings.day_luma_min || is_night && luma > settings.night_luma_max;
    let detail = || format!("the sun stands at {height_deg:.0} degrees, the sky has luma {luma} of 255");
    differs.then(|| finding(Doubt::LightDiffers, 900_000, detail()))
}
