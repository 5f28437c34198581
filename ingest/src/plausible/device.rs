//! One device is in one place at a time, and signs one chain.

use std::collections::BTreeMap;

use waymark_datasets::rows::TrustRow;
use waymark_datasets::{ClipId, DeviceId, Doubt, Epoch, Finding};

use super::judge::{because_of, finding};
use super::{Evidence, Shot, TrustSettings};

/// Clips that landed before, by their device.
pub(super) struct Log<'a> {
    settings: &'a TrustSettings,
    clips: BTreeMap<DeviceId, Vec<Entry<'a>>>,
}

struct Entry<'a> {
    epoch: Epoch,
    clip_id: ClipId,
    sequence: u64,
    evidence: Option<&'a Evidence>,
}

/// Clips of a device that are farther apart in time say nothing about each other: a car gets anywhere.
pub const SAME_DRIVE_MS: i64 = 3_600_000;

impl<'a> Log<'a> {
    pub(super) fn new(settings: &'a TrustSettings) -> Self {
        Self { settings, clips: BTreeMap::new() }
    }

    /// Remembers a clip.
    pub(super) fn add(&mut self, row: &TrustRow, evidence: Option<&'a Evidence>) {
        let (epoch, clip_id, sequence) = (Epoch::of(row.start_ms), row.clip_id, row.sequence);
        self.clips.entry(row.device_id.clone()).or_default().push(Entry { epoch, clip_id, sequence, evidence });
    }

    /// What earlier clips of the same device say against a clip.
    pub(super) fn doubts(&self, clip: &Evidence) -> Vec<Finding> {
        let earlier = self.clips.get(&clip.clip.device_id).into_iter().flatten();
        let near: Vec<&Entry<'_>> = earlier.filter(|entry| self.settings.are_near(entry.epoch, clip.epoch())).collect();
        let others = near.iter().filter_map(|entry| entry.evidence);
        let mut found: Vec<Finding> =
            others.filter_map(|other| elsewhere(clip, other, self.settings)).take(1).collect();
        if let Some(entry) = near.iter().find(|entry| entry.sequence == clip.clip.sequence) {
            let detail = format!("clip {} is link {} of the same chain", entry.clip_id, entry.sequence);
            found.push(because_of(entry.clip_id, finding(Doubt::ChainForked, 150_000, detail)));
        }
        found
    }
}

/// Whether two clips of a device show it at places that it cannot get between in time.
fn elsewhere(clip: &Evidence, other: &Evidence, settings: &TrustSettings) -> Option<Finding> {
    let apart_ms = clip.clip.start_ms.ms_since(other.clip.end_ms).max(other.clip.start_ms.ms_since(clip.clip.end_ms));
    if apart_ms > SAME_DRIVE_MS {
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
