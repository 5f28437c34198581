//! The formula: freshness × rank × quality × trust, in parts per million.

use serde::{Deserialize, Serialize};
use waymark_datasets::{Epoch, Ppm, UtcMillis};

use crate::Pass;

/// What the formula can be tuned by; written down with every epoch that it paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormulaSettings {
    /// A slot that nobody saw for this many weeks is fully fresh again.
    pub freshness_weeks: u32,
    /// What the first, second, … pass of a slot in an epoch is worth; later ones are worth nothing.
    pub rank_ppm: Vec<Ppm>,
}

impl Default for FormulaSettings {
    /// Four weeks; each pass is worth half of the one before, eight are worth something.
    fn default() -> Self {
        let half = |share: &Ppm| Some(Ppm::of(u32::from(*share).into(), 2_000_000));
        Self { freshness_weeks: 4, rank_ppm: std::iter::successors(Some(Ppm::ONE), half).take(8).collect() }
    }
}

impl FormulaSettings {
    /// How many earlier epochs decide on freshness: no more than these need be read.
    #[must_use]
    pub fn epochs_back(&self) -> usize {
        self.freshness_weeks as usize
    }
}

/// What a pass is worth, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Points {
    /// How stale the slot was when the epoch began.
    pub freshness: Ppm,
    /// What a pass of this rank is worth.
    pub rank: Ppm,
    /// Quality of the best frame.
    pub quality: Ppm,
    /// How far the clip is believed.
    pub trust: Ppm,
    /// The product, rounded down after each factor.
    pub points: Ppm,
}

/// What `pass` is worth in `epoch`, if its slot was last seen at `last_seen` before the epoch began.
///
/// Freshness grows evenly from nothing to the whole over [`FormulaSettings::freshness_weeks`];
/// a slot that was not seen in that time is fully fresh.
#[must_use]
pub fn points(settings: &FormulaSettings, epoch: Epoch, pass: &Pass, last_seen: Option<UtcMillis>) -> Points {
    let freshness = last_seen.map_or(Ppm::ONE, |seen| freshness(settings, epoch, seen));
    let place = usize::try_from(pass.rank).unwrap_or(usize::MAX).saturating_sub(1);
    let rank = settings.rank_ppm.get(place).copied().unwrap_or(Ppm::ZERO);
    let quality = pass.frame.quality_ppm;
    let trust = pass.trust;
    Points { freshness, rank, quality, trust, points: freshness.times(rank).times(quality).times(trust) }
}

fn freshness(settings: &FormulaSettings, epoch: Epoch, seen: UtcMillis) -> Ppm {
    const WEEK_MS: u64 = 7 * 24 * 3_600_000;
    let age_ms = u64::try_from(epoch.start().ms_since(seen)).unwrap_or(0);
    let whole_ms = u64::from(settings.freshness_weeks) * WEEK_MS;
    if whole_ms == 0 { Ppm::ONE } else { Ppm::of(age_ms, whole_ms) }
}
