//! From a snapshot to the statements and payouts of an epoch, and the record that closes it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use waymark_datasets::erasure::Erased;
use waymark_datasets::rows::{CoverageRow, FrameRow, PayoutRow, StatementRow, TrustRow, Witness};
use waymark_datasets::snapshot::{self, FileRef, LastSeen};
use waymark_datasets::table::{self, Row};
use waymark_datasets::{
    Amount, ClipId, Digest, DriverId, Epoch, Heading, Partition, PayoutAddress, Position, Ppm, Slot, Store, UtcMillis,
    epoch_key, statements_key,
};
use waymark_rewards::{Commitment, FormulaSettings, Node, Settlement, Terms, settle};

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
    /// The root of the tree over what each address is paid; none if nobody is.
    pub payouts_root: Option<Node>,
}

/// Of [`EpochRecord`].
pub const VERSION: u32 = 1;

/// The one file of payouts of an epoch.
pub fn payouts_key(epoch: Epoch) -> String {
    PayoutRow::TABLE.key(Partition { epoch: Some(epoch), region: None }, "payouts")
}

/// The record of an epoch; none while it is open.
pub async fn record(store: &Store, epoch: Epoch) -> anyhow::Result<Option<EpochRecord>> {
    let key = epoch_key(epoch);
    let Some(bytes) = store.get(&key).await? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).with_context(|| format!("object {key}"))
}

/// The records of all closed epochs, in order.
pub async fn records(store: &Store) -> anyhow::Result<Vec<EpochRecord>> {
    let mut records = Vec::new();
    for object in store.list("epochs").await? {
        let name = object.path.strip_prefix("epochs/").and_then(|name| name.strip_suffix(".json"));
        if let Some(epoch) = name.and_then(|name| name.parse().ok()) {
            records.extend(record(store, epoch).await?);
        }
    }
    Ok(records)
}

/// What an epoch's pay follows from, as a snapshot has it.
pub struct Basis {
    /// The epoch's frames.
    pub frames: Vec<FrameRow>,
    /// How far their clips are believed.
    pub trust: Vec<TrustRow>,
    /// When slots were last seen in the epochs before, as far back as the formula looks.
    pub last_seen: BTreeMap<Slot, UtcMillis>,
    /// How many of the frames are known from statements alone: they were erased since.
    pub erased: usize,
    /// How many clips with frames did not count when the epoch was paid, and would now: what spoke against them was
    /// erased. The statements alone say so.
    pub cleared: usize,
}

/// Reads the basis of `epoch` from `snapshot`, every file checked by its hash. Of what was erased from the snapshot
/// since, it takes what was kept to recompute pay: lines of the statements, how far they believed each clip, and when
/// slots were last seen.
pub async fn basis(store: &Store, snapshot: Digest, terms: &Terms<'_>) -> anyhow::Result<Basis> {
    let before: Vec<Epoch> = terms.epoch.before(terms.formula.epochs_back()).collect();
    let resolved = snapshot::resolve(store, snapshot).await?;
    let now = resolved.id.with_context(|| format!("snapshot {snapshot} was dropped by an erasure"))?;
    // A clip that was filmed over the end of an epoch is filed in that one.
    let is_filed_before = |epoch: Epoch| terms.epoch.before(1).any(|before| before == epoch);
    let mut basis = Basis { frames: Vec::new(), trust: Vec::new(), last_seen: BTreeMap::new(), erased: 0, cleared: 0 };
    let mut paid = None;
    if !resolved.moves.is_empty() {
        paid = table::read_rows::<StatementRow>(store, &statements_key(terms.epoch)).await?;
        let erased = Erased::of_store(store).await?.frames;
        let nowhere = Position::from_degrees(0.0, 0.0)?;
        let gone = paid.iter().flatten().filter(|line| erased.contains(&line.frame_id));
        basis.frames = gone.map(|line| paid_frame(line, nowhere)).collect();
        basis.erased = basis.frames.len();
        let seen = resolved.moves.iter().flat_map(|moved| &moved.last_seen);
        seen.filter(|seen| before.contains(&seen.epoch)).for_each(|seen| basis.see(seen));
    }
    for part in snapshot::root(store, now).await?.parts {
        let Some(epoch) = part.epoch else { continue };
        let (is_paid, is_before) = (epoch == terms.epoch, before.contains(&epoch));
        if !is_paid && !is_before && !is_filed_before(epoch) {
            continue;
        }
        for file in snapshot::tables(store, &part).await?.files {
            if is_paid && is_of::<FrameRow>(&file) {
                basis.frames.extend(read::<FrameRow>(store, &file).await?);
            } else if (is_paid || is_filed_before(epoch)) && is_of::<TrustRow>(&file) {
                basis.trust.extend(read::<TrustRow>(store, &file).await?);
            } else if is_before && is_of::<CoverageRow>(&file) {
                for row in read::<CoverageRow>(store, &file).await? {
                    let CoverageRow { h3_cell, heading_octant, last_seen_ms, .. } = row;
                    basis.see(&LastSeen { epoch, h3_cell, heading_octant, last_seen_ms });
                }
            }
        }
    }
    if let Some(lines) = paid {
        basis.believe_as_paid(&lines);
    }
    Ok(basis)
}

