//! Things on the map, from what frames show of them.
//!
//! 1. **Sightings**: a detection is a direction, an apparent size and an elevation, each with its error, from a camera
//!    that looks along the course ([`sighting`], [`view`]).
//! 2. **Tracks**: sightings of one thing while one camera drives by. Least squares over all of them give its place
//!    relative to the receiver's, with the size that things of its class have as a prior ([`track`], [`locate`]).
//! 3. **Things**: tracks of all passes that agree in kind, place and front. What a receiver's drift shifts together
//!    is shifted back together before it is compared ([`cluster`], [`drift`], [`merge`]).
//! 4. **Rows**: the mean over clips, each of which counts with the error of its receiver; and what became of things
//!    that an earlier epoch knew ([`fuse`], [`row`], [`lifetime`]).
//!
//! Every step has a total order or a sum in a fixed order, and a fixed number of iterations.

mod cluster;
mod drift;
mod facing;
mod fuse;
mod grid;
mod kind;
mod lifetime;
mod locate;
mod matrix;
mod merge;
mod pass;
mod place;
mod plane;
mod row;
mod seen;
mod sighting;
mod track;
mod view;

use std::collections::{BTreeMap, BTreeSet};

use waymark_datasets::rows::{DetectionRow, FeatureRow, FrameRow};
use waymark_datasets::{FrameId, Region, Slot};

use cluster::clusters;
use grid::Grid;
use merge::merged;
use pass::Pass;
use plane::Plane;
use sighting::Sighting;
use track::tracks;
use view::View;

/// What the features of one region and epoch are made of.
#[derive(Debug, Clone, Copy)]
pub struct FeatureInput<'a> {
    /// Only features in it come out; what else is given helps those near its border.
    pub region: Region,
    /// Frames of the epoch.
    pub frames: &'a [FrameRow],
    /// What they show; rows of other frames and of other roles than `map` are ignored.
    pub detections: &'a [DetectionRow],
    /// Features as of the latest earlier epoch.
    pub previous: &'a [FeatureRow],
    /// Slots that earlier epochs covered.
    pub covered_before: &'a BTreeSet<Slot>,
}

/// The features of a region as of an epoch: those seen in it, and those known before, with what became of them.
///
/// The order of the input does not matter, nor does repetition. A feature keeps its id from epoch to epoch; the id
/// follows from the detection that came first. Work is bounded by the number of frames and detections.
#[must_use]
pub fn features(input: &FeatureInput<'_>) -> Vec<FeatureRow> {
    let frames: BTreeMap<FrameId, &FrameRow> = input.frames.iter().map(|frame| (frame.frame_id, frame)).collect();
    let previous = known_once(input.previous);
    let origin = frames.values().next().map(|frame| frame.position());
    let Some(plane) = origin.or(previous.first().map(FeatureRow::position)).map(Plane::around) else {
        return Vec::new();
    };
    let mut views: Vec<View> = frames.values().filter_map(|frame| View::of(frame, plane)).collect();
    views.sort_by_key(|view| (view.clip_id, view.at, view.frame_id));
    let sightings = sightings(input.detections, &views);
    let by_clip = sightings.chunk_by(|a, b| views[a.view].clip_id == views[b.view].clip_id);
    let tracks = by_clip.flat_map(|of_clip| tracks(&views, of_clip));
    let mut passes: Vec<Pass<'_>> = tracks.filter_map(|track| Pass::of(track, &views)).collect();
    passes.sort_by(Pass::order);
    let found = merged(&passes, clusters(&passes, &previous, plane));
    let grid = Grid::of(views.iter().map(|view| view.position));
    let epoch = row::Epoch { views: &views, grid, passes: &passes, plane, covered_before: input.covered_before };
    let rows = found.iter().flat_map(|cluster| row::rows(&epoch, cluster));
    rows.filter(|row| row.h3_cell.region() == input.region).collect()
}

/// In order of view and place; of a detection that is given twice, one.
fn sightings<'a>(detections: &'a [DetectionRow], views: &[View]) -> Vec<Sighting<'a>> {
    let index: BTreeMap<FrameId, usize> = views.iter().enumerate().map(|(i, view)| (view.frame_id, i)).collect();
    let mut all: Vec<Sighting<'_>> = detections
        .iter()
        .filter_map(|row| index.get(&row.frame_id).and_then(|&view| Sighting::of(row, view, &views[view])))
        .collect();
    all.sort_by_key(|sighting| (sighting.view, sighting.index));
    all.dedup_by_key(|sighting| (sighting.view, sighting.index));
    all
}

/// In order of id; of rows that share one, the one seen last.
fn known_once(previous: &[FeatureRow]) -> Vec<FeatureRow> {
    let mut known: BTreeMap<&str, &FeatureRow> = BTreeMap::new();
    for row in previous {
        let rank = |row: &FeatureRow| (row.last_seen_ms, row.detections, row.h3_cell, row.accuracy_mm);
        let kept = known.entry(&row.feature_id).or_insert(row);
        if rank(row) > rank(kept) {
            *kept = row;
        }
    }
    known.into_values().cloned().collect()
}
