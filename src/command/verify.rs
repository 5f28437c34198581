//! `waymark verify`: recompute and compare bit for bit.

mod erasure;

mod map;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, ensure};
use bytes::Bytes;
use serde_json::json;
use waymark_datasets::rows::FrameRow;
use waymark_datasets::snapshot::{self, FileRef, Part, PartRef, SnapshotError};
use waymark_datasets::table::{self, Row};
use waymark_datasets::{Digest, Epoch, FrameId, Partition, Store, Table, epoch_key, statements_key};
use waymark_ingest::receipt::{self, Jwks};
use waymark_rewards::Terms;

use super::Ask;
use crate::Done;
use crate::cli::Verify;
use crate::progress;
use crate::stage::shelf::Shelf;
use crate::stage::trust::Judged;
use crate::stage::{cover, features, settle, trust};

pub(super) async fn run(ask: &Ask, what: Verify) -> anyhow::Result<Done> {
    let (checked, value) = match what {
        Verify::Snapshot { store, snapshot } => verify_snapshot(ask, &Store::open(&store)?, snapshot).await?,
        Verify::Receipt { file, jwks } => verify_receipt(&file, jwks.as_deref()).await?,
        Verify::Erasure { place, tombstone, jwks } => erasure::verify(&place, tombstone, jwks.as_deref()).await?,
        Verify::Epoch { store, epoch } => verify_epoch(&Store::open(&store)?, epoch).await?,
    };
    ask.say(&value, &checked)?;
    Ok(Done::Yes)
}

/// Without keys to compare with, that the receipt is whole and was signed by the key that it names.
async fn verify_receipt(file: &Path, jwks: Option<&str>) -> anyhow::Result<Checked> {
    let in_file = || file.display().to_string();
    let compact = std::fs::read(file).with_context(in_file)?;
    let keys = match jwks {
        Some(place) => Some(read_jwks(place).await.with_context(|| format!("keys {place}"))?),
        None => None,
    };
    let signed = receipt::verify(&compact, keys.as_ref()).with_context(in_file)?;
    let said = &signed.receipt;
    let whose = if keys.is_some() { "one of the given keys" } else { "not compared: name keys with --jwks" };
    let text = format!(
        "clip {} of device {}, {} files, durable at {}; signed by {} ({whose})",
        said.clip_id,
        said.device_id,
        said.media.len(),
        said.durable_at_ms,
        signed.server
    );
    Ok((text, json!({ "server": signed.server, "is_known": keys.is_some(), "receipt": said })))
}

async fn read_jwks(place: &str) -> anyhow::Result<Jwks> {
    let json = if place.starts_with("http://") || place.starts_with("https://") {
        let answer = reqwest::get(place).await?.error_for_status()?;
        answer.bytes().await?.to_vec()
    } else {
        std::fs::read(place)?
    };
    Ok(serde_json::from_slice(&json)?)
}

type Checked = (String, serde_json::Value);

/// The first difference is the error.
async fn verify_snapshot(ask: &Ask, store: &Store, wanted: Option<Digest>) -> anyhow::Result<Checked> {
    let latest = snapshot::latest(store).await?;
    let asked = wanted.or(latest).ok_or(SnapshotError::None)?;
    let moved = snapshot::resolve(store, asked).await?;
    let erased_by = moved.moves.last().map(|moved| moved.tombstone);
    let dropped = || format!("snapshot {asked} was dropped by the erasure {}", erased_by.unwrap_or(asked));
    let id = moved.id.with_context(dropped)?;
    let mut parts = Vec::new();
    for reference in snapshot::root(store, id).await?.parts {
        let part = snapshot::part(store, &reference).await?;
        let tables = snapshot::tables(store, &reference).await?;
        let key = snapshot::part_key(reference.tables_sha256);
        ensure!(part.tables() == tables, "{key}: lists other tables than the manifest of the whole partition");
        parts.push((part, reference));
    }
    let shelf = Shelf::of_snapshot(store, &TABLES, parts.iter().map(|(part, _)| part));
    let epochs = shelf.partitions(Table::Clips).filter_map(|at| at.epoch).collect();
    let judged = trust::compute(&shelf, &epochs, &ask.config.trust).await?;
    let bar = progress::bar("verify", parts.iter().map(|(part, _)| part.files.len()).sum());
    let (mut files, mut partitions) = (0, 0);
    for (part, reference) in &parts {
        for file in &part.files {
            verify_file(store, file, latest == Some(id)).await?;
            bar.inc(1);
        }
        files += part.files.len();
        verify_trust((store, &shelf), (reference, part), &judged).await?;
        partitions += usize::from(verify_part((store, &shelf), reference, part).await?);
    }
    bar.finish_and_clear();
    let map = map::verify(store, id).await?;
    let instead = if id == asked { String::new() } else { format!(", which stands for {asked} since an erasure") };
    let text = format!(
        "snapshot {id}{instead}: {files} files are what they should be, \
         trust, {partitions} partitions of coverage and features and {map} objects of the map recomputed to the same bytes"
    );
    let value = json!({
        "snapshot": id, "asked": asked, "files": files, "coverage": partitions, "features": partitions,
        "tiles": map,
    });
    Ok((text, value))
}