impl Basis {
    /// A clip that counted has a line for every slot that it saw, so one without a line did not count.
    fn believe_as_paid(&mut self, lines: &[StatementRow]) {
        let paid: BTreeSet<ClipId> = lines.iter().map(|line| line.clip_id).collect();
        let seen: BTreeSet<ClipId> = self.frames.iter().map(|frame| frame.clip_id).collect();
        for row in self.trust.iter_mut().filter(|row| row.counts && !paid.contains(&row.clip_id)) {
            row.counts = false;
            self.cleared += usize::from(seen.contains(&row.clip_id));
        }
        self.trust.retain(|row| !paid.contains(&row.clip_id));
        self.trust.extend(lines.iter().map(paid_trust));
    }

    fn see(&mut self, slot: &LastSeen) {
        let at = Slot { cell: slot.h3_cell, octant: slot.heading_octant };
        let seen = self.last_seen.entry(at).or_insert(slot.last_seen_ms);
        *seen = slot.last_seen_ms.max(*seen);
    }
}

/// What a statement keeps of how far a clip was believed: it was paid, so it counted. The rest is left empty.
fn paid_trust(line: &StatementRow) -> TrustRow {
    TrustRow {
        clip_id: line.clip_id,
        device_id: line.device_id.clone(),
        driver: line.driver.clone(),
        landed_at_ms: line.captured_at_ms,
        start_ms: line.captured_at_ms,
        end_ms: line.captured_at_ms,
        sequence: 0,
        footage_sha256: Digest::of(b""),
        pictures: Vec::new(),
        trust_ppm: line.trust_ppm,
        counts: true,
        findings: Vec::new(),
    }
}

/// What a statement keeps of a frame, which was the best one of its pass. Pay looks at nothing else: the rest is left
/// empty, and an accuracy of 0 lets it stay the best one.
fn paid_frame(line: &StatementRow, nowhere: Position) -> FrameRow {
    FrameRow {
        frame_id: line.frame_id,
        clip_id: line.clip_id,
        frame_index: 0,
        device_id: line.device_id.clone(),
        driver: line.driver.clone(),
        captured_at_ms: line.captured_at_ms,
        h3_cell: line.h3_cell,
        heading_octant: line.heading_octant,
        latitude_deg: nowhere.latitude,
        longitude_deg: nowhere.longitude,
        altitude_m: None,
        heading_deg: Heading::wrapping(0.0),
        speed_mps: 0.0,
        accuracy_mm: 0,
        hfov_deg: None,
        width_px: 0,
        height_px: 0,
        quality_ppm: line.quality_ppm,
        sharpness_ppm: Ppm::ZERO,
        exposure_ppm: Ppm::ZERO,
        redacted_ppm: Ppm::ZERO,
        image_path: String::new(),
        image_sha256: Digest::of(b""),
        image_bytes: 0,
        witness: Witness::default(),
    }
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
    /// Lines that are known from the statements alone: their frames were erased since.
    pub erased: usize,
    /// See [`Basis::cleared`].
    pub cleared: usize,
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
        payouts_root: Commitment::to(&settlement.payouts).root(),
    };
    Ok(Closing { settlement, statements, payouts, record, erased: basis.erased, cleared: basis.cleared })
}
