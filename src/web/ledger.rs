//! Closed epochs, read once: they never change.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use tokio::sync::Semaphore;
use waymark_datasets::rows::PayoutRow;
use waymark_datasets::table::read_rows;
use waymark_datasets::{DriverId, Epoch, Store};
use waymark_rewards::Commitment;

use crate::stage::settle::{self, EpochRecord};

/// Epochs whose payouts are in memory.
const EPOCHS_HELD_MAX: usize = 16;
/// Epochs that are listed: ten years.
const EPOCHS_LISTED_MAX: usize = 520;

/// Reads what closed the epochs of a store.
pub(super) struct Ledger {
    store: Store,
    records: Mutex<BTreeMap<Epoch, Arc<EpochRecord>>>,
    closed: Mutex<BTreeMap<Epoch, Arc<Closed>>>,
    /// Payouts are decoded one epoch at a time.
    reading: Semaphore,
}

/// A closed epoch with its payouts.
pub(super) struct Closed {
    pub(super) record: Arc<EpochRecord>,
    pub(super) payouts: BTreeMap<DriverId, PayoutRow>,
    pub(super) commitment: Commitment,
}

impl Ledger {
    pub(super) fn new(store: Store) -> Self {
        Self { store, records: Mutex::default(), closed: Mutex::default(), reading: Semaphore::new(1) }
    }

    /// The records of the latest closed epochs, latest first.
    pub(super) async fn records(&self) -> anyhow::Result<Vec<Arc<EpochRecord>>> {
        let objects = self.store.list("epochs").await?;
        let epoch = |path: &str| path.strip_prefix("epochs/")?.strip_suffix(".json")?.parse::<Epoch>().ok();
        let mut epochs: Vec<Epoch> = objects.iter().filter_map(|object| epoch(&object.path)).collect();
        epochs.sort_unstable_by(|a, b| b.cmp(a));
        let mut records = Vec::new();
        for epoch in epochs.into_iter().take(EPOCHS_LISTED_MAX) {
            records.extend(self.record(epoch).await?);
        }
        Ok(records)
    }

    /// The record of an epoch; none while it is open.
    pub(super) async fn record(&self, epoch: Epoch) -> anyhow::Result<Option<Arc<EpochRecord>>> {
        if let Some(known) = held(&self.records, epoch) {
            return Ok(Some(known));
        }
        let Some(record) = settle::record(&self.store, epoch).await? else { return Ok(None) };
        Ok(Some(hold(&self.records, (epoch, EPOCHS_LISTED_MAX), record)))
    }

    /// An epoch with its payouts; none while it is open.
    pub(super) async fn closed(&self, epoch: Epoch) -> anyhow::Result<Option<Arc<Closed>>> {
        if let Some(known) = held(&self.closed, epoch) {
            return Ok(Some(known));
        }
        let Some(record) = self.record(epoch).await? else { return Ok(None) };
        let turn = self.reading.acquire().await?;
        // Whoever had the turn before may have read it.
        if let Some(known) = held(&self.closed, epoch) {
            return Ok(Some(known));
        }
        let key = settle::payouts_key(epoch);
        let rows: Vec<PayoutRow> = read_rows(&self.store, &key).await?.with_context(|| format!("{key}: is missing"))?;
        let commitment = tokio::task::block_in_place(|| Commitment::to(&rows));
        let payouts = rows.into_iter().map(|row| (row.driver.clone(), row)).collect();
        let closed = hold(&self.closed, (epoch, EPOCHS_HELD_MAX), Closed { record, payouts, commitment });
        drop(turn);
        Ok(Some(closed))
    }
}

fn held<T>(all: &Mutex<BTreeMap<Epoch, Arc<T>>>, epoch: Epoch) -> Option<Arc<T>> {
    all.lock().unwrap_or_else(PoisonError::into_inner).get(&epoch).cloned()
}

/// Keeps `value`, and at most `most` of its kind: the earliest epoch goes first.
pub(super) fn hold<T>(all: &Mutex<BTreeMap<Epoch, Arc<T>>>, (epoch, most): (Epoch, usize), value: T) -> Arc<T> {
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    let value = all.entry(epoch).or_insert_with(|| Arc::new(value)).clone();
    while all.len() > most {
        all.pop_first();
    }
    value
}
