//! What is in a store, counted: only from what is published.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::Context;
use serde::Serialize;
use serde::de::DeserializeOwned;
use waymark_datasets::rows::{CoverageRow, FrameRow, PayoutRow, Verdict, VerdictRow};
use waymark_datasets::table::{Row, read_rows};
use waymark_datasets::{Amount, Digest, DriverId, Epoch, Ppm, Reason, Slot, Store, snapshot};

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
    /// Who got what.
    pub drivers: BTreeMap<DriverId, Amount>,
}

/// Counts what is in `store`.
pub async fn summary(store: &Store) -> anyhow::Result<Summary> {
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
    let slots: BTreeSet<Slot> = read_table::<CoverageRow>(store).await?.iter().map(slot).collect();
    summary.slots = slots.len() as u64;
    summary.cells = slots.iter().map(|slot| slot.cell).collect::<BTreeSet<_>>().len() as u64;
    let frames = read_table::<FrameRow>(store).await?;
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
        drivers: payouts.into_iter().map(|payout| (payout.driver, payout.amount)).collect(),
    })
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
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "clips     {} accepted, {} refused{}",
            self.clips_accepted,
            sum(&self.clips_refused),
            listed(&self.clips_refused)
        )?;
        writeln!(
            f,
            "frames    {} in {} clips: {} sampled, {} not needed, {} standing still, {} outside the track, {} refused{}",
            self.frames_in,
            self.clips_processed,
            self.frames_sampled,
            self.frames_not_needed,
            self.frames_standing,
            self.frames_outside,
            sum(&self.frames_refused),
            listed(&self.frames_refused)
        )?;
        let share = self.redacted_ppm.unwrap_or(Ppm::ZERO);
        writeln!(f, "redacted  {} things{}, {share} of the area", sum(&self.redacted), listed(&self.redacted))?;
        writeln!(f, "coverage  {} slots in {} cells", self.slots, self.cells)?;
        for paid in &self.epochs {
            let PaidEpoch { epoch, pool, paid, remainder, drivers } = paid;
            writeln!(f, "paid      {epoch}: {paid} of {pool}, {remainder} left over{}", listed(drivers))?;
        }
        match self.snapshot {
            Some(id) => write!(f, "snapshot  {id}"),
            None => write!(f, "snapshot  none yet: run `waymark build`"),
        }
    }
}

fn sum<K>(counts: &BTreeMap<K, u64>) -> u64 {
    counts.values().sum()
}

fn listed<K: fmt::Display, V: fmt::Display>(counts: &BTreeMap<K, V>) -> String {
    let each: Vec<String> = counts.iter().map(|(what, count)| format!("{what} {count}")).collect();
    if each.is_empty() { String::new() } else { format!(" ({})", each.join(", ")) }
}
