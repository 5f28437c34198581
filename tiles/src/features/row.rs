//! From a cluster to its row.

use std::collections::BTreeSet;

use waymark_datasets::rows::{FeatureRow, FeatureState};
use waymark_datasets::{Cell, Digest, Heading, Octant, Ppm, Slot};

use super::cluster::Cluster;
use super::fuse::{RADIUS_PER_SIGMA, fused};
use super::grid::Grid;
use super::lifetime;
use super::pass::Pass;
use super::plane::{Plane, Vec2};
use super::seen::Seen;
use super::view::View;

/// What the rows of an epoch are made of.
pub(super) struct Epoch<'a> {
    pub(super) views: &'a [View],
    /// Of the views' positions.
    pub(super) grid: Grid,
    pub(super) passes: &'a [Pass<'a>],
    pub(super) plane: Plane,
    pub(super) covered_before: &'a BTreeSet<Slot>,
}

/// What is less certain is no place on a map.
const ACCURACY_MM_MAX: u32 = 15_000;
/// No azimuth is given where passes, or what each of them saw, are less at one: so long is the mean of directions that
/// scatter by 58° (mean resultant length and circular standard deviation; Mardia & Jupp, Directional Statistics, 2.3).
const SURE_MIN: f64 = 0.6;
/// Frames that are named as evidence.
const EVIDENCE_MAX: usize = 5;

/// None while there is too little to say that it is there; two where one thing took the place of another.
pub(super) fn rows(epoch: &Epoch<'_>, cluster: &Cluster<'_>) -> Vec<FeatureRow> {
    let rows = match (Seen::of(epoch, cluster), cluster.known) {
        (None, known) => [known.map(|known| lifetime::unseen(epoch, known)), None],
        (Some(seen), None) => [fresh(epoch, cluster, &seen), None],
        (Some(seen), Some(known)) if seen.is_other(&known.class) => {
            let [gone, new] = [FeatureState::Gone, FeatureState::New];
            let new = fresh(epoch, &cluster.unknown(), &seen).map(|row| FeatureRow { state: new, ..row });
            [Some(FeatureRow { state: gone, ..known.clone() }), new]
        }
        (Some(seen), Some(known)) => [this_epoch(epoch, cluster, &seen).map(|now| again(known, now)), None],
    };
    rows.into_iter().flatten().collect()
}

/// A thing that was not known before.
fn fresh(epoch: &Epoch<'_>, cluster: &Cluster<'_>, seen: &Seen<'_>) -> Option<FeatureRow> {
    let row = this_epoch(epoch, cluster, seen)?;
    let state = lifetime::first(epoch.covered_before, seen.clear().map(|s| epoch.views[s.view].slot));
    let enough = seen.is_enough() && row.accuracy_mm <= ACCURACY_MM_MAX;
    enough.then_some(FeatureRow { state, ..row })
}

/// What this epoch alone says; only the place is also made of what was known.
fn this_epoch(epoch: &Epoch<'_>, cluster: &Cluster<'_>, seen: &Seen<'_>) -> Option<FeatureRow> {
    let place = fused(epoch.passes, cluster)?;
    let position = epoch.plane.position(place.position)?;
    let accuracy_m = place.covariance.largest().sqrt() * RADIUS_PER_SIGMA;
    let (first_seen_ms, last_seen_ms) = seen.times(epoch)?;
    Some(FeatureRow {
        feature_id: id(epoch, seen),
        class: seen.class()?.clone(),
        h3_cell: Cell::at(position),
        latitude_deg: position.latitude,
        longitude_deg: position.longitude,
        accuracy_mm: (accuracy_m * 1_000.0).ceil() as u32,
        azimuth_deg: azimuth(seen.facing, cluster.passes.len() as f64),
        confidence_ppm: Ppm::from_ratio(seen.confidence()),
        state: FeatureState::Present,
        first_seen_ms,
        last_seen_ms,
        detections: seen.sightings.len() as u32,
        frames: seen.views.len() as u32,
        passes: seen.clips.len() as u32,
        seen_from_min_mm: seen.ranges_mm(epoch, place.position).first().copied().unwrap_or(0),
        clear_from_mm: seen.clear_from_mm(epoch, place.position),
        seen_from_octants: seen.octants(epoch, place.position),
        evidence: seen.evidence(epoch, EVIDENCE_MAX),
    })
}

/// What was known with what is seen now. The azimuth is the mean over all passes.
fn again(known: &FeatureRow, now: FeatureRow) -> FeatureRow {
    let fronts = |row: &FeatureRow| row.azimuth_deg.map_or(0.0, |_| f64::from(row.passes));
    let front = |row: &FeatureRow| {
        let azimuth_rad = row.azimuth_deg.map_or(0.0, |azimuth| azimuth.degrees().to_radians());
        Vec2::of_heading(azimuth_rad) * fronts(row)
    };
    let mut evidence = now.evidence.clone();
    evidence.extend(known.evidence.iter().filter(|frame| !now.evidence.contains(frame)));
    evidence.truncate(EVIDENCE_MAX);
    let clear_from_mm = match (known.clear_from_mm, now.clear_from_mm) {
        (0, one) | (one, 0) => one,
        (one, other) => one.min(other),
    };
    let doubt = known.confidence_ppm.complement().times(now.confidence_ppm.complement());
    FeatureRow {
        feature_id: known.feature_id.clone(),
        class: known.class.clone(),
        azimuth_deg: azimuth(front(known) + front(&now), fronts(known) + fronts(&now)).or(known.azimuth_deg),
        confidence_ppm: doubt.complement(),
        first_seen_ms: known.first_seen_ms.min(now.first_seen_ms),
        last_seen_ms: known.last_seen_ms.max(now.last_seen_ms),
        detections: known.detections.saturating_add(now.detections),
        frames: known.frames.saturating_add(now.frames),
        passes: known.passes.saturating_add(now.passes),
        seen_from_min_mm: known.seen_from_min_mm.min(now.seen_from_min_mm),
        clear_from_mm,
        seen_from_octants: known.seen_from_octants | now.seen_from_octants,
        evidence,
        ..now
    }
}

/// Follows from the first detection, so that it stays unless earlier footage turns up.
fn id(epoch: &Epoch<'_>, seen: &Seen<'_>) -> String {
    let key = |sighting: &super::sighting::Sighting<'_>| {
        let view = &epoch.views[sighting.view];
        (view.at, view.frame_id, sighting.index)
    };
    let first = seen.sightings.iter().map(|sighting| key(sighting)).min();
    let name = first.map(|(_, frame, index)| format!("waymark feature 1\0{frame}\0{index}")).unwrap_or_default();
    Digest::of(name.as_bytes()).to_string().chars().take(32).collect()
}

/// The octant that a direction falls in.
pub(super) fn octant(direction: Vec2) -> Octant {
    Heading::wrapping(direction.heading_rad().to_degrees()).octant()
}

/// The direction of the sum of so many fronts, to a tenth of a degree; none where it is not sure.
fn azimuth(sum: Vec2, count: f64) -> Option<Heading> {
    let tenths = (sum.heading_rad().to_degrees() * 10.0).round() / 10.0;
    (sum.length() > count * SURE_MIN).then(|| Heading::wrapping(tenths))
}
