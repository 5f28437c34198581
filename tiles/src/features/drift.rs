//! The error that a receiver makes for a while, told by what others saw of the same things.

use std::collections::BTreeMap;

use waymark_datasets::{ClipId, UtcMillis};

use super::cluster::Cluster;
use super::matrix::Sym2;
use super::pass::Pass;
use super::place::{Opinion, Place};
use super::plane::Vec2;

/// Positions of a receiver within so long have nearly the same error.
const SAME_MS: i64 = 12_000;
/// What is left of that error, at least, when neighbours have told most of it.
const LEFT_SIGMA_M: f64 = 1.0;
/// What tells nothing of the error of a receiver, as the error of one neighbour's place.
const NEIGHBOUR_SIGMA_M: f64 = 0.5;
/// A shift of more than so many deviations is the shift of something else.
const ODD: f64 = 2.0;

/// Where each pass would put its thing, if its receiver had not drifted. A receiver shifts all that it sees within some
/// seconds by the same error; the mean of these shifts, against what other clips and earlier epochs say, is taken back,
/// as far as it is likelier than no error at all.
pub(super) fn without_drift(passes: &[Pass<'_>], found: &[Cluster<'_>]) -> Vec<Place> {
    let mut shifts: BTreeMap<(ClipId, UtcMillis, usize), Place> = BTreeMap::new();
    for cluster in found {
        for (index, others) in others(passes, cluster) {
            let pass = &passes[index];
            let shift = others.position - pass.place.position;
            let covariance = others.covariance.plus(pass.place.covariance);
            shifts.insert((pass.clip_id, pass.at, index), Place { position: shift, covariance });
        }
    }
    let corrected = |pass: &Pass<'_>| {
        let from = (pass.clip_id, pass.at.plus_ms(-SAME_MS), 0);
        let to = (pass.clip_id, pass.at.plus_ms(SAME_MS), usize::MAX);
        let none = Opinion::NONE.with(&Place::round(Vec2::ZERO, pass.sigma_m), 1.0);
        let mean = shifts.range(from..=to).fold(none, |mean, (_, shift)| {
            let deviations = shift.blurred(pass.sigma_m).covariance.inverse().square(shift.position).sqrt();
            mean.with(&shift.blurred(NEIGHBOUR_SIGMA_M), (ODD / deviations).min(1.0))
        });
        let drift = mean.mean().unwrap_or(Place::round(Vec2::ZERO, pass.sigma_m));
        let left = drift.covariance.plus(Sym2::round(LEFT_SIGMA_M * LEFT_SIGMA_M));
        Place { position: pass.place.position + drift.position, covariance: pass.place.covariance.plus(left) }
    };
    passes.iter().map(corrected).collect()
}

/// For each pass of a thing, where it is by all but the clip of that pass.
fn others<'a>(passes: &[Pass<'_>], cluster: &'a Cluster<'_>) -> impl Iterator<Item = (usize, Place)> + use<'a> {
    let mut all = cluster.known_at.map_or(Opinion::NONE, |known| Opinion::NONE.with(&known, 1.0));
    let mut own: BTreeMap<ClipId, Opinion> = BTreeMap::new();
    for &index in &cluster.passes {
        let (pass, place) = (&passes[index], passes[index].on_map());
        all = all.with(&place, 1.0);
        let clip = own.entry(pass.clip_id).or_insert(Opinion::NONE);
        *clip = clip.with(&place, 1.0);
    }
    let clips: Vec<ClipId> = cluster.passes.iter().map(|&index| passes[index].clip_id).collect();
    let told = cluster.passes.iter().zip(clips);
    told.filter_map(move |(&index, clip)| Some((index, all.without(own.get(&clip)?).mean()?)))
}
