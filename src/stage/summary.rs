//! What is in a store, counted: only from what is published.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use serde::Serialize;
use serde::de::DeserializeOwned;
use waymark_datasets::rows::{CoverageRow, FeatureRow, FeatureState, FrameRow, PayoutRow, Verdict, VerdictRow};
use waymark_datasets::table::{Row, read_rows};
use waymark_datasets::{Amount, ClassName, Digest, DriverId, Epoch, Partition, Ppm, Reason, Region, Slot, Store};
use waymark_datasets::{Table, snapshot};

use super::process::ClipRecord;
use super::settle::{self, EpochRecord};

/// What is in a store.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    /// The latest snapshot.
    pub snapshot: Option<Digest>,
    /// Clips that landed.
    pub clips_accepted: u64,
    /// Bundles refused, by reason.
    pub clips_refused: BTreeMap<Reason, u64>,
    /// Clips that were processed.
    pub clips_processed: u64,
    /// Frames in their media.
    pub frames_in: u64,
    /// Frames published.
    pub frames_sampled: u64,
    /// Frames that nobody needs.
    pub frames_not_needed: u64,
    /// Frames taken while standing still.
    pub frames_standing: u64,
    /// Frames where the track says nothing.
    pub frames_outside: u64,
    /// Frames refused, by reason.
    pub frames_refused: BTreeMap<Reason, u64>,
    /// Things redacted, by class.
    pub redacted: BTreeMap<String, u64>,
    /// Share of the published area that is redacted.
    pub redacted_ppm: Option<Ppm>,
    /// Distinct places and directions covered.
    pub slots: u64,
    /// Distinct cells covered.
    pub cells: u64,
    /// Distinct regions covered.
    pub regions: u64,
    /// What is on the map as of the latest epoch of each region, by class.
    pub features: BTreeMap<ClassName, FeatureCount>,
    /// What closed epochs paid.
    pub epochs: Vec<PaidEpoch>,
}

/// What a closed epoch paid.
#[derive(Debug, Serialize)]
pub struct PaidEpoch {
    /// The epoch.
    pub epoch: Epoch,
    /// What was to be split.
    pub pool: Amount,
    /// What was paid.
    pub paid: Amount,
    /// What was left over.
    pub remainder: Amount,
    /// Who got what, and for what.
    pub drivers: BTreeMap<DriverId, DriverPay>,
}

/// What an epoch paid to a driver.
#[derive(Debug, Serialize)]
pub struct DriverPay {
    /// Slot passes.
    pub passes: u32,
    /// Their points, in parts per million of a full point.
    pub points_ppm: u64,
    /// The driver's share of the pool.
    pub amount: Amount,
}

/// Features of one class, by what became of them in the latest epoch.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FeatureCount {
    /// There, as before.
    pub present: u64,
    /// There, and not before.
    pub new: u64,
    /// No longer there.
    pub gone: u64,
}

impl FeatureCount {
    /// Of all classes.
    pub fn sum<'a>(counts: impl Iterator<Item = &'a Self>) -> Self {
        counts.fold(Self::default(), |sum, count| Self {
            present: sum.present + count.present,
            new: sum.new + count.new,
            gone: sum.gone + count.gone,
        })
    }
}

/// The published rows that a report is made of.
pub struct Published {
    /// Frames.
    pub frames: Vec<FrameRow>,
    /// Slots.
    pub coverage: Vec<CoverageRow>,
    /// Features, as of the latest epoch of each region.
    pub features: Vec<FeatureRow>,
}

impl Published {
    /// Reads them.
    pub async fn read(store: &Store) -> anyhow::Result<Self> {
        let (frames, coverage) = (read_table(store).await?, read_table(store).await?);
        Ok(Self { frames, coverage, features: latest_features(store).await? })
    }
}

