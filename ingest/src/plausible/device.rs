//! One device is in one place at a time, and signs one chain.

use std::collections::BTreeMap;

use waymark_datasets::{ClipId, DeviceId, Doubt, Finding};

use super::judge::{because_of, finding};
use super::{Evidence, Shot, TrustSettings};

/// Clips that landed before, by their device.
#[derive(Default)]
pub(super) struct Log<'a> {
    clips: BTreeMap<&'a DeviceId, Vec<&'a Evidence>>,
    links: BTreeMap<(&'a DeviceId, u64), ClipId>,
}

/// Clips farther apart in time say nothing about each other: a car gets anywhere.
const NEAR_MS: i64 = 3_600_000;

impl<'a> Log<'a> {
    /// Remembers a clip.
    pub(super) fn add(&mut self, clip: &'a Evidence) {
        let device = &clip.clip.device_id;
        self.clips.entry(device).or_default().push(clip);
        self.links.entry((device, clip.clip.sequence)).or_insert(clip.clip.clip_id);
    }

    /// What earlier clips of the same device say against a clip.
    pub(super) fn doubts(&self, clip: &'a Evidence, settings: &TrustSettings) -> Vec<Finding> {
        let device = &clip.clip.device_id;
        let mut found = Vec::new();
        let others = self.clips.get(device).into_iter().flatten();
        found.extend(others.filter_map(|other| elsewhere(clip, other, settings)).next());
        if let Some(&other) = self.links.get(&(device, clip.clip.sequence)) {
            let detail = format!("clip {other} is link {} of the same chain", clip.clip.sequence);
            found.push(because_of(other, finding(Doubt::ChainForked, 150_000, detail)));
        }
        found
    }
}

/// Whether two clips of a device show it at places that it cannot get between in time.
fn elsewhere(clip: &Evidence, other: &Evidence, settings: &TrustSettings) -> Option<Finding> {
    let apart_ms = clip.clip.start_ms.ms_since(other.clip.end_ms).max(other.clip.start_ms.ms_since(clip.clip.end_ms));
    if apart_ms > NEAR_MS {
        return None;
    }
    let out_of_reach = |shot: &&Shot| other.nearest(shot.at).is_some_and(|there| !is_in_reach(shot, there, settings));
    let count = clip.shots.iter().filter(out_of_reach).count();
    if 2 * count <= clip.shots.len() {
        return None;
    }
    let id = other.clip.clip_id;
    let detail = format!("{count} of {} frames are out of reach of clip {id} of the same device", clip.shots.len());
    Some(because_of(id, finding(Doubt::DeviceElsewhere, 900_000, detail)))
}

/// Within the error of two receivers of different make.
const NEAR_M: f64 = 60.0;

fn is_in_reach(shot: &Shot, other: &Shot, settings: &TrustSettings) -> bool {
    let seconds = shot.at.ms_since(other.at).unsigned_abs() as f64 / 1_000.0;
    shot.position.distance_m(other.position) <= settings.reach_mps * seconds + NEAR_M
}
