//! The difference of two states of the map, as a pure function, and its inverse.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use waymark_datasets::rows::FeatureState;

use super::feature::MapFeature;

/// What happened to one thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// In a word.
    pub kind: ChangeKind,
    /// To which.
    pub feature_id: String,
    /// What is known of it now; none if it was withdrawn.
    pub feature: Option<MapFeature>,
}

/// What happened to a thing, in a word. The first that holds is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It was not on the map before.
    New,
    /// The map no longer speaks of it: what showed it was erased, or turned out to show something else.
    Withdrawn,
    /// It was there, and enough frames that should have shown it did not.
    Gone,
    /// It was gone, and is there again.
    Returned,
    /// Its place is another one, by at least [`MOVED_MIN_M`].
    Moved,
    /// Something else is known better: its place by less than that, its direction, when it was last seen.
    Updated,
}

/// A place that differs by less is the same place, known better.
pub const MOVED_MIN_M: f64 = 1.0;

/// What leads from `before` to `now`, one change for each thing that differs, in order of ids. The order of the input
/// does not matter; nothing changes between a state and itself.
#[must_use]
pub fn difference(before: Vec<MapFeature>, now: Vec<MapFeature>) -> Vec<Change> {
    let mut both: BTreeMap<String, (Option<MapFeature>, Option<MapFeature>)> = BTreeMap::new();
    for feature in before {
        let id = feature.feature_id.clone();
        both.entry(id).or_default().0 = Some(feature);
    }
    for feature in now {
        let id = feature.feature_id.clone();
        both.entry(id).or_default().1 = Some(feature);
    }
    let change = |(feature_id, (before, now)): (String, (Option<MapFeature>, Option<MapFeature>))| {
        let kind = kind(before.as_ref(), now.as_ref())?;
        Some(Change { kind, feature_id, feature: now })
    };
    both.into_iter().filter_map(change).collect()
}

fn kind(before: Option<&MapFeature>, now: Option<&MapFeature>) -> Option<ChangeKind> {
    let (before, now) = match (before, now) {
        (None, None) => return None,
        (None, Some(_)) => return Some(ChangeKind::New),
        (Some(_), None) => return Some(ChangeKind::Withdrawn),
        (Some(before), Some(now)) => (before, now),
    };
    let is_gone = |feature: &MapFeature| feature.state == FeatureState::Gone;
    match (is_gone(before), is_gone(now)) {
        (false, true) => Some(ChangeKind::Gone),
        (true, false) => Some(ChangeKind::Returned),
        _ if before == now => None,
        _ if before.position().distance_m(now.position()) >= MOVED_MIN_M => Some(ChangeKind::Moved),
        _ => Some(ChangeKind::Updated),
    }
}

/// Applies changes to a state: `difference(a, b)` applied to `a` gives `b`. Those of one difference concern one thing
/// each, so their order does not matter, and applying them again changes nothing.
pub fn apply(state: &mut BTreeMap<String, MapFeature>, changes: impl IntoIterator<Item = Change>) {
    for change in changes {
        match change.feature {
            Some(feature) => state.insert(change.feature_id, feature),
            None => state.remove(&change.feature_id),
        };
    }
}
