//! The numbers of a comparison.

use std::collections::BTreeMap;

use serde::Serialize;
use waymark_datasets::ClassName;
use waymark_datasets::rows::{FeatureRow, FeatureState};

use super::{Known, Matched};

/// A front is right if it is turned from the true one by no more.
pub const TURN_MAX_DEG: f64 = 30.0;

/// How well the map agrees with the truth.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Score {
    /// By class.
    pub classes: BTreeMap<ClassName, ClassScore>,
    /// Half of the found things lie this near to where they are, in millimetres; none if nothing was found.
    pub error_median_mm: Option<u32>,
    /// 95 % of the found things lie this near.
    pub error_95th_mm: Option<u32>,
    /// Found things of which the map says which way they face.
    pub fronts: u64,
    /// Of those, the ones that face that way, give or take [`TURN_MAX_DEG`].
    pub fronts_right: u64,
    /// Things that were taken away, and could be seen to be.
    pub removed: u64,
    /// Of those, the ones that the map says are gone.
    pub removed_found: u64,
    /// Things that came, and could be seen not to have been there before.
    pub added: u64,
    /// Of those, the ones that the map says are new.
    pub added_found: u64,
    /// Features that are said to be gone.
    pub gone: u64,
    /// Of those, the ones that once stood there and do no longer.
    pub gone_real: u64,
    /// Features that are said to be new.
    pub new: u64,
    /// Of those, the ones that did not stand there before.
    pub new_real: u64,
}

/// How well the map agrees with the truth of one class, or of all.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ClassScore {
    /// Things that stand and were well seen.
    pub well_seen: u64,
    /// Of those, the ones that the map has.
    pub found: u64,
    /// Features that are not gone.
    pub features: u64,
    /// Of those, the ones where a thing of the class stands, well seen or not.
    pub real: u64,
}

impl Score {
    /// Over all classes.
    #[must_use]
    pub fn all(&self) -> ClassScore {
        self.classes.values().fold(ClassScore::default(), |sum, of| ClassScore {
            well_seen: sum.well_seen + of.well_seen,
            found: sum.found + of.found,
            features: sum.features + of.features,
            real: sum.real + of.real,
        })
    }
}

/// Of the features that are there and of those that are gone.
pub(super) fn score(census: &[Known<'_>], (live, gone): (&Matched<'_>, &Matched<'_>)) -> Score {
    let mut score = Score::default();
    for feature in &live.features {
        score.classes.entry(feature.class.clone()).or_default().features += 1;
    }
    for known in census.iter().filter(|known| known.stands) {
        let found = live.by_object.get(&known.object.object_id);
        let is_new = found.is_some_and(|found| is_new(found.feature));
        score.new_real += u64::from(is_new && !known.stood);
        score.added += u64::from(known.is_change_seen);
        score.added_found += u64::from(known.is_change_seen && is_new);
        let turned_deg = found.and_then(|found| turned_deg(found.feature, known));
        score.fronts += u64::from(turned_deg.is_some());
        score.fronts_right += u64::from(turned_deg.is_some_and(|turned_deg| turned_deg <= TURN_MAX_DEG));
        if found.is_none() && !known.well_seen {
            continue;
        }
        let class = score.classes.entry(known.object.class.clone()).or_default();
        class.well_seen += u64::from(known.well_seen);
        class.found += u64::from(known.well_seen && found.is_some());
        class.real += u64::from(found.is_some());
    }
    for known in census.iter().filter(|known| !known.stands && known.is_change_seen) {
        score.removed += 1;
        score.removed_found += u64::from(gone.by_object.contains_key(&known.object.object_id));
    }
    (score.gone, score.gone_real) = (gone.features.len() as u64, gone.by_object.len() as u64);
    score.new = live.features.iter().filter(|feature| is_new(feature)).count() as u64;
    let mut errors_mm: Vec<u32> = live.by_object.values().map(|found| (found.error_m * 1e3).round() as u32).collect();
    errors_mm.sort_unstable();
    (score.error_median_mm, score.error_95th_mm) = (nearest_rank(&errors_mm, 50), nearest_rank(&errors_mm, 95));
    score
}

/// Between the way that a feature faces and the true one; none of what has no front.
fn turned_deg(feature: &FeatureRow, known: &Known<'_>) -> Option<f64> {
    Some(known.object.azimuth_deg.turn_deg(feature.azimuth_deg?).abs())
}

fn is_new(feature: &FeatureRow) -> bool {
    feature.state == FeatureState::New
}

/// The smallest of `sorted` that so many percent of them do not exceed.
fn nearest_rank(sorted: &[u32], percent: usize) -> Option<u32> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}
