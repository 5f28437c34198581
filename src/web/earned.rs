//! What clips earned in closed epochs, added up from the statements.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use waymark_datasets::rows::StatementRow;
use waymark_datasets::table::read_rows;
use waymark_datasets::{Amount, ClipId, Epoch, Store, statements_key};

use super::ledger::hold;
use crate::stage::settle;

/// Epochs whose sums are in memory.
const EPOCHS_HELD_MAX: usize = 8;
/// Statements of more are not looked through here: who wants to know reads the table.
const STATEMENTS_MAX_BYTES: u64 = 128 << 20;

/// What each clip of an epoch earned.
pub(super) type Sums = BTreeMap<ClipId, Amount>;

/// The sums of some epochs.
#[derive(Default)]
pub(super) struct Earned(Mutex<BTreeMap<Epoch, Arc<Sums>>>);

impl Earned {
    /// What each clip earned in `epoch`; none while it is open, or where its statements are too many.
    pub(super) async fn of(&self, store: &Store, epoch: Epoch) -> anyhow::Result<Option<Arc<Sums>>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&epoch).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let key = statements_key(epoch);
        if settle::record(store, epoch).await?.is_none() || !is_small(store, &key).await? {
            return Ok(None);
        }
        let rows: Vec<StatementRow> = read_rows(store, &key).await?.unwrap_or_default();
        let mut sums = Sums::new();
        for row in rows {
            let sum = sums.entry(row.clip_id).or_insert(Amount::ZERO);
            *sum = [*sum, row.amount].into_iter().sum();
        }
        Ok(Some(hold(&self.0, (epoch, EPOCHS_HELD_MAX), sums)))
    }
}

async fn is_small(store: &Store, key: &str) -> anyhow::Result<bool> {
    let folder = key.rsplit_once('/').map_or("", |(folder, _)| folder);
    let listed = store.list(folder).await?;
    Ok(listed.iter().any(|object| object.path == key && object.size_bytes <= STATEMENTS_MAX_BYTES))
}