/// A file that is replaced in time is kept as a copy; while its snapshot is the latest, readers take the file itself.
async fn verify_file(store: &Store, file: &FileRef, is_latest: bool) -> anyhow::Result<()> {
    snapshot::file(store, file).await?;
    if is_latest && file.object != file.path {
        let itself = FileRef { object: file.path.clone(), ..file.clone() };
        snapshot::file(store, &itself).await.context("the latest snapshot is of other files (see `waymark build`)")?;
    }
    Ok(())
}

/// All tables that something is recomputed from.
const TABLES: [Table; 6] =
    [Table::Frames, Table::Clips, Table::Trust, Table::Detections, Table::Coverage, Table::Features];

/// Trust follows from the clips and frames of the epoch and of those around, and from the settings.
async fn verify_trust(
    (store, shelf): (&Store, &Shelf<'_>),
    (reference, part): (&PartRef, &Part),
    judged: &Judged,
) -> anyhow::Result<()> {
    let at = Partition { epoch: reference.epoch, region: reference.region };
    if shelf.paths(Table::Clips, at).is_empty() {
        return Ok(());
    }
    let rows = judged.get(&at).map_or(&[][..], Vec::as_slice);
    let recomputed = verify_rows(store, part, (&Table::Trust.key(at, trust::FILE), rows)).await;
    recomputed.context("trust is recomputed with the settings of this call (see --config)")
}

/// Coverage follows from the frames, and so does the list of images; features follow from what is seen in them.
async fn verify_part((store, shelf): (&Store, &Shelf<'_>), reference: &PartRef, part: &Part) -> anyhow::Result<bool> {
    let prefix = format!("{}/", Table::Frames.name());
    let at = Partition { epoch: reference.epoch, region: reference.region };
    for file in part.files.iter().filter(|file| file.path.starts_with(&prefix)) {
        check_images(part, &table::decode(&file.path, snapshot::file(store, file).await?)?)?;
    }
    if shelf.paths(Table::Frames, at).is_empty() {
        return Ok(false);
    }
    let coverage = cover::compute(shelf, at).await?;
    verify_rows(store, part, (&Table::Coverage.key(at, cover::FILE), &coverage)).await?;
    let (epoch, region) = at.epoch.zip(at.region).context("the snapshot has frames without epoch or region")?;
    let features = features::compute(shelf, epoch, region).await?;
    verify_rows(store, part, (&Table::Features.key(at, features::FILE), &features)).await?;
    Ok(true)
}

/// The rows that were recomputed for the file `key` of a partition are those that it has.
async fn verify_rows<R: Row>(store: &Store, part: &Part, (key, rows): (&str, &[R])) -> anyhow::Result<()> {
    let found = part.files.iter().find(|file| file.path == key);
    let found = found.with_context(|| format!("{key}: the snapshot has frames there, but not this file"))?;
    compare(key, found.sha256, &table::encode(rows)?, &snapshot::file(store, found).await?)
}

fn check_images(part: &Part, frames: &[FrameRow]) -> anyhow::Result<()> {
    let listed: BTreeMap<&str, Digest> = part.files.iter().map(|file| (file.path.as_str(), file.sha256)).collect();
    for frame in frames {
        // Coverage goes by both without reading them.
        let frame_id = FrameId::derive(frame.clip_id, frame.frame_index);
        let key = snapshot::image_key((Epoch::of(frame.captured_at_ms), frame.h3_cell.region()), frame_id);
        ensure!(frame.frame_id == frame_id, "frame {}: of its clip and index follows {frame_id}", frame.frame_id);
        ensure!(frame.image_path == key, "{}: the image of its frame is {key}", frame.image_path);
        let found = listed.get(frame.image_path.as_str());
        ensure!(found == Some(&frame.image_sha256), "{}: not the image that its frame names", frame.image_path);
    }
    Ok(())
}

async fn verify_epoch(store: &Store, epoch: Epoch) -> anyhow::Result<Checked> {
    let key = epoch_key(epoch);
    let record = settle::record(store, epoch).await?;
    let record = record.with_context(|| format!("{key}: epoch {epoch} was not closed (see `waymark pay`)"))?;
    let terms = Terms { epoch: record.epoch, pool: record.pool, formula: &record.formula };
    let closing = settle::close(store, record.snapshot, &terms, record.addresses.clone()).await?;
    let files = [
        (statements_key(epoch), record.statements_sha256, &closing.statements),
        (settle::payouts_key(epoch), record.payouts_sha256, &closing.payouts),
    ];
    for (path, sha256, recomputed) in files {
        let found = store.get(&path).await?.with_context(|| format!("{path}: is missing"))?;
        if path == statements_key(epoch) {
            compare_rows(&path, &closing.settlement.statements, &found)?;
        } else {
            compare_rows(&path, &closing.settlement.payouts, &found)?;
        }
        compare(&path, sha256, recomputed, &found)?;
    }
    ensure!(closing.record == record, "{key}: recomputed, it says something else");
    let (lines, drivers) = (closing.settlement.statements.len(), closing.settlement.payouts.len());
    let (erased, cleared) = (closing.erased, closing.cleared);
    let known = if erased + cleared == 0 {
        String::new()
    } else {
        format!(
            "; known from the statements alone since an erasure: {erased} of the lines, whose frames are gone, and that \
             {cleared} clips did not count"
        )
    };
    let text = format!(
        "epoch {epoch}: {lines} statements and {drivers} payouts recomputed to the same bytes from snapshot {}{known}",
        record.snapshot
    );
    let value = json!({
        "epoch": epoch, "snapshot": record.snapshot, "statements": lines, "payouts": drivers, "erased": erased,
        "cleared": cleared,
    });
    Ok((text, value))
}

/// Names the first row that differs, where the file can be read at all.
fn compare_rows<R: Row + PartialEq + std::fmt::Debug>(
    path: &str,
    recomputed: &[R],
    found: &Bytes,
) -> anyhow::Result<()> {
    let found: Vec<R> = table::decode(path, found.clone())?;
    let mut sorted: Vec<&R> = recomputed.iter().collect();
    sorted.sort_by_key(|row| row.key());
    for (row, (ours, theirs)) in sorted.into_iter().zip(&found).enumerate() {
        ensure!(ours == theirs, "{path}: row {row} is {theirs:?}, recomputed it is {ours:?}");
    }
    ensure!(recomputed.len() == found.len(), "{path}: has {} rows, recomputed {}", found.len(), recomputed.len());
    Ok(())
}

fn compare(path: &str, named: Digest, recomputed: &Bytes, found: &Bytes) -> anyhow::Result<()> {
    ensure!(Digest::of(found) == named, "{path}: has SHA-256 {}, {named} was promised", Digest::of(found));
    let first = recomputed.iter().zip(found).position(|(ours, theirs)| ours != theirs);
    let first = first.unwrap_or(recomputed.len().min(found.len()));
    ensure!(recomputed == found, "{path}: recomputed, it differs from byte {first} on");
    Ok(())
}
