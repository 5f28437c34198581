//! Clips that landed after all others are judged without reading more than the regions that they touch.

use std::collections::{BTreeMap, BTreeSet};

use waymark_datasets::rows::{ClipRow, FrameRow, TrustRow};
use waymark_datasets::{ClipId, Epoch, Partition, Region, Table};
use waymark_ingest::plausible::{Case, Evidence, SAME_DRIVE_MS, Shot, TrustSettings, judge_cases, reaches, seniority};

use super::{Judged, is_around};
use crate::stage::shelf::Shelf;

/// The partitions in which anything is thought otherwise now; none if a new clip may have been there before others, or
/// one that was judged is gone: then all are to be judged anew.
pub async fn append(
    shelf: &Shelf<'_>,
    changed: &BTreeSet<Epoch>,
    settings: &TrustSettings,
) -> anyhow::Result<Option<Judged>> {
    let desk = Desk::of(shelf, |at| is_around(*at, changed, settings));
    let mut known: BTreeMap<ClipId, TrustRow> = BTreeMap::new();
    for at in desk.partitions() {
        known.extend(shelf.rows(at, |_: &TrustRow| true).await?.into_iter().map(|row| (row.clip_id, row)));
    }
    let new: BTreeSet<ClipId> = desk.filed.keys().filter(|clip| !known.contains_key(clip)).copied().collect();
    let new = desk.evidence(&new).await?;
    let last = known.values().map(seniority).max();
    let is_last = new.values().all(|clip| Some(seniority(&clip.row())) > last);
    if new.is_empty() || !is_last || known.keys().any(|clip| !desk.filed.contains_key(clip)) {
        return Ok(None);
    }
    let asked = desk.filmed(&new.values().flat_map(reaches).collect());
    let mut evidence = desk.evidence(&asked).await?;
    let mut witnesses = desk.filmed(&evidence.values().chain(new.values()).flat_map(reaches).collect());
    witnesses
        .extend(known.values().filter(|row| new.values().any(|clip| is_same_drive(row, clip))).map(|row| row.clip_id));
    witnesses.retain(|clip| !evidence.contains_key(clip));
    evidence.extend(desk.evidence(&witnesses).await?);
    let case = |(clip, row)| match evidence.get(clip) {
        Some(evidence) if asked.contains(clip) => Case::Again(row, evidence),
        evidence => Case::Known(row, evidence),
    };
    let cases: Vec<Case<'_>> = new.values().map(Case::New).chain(known.iter().map(case)).collect();
    let judged = tokio::task::block_in_place(|| judge_cases(&cases, settings));
    Ok(Some(desk.merge(known, judged)))
}

/// Whether one device may have filmed two clips in one go.
fn is_same_drive(row: &TrustRow, clip: &Evidence) -> bool {
    let apart_ms = row.start_ms.ms_since(clip.clip.end_ms).max(clip.clip.start_ms.ms_since(row.end_ms));
    row.device_id == clip.clip.device_id && apart_ms <= SAME_DRIVE_MS
}

/// Where the files of clips lie.
struct Desk<'a> {
    shelf: &'a Shelf<'a>,
    filed: BTreeMap<ClipId, Partition>,
    filmed: BTreeMap<ClipId, BTreeSet<Partition>>,
}

impl<'a> Desk<'a> {
    fn of(shelf: &'a Shelf<'a>, near: impl Fn(&Partition) -> bool) -> Self {
        let mut desk = Self { shelf, filed: BTreeMap::new(), filmed: BTreeMap::new() };
        for at in shelf.partitions(Table::Clips).filter(&near) {
            desk.filed.extend(shelf.clips(Table::Clips, at).map(|clip| (clip, at)));
        }
        for at in shelf.partitions(Table::Frames).filter(&near) {
            for clip in shelf.clips(Table::Frames, at) {
                desk.filmed.entry(clip).or_default().insert(at);
            }
        }
        desk
    }

    fn partitions(&self) -> BTreeSet<Partition> {
        self.filed.values().copied().collect()
    }

    /// The clips with frames in some regions.
    fn filmed(&self, regions: &BTreeSet<Region>) -> BTreeSet<ClipId> {
        let is_there = |at: &Partition| at.region.is_some_and(|region| regions.contains(&region));
        self.filmed.iter().filter(|(_, at)| at.iter().any(is_there)).map(|(clip, _)| *clip).collect()
    }

    /// Some clips, each with all its frames.
    async fn evidence(&self, clips: &BTreeSet<ClipId>) -> anyhow::Result<BTreeMap<ClipId, Evidence>> {
        let filed: BTreeSet<Partition> = clips.iter().filter_map(|clip| self.filed.get(clip)).copied().collect();
        let filmed: BTreeSet<Partition> =
            clips.iter().filter_map(|clip| self.filmed.get(clip)).flatten().copied().collect();
        let mut shots: BTreeMap<ClipId, Vec<Shot>> = BTreeMap::new();
        for at in filmed {
            for row in self.shelf.rows_of::<FrameRow>(at, clips).await? {
                shots.entry(row.clip_id).or_default().push(Shot::from(&row));
            }
        }
        let mut evidence = BTreeMap::new();
        for at in filed {
            for row in self.shelf.rows_of::<ClipRow>(at, clips).await? {
                let own = shots.remove(&row.clip_id).unwrap_or_default();
                evidence.insert(row.clip_id, Evidence::new(row, own));
            }
        }
        Ok(evidence)
    }

    /// All rows of the partitions in which some are others than they were.
    fn merge(&self, known: BTreeMap<ClipId, TrustRow>, judged: Vec<TrustRow>) -> Judged {
        let other = judged.into_iter().filter(|row| known.get(&row.clip_id) != Some(row));
        let other: BTreeMap<ClipId, TrustRow> = other.map(|row| (row.clip_id, row)).collect();
        let changed: BTreeSet<Partition> = other.keys().filter_map(|clip| self.filed.get(clip)).copied().collect();
        let mut merged = Judged::new();
        for (clip, row) in known.into_iter().filter(|(clip, _)| !other.contains_key(clip)).chain(other.clone()) {
            if let Some(at) = self.filed.get(&clip).filter(|at| changed.contains(at)) {
                merged.entry(*at).or_default().push(row);
            }
        }
        merged
    }
}
