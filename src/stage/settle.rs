//! From a snapshot to the statements and payouts of an epoch, and the record that closes it.

use std::collections::BTreeMap;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use waymark_datasets::rows::{CoverageRow, FrameRow, PayoutRow, StatementRow, TrustRow};
use waymark_datasets::snapshot::{self, FileRef};
use waymark_datasets::table::{self, Row};
use waymark_datasets::{Amount, Digest, DriverId, Epoch, Partition, PayoutAddress, Slot, Store, UtcMillis};
use waymark_rewards::{FormulaSettings, Settlement, Terms, settle};

/// What closes an epoch: everything that the payouts follow from. Written last, create-only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpochRecord {
    /// Of this format: 1.
    pub version: u32,
    /// The epoch.
    pub epoch: Epoch,
    /// The snapshot whose frames were paid for; what came later is not.
    pub snapshot: Digest,
    /// What was to be split.
    pub pool: Amount,
    /// What rounding left over: it stays in the pool's account.
    pub remainder: Amount,
    /// The formula's parameters.
    pub formula: FormulaSettings,
    /// Where each driver was to be paid when the epoch was closed.
    pub addresses: BTreeMap<DriverId, PayoutAddress>,
    /// SHA-256 of the file of statements.
    pub statements_sha256: Digest,
    /// SHA-256 of the file of payouts.
    pub payouts_sha256: Digest,
}

/// Of [`EpochRecord`].
pub const VERSION: u32 = 1;

/// The one file of statements of an epoch.
pub fn statements_key(epoch: Epoch) -> String {
    StatementRow::TABLE.key(Partition { epoch: Some(epoch), region: None }, "statements")
}

/// The one file of payouts of an epoch.
pub fn payouts_key(epoch: Epoch) -> String {
    PayoutRow::TABLE.key(Partition { epoch: Some(epoch), region: None }, "payouts")
}

/// The key of an epoch's record.
pub fn record_key(epoch: Epoch) -> String {
    format!("epochs/{epoch}.json")
}

/// The record of an epoch; none while it is open.
pub async fn record(store: &Store, epoch: Epoch) -> anyhow::Result<Option<EpochRecord>> {
    let key = record_key(epoch);
    let Some(bytes) = store.get(&key).await? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).with_context(|| format!("object {key}"))
}

/// What an epoch's pay follows from, as a snapshot has it.
pub struct Basis {
    /// The epoch's frames.
    pub frames: Vec<FrameRow>,
    /// How far their clips are believed.
    pub trust: Vec<TrustRow>,
    /// When slots were last seen in the epochs before, as far back as the formula looks.
    pub last_seen: BTreeMap<Slot, UtcMillis>,
}

/// Reads the basis of `epoch` from `snapshot`, every file checked by its hash.
pub async fn basis(store: &Store, snapshot: Digest, terms: &Terms<'_>) -> anyhow::Result<Basis> {
    let before: Vec<Epoch> = terms.epoch.before(terms.formula.epochs_back()).collect();
    // A clip that was filmed over the end of an epoch is filed in that one.
    let is_filed_before = |epoch: Epoch| terms.epoch.before(1).any(|before| before == epoch);
    let mut basis = Basis { frames: Vec::new(), trust: Vec::new(), last_seen: BTreeMap::new() };
    for part in snapshot::root(store, snapshot).await?.parts {
        let Some(epoch) = part.epoch else { continue };
        let (is_paid, is_before) = (epoch == terms.epoch, before.contains(&epoch));
        if !is_paid && !is_before && !is_filed_before(epoch) {
            continue;
        }
        for file in snapshot::part(store, &part).await?.files {
            if is_paid && is_of::<FrameRow>(&file) {
                basis.frames.extend(read::<FrameRow>(store, &file).await?);
            } else if (is_paid || is_filed_before(epoch)) && is_of::<TrustRow>(&file) {
                basis.trust.extend(read::<TrustRow>(store, &file).await?);
            } else if is_before && is_of::<CoverageRow>(&file) {
                for row in read::<CoverageRow>(store, &file).await? {
                    let slot = Slot { cell: row.h3_cell, octant: row.heading_octant };
                    let seen = basis.last_seen.entry(slot).or_insert(row.last_seen_ms);
                    *seen = row.last_seen_ms.max(*seen);
                }
            }
        }
    }
    Ok(basis)
}

fn is_of<R: Row>(file: &FileRef) -> bool {
    file.path.split('/').next() == Some(R::TABLE.name())
}

async fn read<R: Row>(store: &Store, file: &FileRef) -> anyhow::Result<Vec<R>> {
    Ok(table::decode(&file.path, snapshot::file(store, file).await?)?)
}

/// The files of a settlement and the record that names them.
pub struct Closing {
    /// What is paid.
    pub settlement: Settlement,
    /// The Parquet file of its statements.
    pub statements: bytes::Bytes,
    /// The Parquet file of its payouts.
    pub payouts: bytes::Bytes,
    /// The record.
    pub record: EpochRecord,
}

/// Computes what closing the epoch on `snapshot` writes; a pure function of what the snapshot holds.
pub async fn close(
    store: &Store,
    snapshot: Digest,
    terms: &Terms<'_>,
    addresses: BTreeMap<DriverId, PayoutAddress>,
) -> anyhow::Result<Closing> {
    let basis = basis(store, snapshot, terms).await?;
    let settlement = settle(terms, (&basis.frames, &basis.trust), &basis.last_seen, &addresses)?;
    let (statements, payouts) = (table::encode(&settlement.statements)?, table::encode(&settlement.payouts)?);
    let record = EpochRecord {
        version: VERSION,
        epoch: terms.epoch,
        snapshot,
        pool: terms.pool,
        remainder: settlement.remainder,
        formula: terms.formula.clone(),
        addresses,
        statements_sha256: Digest::of(&statements),
        payouts_sha256: Digest::of(&payouts),
    };
    Ok(Closing { settlement, statements, payouts, record })
}
