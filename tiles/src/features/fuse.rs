//! One place from several passes.

use std::collections::BTreeMap;

use waymark_datasets::ClipId;

use super::cluster::Cluster;
use super::pass::Pass;
use super::place::{Opinion, Place};

/// Within this many deviations along an axis, in any direction, lie 95 % (χ² of two degrees).
pub(super) const RADIUS_PER_SIGMA: f64 = 2.447_746_830_680_816;
/// From this many deviations on, a clip that disagrees counts less (Huber).
const HUBER: f64 = 1.5;
const STEPS: usize = 6;
/// However many passes agree: of what they have in common, such as the idea of where the middle of a thing is.
const COMMON_SIGMA_M: f64 = 0.25;

/// The mean of what was known and of each clip's mean, weighted by certainty; a clip that disagrees with the others
/// weighs less. None of what nobody saw.
pub(super) fn fused(passes: &[Pass<'_>], cluster: &Cluster<'_>) -> Option<Place> {
    let mut clips: BTreeMap<ClipId, Vec<&Pass<'_>>> = BTreeMap::new();
    for pass in cluster.passes.iter().map(|&index| &passes[index]) {
        clips.entry(pass.clip_id).or_default().push(pass);
    }
    let mut told: Vec<Place> = cluster.known_at.into_iter().collect();
    told.extend(clips.values().filter_map(|passes| of_clip(passes)));
    let weighted = |weight: &dyn Fn(&Place) -> f64| {
        told.iter().fold(Opinion::NONE, |mean, place| mean.with(place, weight(place))).mean()
    };
    let mut mean = weighted(&|_| 1.0)?;
    for _ in 0..STEPS {
        let deviations = |place: &Place| place.covariance.inverse().square(place.position - mean.position).sqrt();
        mean = weighted(&|place| (HUBER / deviations(place)).min(1.0))?;
    }
    Some(mean.blurred(COMMON_SIGMA_M))
}

/// The error of the receiver is one for all that its clip saw of a thing.
fn of_clip(passes: &[&Pass<'_>]) -> Option<Place> {
    let mean = passes.iter().fold(Opinion::NONE, |mean, pass| mean.with(&pass.place, 1.0)).mean()?;
    Some(mean.blurred(passes.iter().map(|pass| pass.sigma_m).fold(0.0, f64::max)))
}