/// Counts what is in `store`, of which `published` was read.
pub async fn summary(store: &Store, published: &Published) -> anyhow::Result<Summary> {
    let mut summary = Summary { snapshot: snapshot::latest(store).await?, ..Summary::default() };
    for record in read_records::<ClipRecord>(store, "processed").await? {
        summary.add_clip(record);
    }
    for row in read_table::<VerdictRow>(store).await?.into_iter().filter(|row| row.frame_id.is_none()) {
        match row.verdict {
            Verdict::Accepted => summary.clips_accepted += 1,
            Verdict::Refused(reason) => *summary.clips_refused.entry(reason).or_default() += 1,
        }
    }
    let slot = |row: &CoverageRow| Slot { cell: row.h3_cell, octant: row.heading_octant };
    let slots: BTreeSet<Slot> = published.coverage.iter().map(slot).collect();
    summary.slots = slots.len() as u64;
    summary.cells = slots.iter().map(|slot| slot.cell).collect::<BTreeSet<_>>().len() as u64;
    summary.regions = slots.iter().map(|slot| slot.cell.region()).collect::<BTreeSet<_>>().len() as u64;
    published.features.iter().for_each(|feature| summary.add_feature(feature));
    let frames = &published.frames;
    let redacted: u64 = frames.iter().map(|frame| u64::from(u32::from(frame.redacted_ppm))).sum();
    summary.redacted_ppm = (!frames.is_empty()).then(|| Ppm::of(redacted, frames.len() as u64 * 1_000_000));
    for record in read_records::<EpochRecord>(store, "epochs").await? {
        summary.epochs.push(paid(store, &record).await?);
    }
    Ok(summary)
}

/// Every row of a table, in order of key.
pub async fn read_table<R: Row>(store: &Store) -> anyhow::Result<Vec<R>> {
    let mut rows = Vec::new();
    for object in store.list(R::TABLE.name()).await? {
        rows.extend(read_rows::<R>(store, &object.path).await?.unwrap_or_default());
    }
    Ok(rows)
}

/// The features of the latest epoch of each region, in order of key.
async fn latest_features(store: &Store) -> anyhow::Result<Vec<FeatureRow>> {
    let mut latest: BTreeMap<Option<Region>, (Option<Epoch>, Vec<String>)> = BTreeMap::new();
    for object in store.list(Table::Features.name()).await? {
        let Some(at) = Partition::parse(&object.path) else { continue };
        let (epoch, files) = latest.entry(at.region).or_insert((at.epoch, Vec::new()));
        if *epoch < at.epoch {
            (*epoch, *files) = (at.epoch, Vec::new());
        }
        if *epoch == at.epoch {
            files.push(object.path);
        }
    }
    let mut rows = Vec::new();
    for file in latest.values().flat_map(|(_, files)| files) {
        rows.extend(read_rows::<FeatureRow>(store, file).await?.unwrap_or_default());
    }
    Ok(rows)
}

async fn read_records<T: DeserializeOwned>(store: &Store, prefix: &str) -> anyhow::Result<Vec<T>> {
    let mut records = Vec::new();
    for object in store.list(prefix).await? {
        if let Some(bytes) = store.get(&object.path).await? {
            records.push(serde_json::from_slice(&bytes).with_context(|| format!("object {}", object.path))?);
        }
    }
    Ok(records)
}

async fn paid(store: &Store, record: &EpochRecord) -> anyhow::Result<PaidEpoch> {
    let key = settle::payouts_key(record.epoch);
    let payouts: Vec<PayoutRow> = read_rows(store, &key).await?.context(key)?;
    Ok(PaidEpoch {
        epoch: record.epoch,
        pool: record.pool,
        paid: payouts.iter().map(|payout| payout.amount).sum(),
        remainder: record.remainder,
        drivers: payouts.into_iter().map(driver_pay).collect(),
    })
}

fn driver_pay(payout: PayoutRow) -> (DriverId, DriverPay) {
    let PayoutRow { driver, passes, points_ppm, amount, .. } = payout;
    (driver, DriverPay { passes, points_ppm, amount })
}

impl Summary {
    fn add_clip(&mut self, record: ClipRecord) {
        self.clips_processed += 1;
        self.frames_in += record.frames_in;
        self.frames_sampled += record.sampled;
        self.frames_not_needed += record.not_needed;
        self.frames_standing += record.standing;
        self.frames_outside += record.outside;
        record.refused.into_iter().for_each(|(reason, n)| *self.frames_refused.entry(reason).or_default() += n);
        record.redacted.into_iter().for_each(|(class, n)| *self.redacted.entry(class).or_default() += n);
    }

    fn add_feature(&mut self, feature: &FeatureRow) {
        let count = self.features.entry(feature.class.clone()).or_default();
        match feature.state {
            FeatureState::Present => count.present += 1,
            FeatureState::New => count.new += 1,
            FeatureState::Gone => count.gone += 1,
        }
    }
}
