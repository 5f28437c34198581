//! What the passes of one epoch say of a thing.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use waymark_datasets::{ClassName, ClipId, FrameId, UtcMillis};

use super::cluster::Cluster;
use super::lifetime::CLEAR_PX;
use super::plane::Vec2;
use super::row::{Epoch, octant};
use super::sighting::Sighting;
use super::track::class;

/// Everything that was seen of a thing in one epoch; at least one sighting.
pub(super) struct Seen<'a> {
    pub(super) sightings: Vec<&'a Sighting<'a>>,
    /// Indices of the views that show it.
    pub(super) views: BTreeSet<usize>,
    pub(super) clips: BTreeMap<ClipId, Vec<&'a Sighting<'a>>>,
    /// The sum of the directions in which passes saw it face.
    pub(super) facing: Vec2,
}

/// Of what is called otherwise than before, fewer frames may be misread.
const FRAMES_MIN: usize = 3;
/// Less sure than this, from frames that show it at least 20 px tall or wide, may be a mistake of the detector or too
/// far off to be placed. One clip has to show it in two frames at a score of 0.6, or in four of 0.5; two clips in two
/// frames each at 0.34. Chosen on simulated towns (seeds 17 to 20 and 24 to 26): a higher one loses
/// more than it mends.
const CONFIDENCE_MIN: f64 = 0.4;
/// However sure the detector is of one frame.
const LARGE_MIN: usize = 2;
/// No single clip makes anyone surer than this.
const CLIP_CONFIDENCE_MAX: f64 = 0.95;

impl<'a> Seen<'a> {
    /// None if no pass saw it.
    pub(super) fn of(epoch: &Epoch<'a>, cluster: &Cluster<'_>) -> Option<Self> {
        let passes = || cluster.passes.iter().map(|&index| &epoch.passes[index]);
        let sightings: Vec<&Sighting<'_>> = passes().flat_map(|pass| pass.track.sightings.iter().copied()).collect();
        let mut clips: BTreeMap<ClipId, Vec<&Sighting<'_>>> = BTreeMap::new();
        sightings.iter().for_each(|s| clips.entry(epoch.views[s.view].clip_id).or_default().push(s));
        let facing = passes().fold(Vec2::ZERO, |sum, pass| sum + pass.facing);
        let views = sightings.iter().map(|sighting| sighting.view).collect();
        (!sightings.is_empty()).then_some(Self { sightings, views, clips, facing })
    }

    /// Those that are hard to overlook.
    pub(super) fn clear(&self) -> impl Iterator<Item = &'a Sighting<'a>> {
        self.sightings.iter().copied().filter(|sighting| sighting.height_px >= CLEAR_PX)
    }

    /// Whether those that show it large enough to place it make sure that it is there.
    pub(super) fn is_enough(&self) -> bool {
        let is_large = |sighting: &Sighting<'_>| sighting.longest_px >= CLEAR_PX;
        let large = self.sightings.iter().filter(|sighting| is_large(sighting)).count();
        large >= LARGE_MIN && self.confidence_of(is_large) >= CONFIDENCE_MIN
    }

    /// What it is called.
    pub(super) fn class(&self) -> Option<&'a ClassName> {
        class(self.sightings.iter().copied())
    }

    /// Whether what is clearly seen is called otherwise than what was known there, which is gone then: a limit was
    /// changed. What is not clearly seen may be misread.
    pub(super) fn is_other(&self, known: &ClassName) -> bool {
        let otherwise = self.clear().filter(|sighting| sighting.class != known).count();
        self.class() != Some(known) && otherwise >= FRAMES_MIN
    }

    /// When it was seen first and last.
    pub(super) fn times(&self, epoch: &Epoch<'_>) -> Option<(UtcMillis, UtcMillis)> {
        let times = || self.views.iter().map(|&view| epoch.views[view].at);
        Some((times().min()?, times().max()?))
    }

    /// Distances from which it was seen, nearest first.
    pub(super) fn ranges_mm(&self, epoch: &Epoch<'_>, at: Vec2) -> Vec<u32> {
        ranges_mm(self.sightings.iter().copied(), epoch, at)
    }

    /// From here or nearer were nine of ten sightings that are hard to overlook; 0 if there are none.
    pub(super) fn clear_from_mm(&self, epoch: &Epoch<'_>, at: Vec2) -> u32 {
        let ranges = ranges_mm(self.clear(), epoch, at);
        ranges.get(ranges.len() * 9 / 10).copied().unwrap_or(0)
    }

    /// Bit n for octant n around it.
    pub(super) fn octants(&self, epoch: &Epoch<'_>, at: Vec2) -> u32 {
        let octant = |&view: &usize| octant(epoch.views[view].position - at);
        self.views.iter().map(octant).fold(0, |all, octant| all | 1 << u8::from(octant))
    }

    /// One minus the chance that every clip was wrong; a clip is surer the more of its frames show it.
    pub(super) fn confidence(&self) -> f64 {
        self.confidence_of(|_| true)
    }

    /// As [`Self::confidence`], from those that `counts` alone.
    fn confidence_of(&self, counts: impl Fn(&Sighting<'_>) -> bool) -> f64 {
        let wrong = self.clips.values().map(|sightings| {
            let scores = || sightings.iter().filter(|sighting| counts(sighting)).map(|sighting| sighting.score);
            // The mean score, times n / (n + 1).
            1.0 - (scores().sum::<f64>() / (scores().count() as f64 + 1.0)).min(CLIP_CONFIDENCE_MAX)
        });
        1.0 - wrong.product::<f64>()
    }

    /// So many frames, those first in which it is large and sure.
    pub(super) fn evidence(&self, epoch: &Epoch<'_>, count: usize) -> Vec<FrameId> {
        let worth = |sighting: &Sighting<'_>| (sighting.height_px * sighting.score * 1_000.0) as u64;
        let frame = |sighting: &Sighting<'_>| epoch.views[sighting.view].frame_id;
        let mut best: Vec<(Reverse<u64>, FrameId)> =
            self.sightings.iter().map(|sighting| (Reverse(worth(sighting)), frame(sighting))).collect();
        best.sort_unstable();
        best.into_iter().map(|(_, frame)| frame).take(count).collect()
    }
}

fn ranges_mm<'s>(seen: impl Iterator<Item = &'s Sighting<'s>>, epoch: &Epoch<'_>, at: Vec2) -> Vec<u32> {
    let range = |sighting: &Sighting<'_>| ((epoch.views[sighting.view].position - at).length() * 1_000.0) as u32;
    let mut ranges: Vec<u32> = seen.map(range).collect();
    ranges.sort_unstable();
    ranges
}
