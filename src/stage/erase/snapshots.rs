//! Snapshots are made again without what was erased: each gets a new name, and the old name leads to it.

use std::collections::{BTreeMap, BTreeSet};

use waymark_datasets::erasure::{Erased, OlderSnapshots, Tombstone};
use waymark_datasets::rows::CoverageRow;
use waymark_datasets::snapshot::{self, FileRef, LastSeen, Moved, Part, PartRef, Root};
use waymark_datasets::table::{self, encode};
use waymark_datasets::{Digest, Epoch, Partition, Slot, Store, Table, UtcMillis, texts};
use waymark_ingest::plausible::TrustSettings;
use waymark_tiles::archive::Index;
use waymark_tiles::changes;

use super::archives;

use crate::stage::cover::{self, Doubted};
use crate::stage::features::{self, followers};
use crate::stage::shelf::Shelf;
use crate::stage::{settle, tiles, trust};

/// Moves every snapshot that holds something of a tombstone, whose rows are out of the bucket by now. Old ones share
/// manifests and copies, so nothing is removed before all are moved.
pub async fn rewrite_all(
    store: &Store,
    (id, tombstone): (Digest, &Tombstone),
    settings: &TrustSettings,
) -> anyhow::Result<()> {
    let mut erased = Erased::default();
    erased.add(tombstone);
    // A run that was killed may have moved `latest` already, but not yet the snapshot that it was.
    let was_latest = changes::erased_from(store, id).await?.or(snapshot::latest(store).await?);
    let mut ids: Vec<Digest> = snapshot::history(store).await?.into_iter().map(|(id, _)| id).collect();
    // The latest comes last, so that the tiles of whatever is published next are built from those that are there.
    ids.sort_by_key(|id| (was_latest == Some(*id), *id));
    let basis = paid_on(store).await?;
    for old in &ids {
        if snapshot::moved(store, *old).await?.is_none() {
            let whether = (was_latest == Some(*old), basis.contains(old));
            move_one((store, settings), (id, tombstone, &erased), *old, whether).await?;
        }
    }
    let names = erased.names();
    for old in ids {
        if snapshot::moved(store, old).await?.is_some() {
            remove(store, old, &names).await?;
        }
    }
    Ok(())
}

/// Moves one snapshot, if it holds something of the tombstone.
async fn move_one(
    (store, settings): (&Store, &TrustSettings),
    (id, tombstone, erased): (Digest, &Tombstone, &Erased),
    old: Digest,
    (is_latest, is_basis): (bool, bool),
) -> anyhow::Result<()> {
    let root = snapshot::root(store, old).await?;
    let changed = changed(store, &root, tombstone).await?;
    if changed.is_empty() {
        return Ok(());
    }
    let mut moved = Moved { version: Moved::VERSION, to: None, tombstone: id, last_seen: Vec::new() };
    if is_latest || is_basis || tombstone.older_snapshots == OlderSnapshots::Rewrite {
        let (to, last_seen) = Rewriting::of(store, root, changed).await?.finish((erased, settings)).await?;
        moved.to = Some(to);
        if is_basis {
            moved.last_seen = last_seen;
        }
        if is_latest || Index::read(store, old).await?.is_some() {
            tiles::draw(store, to).await?;
        }
        if is_latest {
            changes::record_erasure(store, (old, to), id).await?;
            snapshot::make_latest(store, to).await?;
        }
    }
    Ok(snapshot::set_moved(store, old, &moved).await?)
}

/// The snapshots that closed epochs were paid on, as they stand now.
async fn paid_on(store: &Store) -> anyhow::Result<BTreeSet<Digest>> {
    let mut basis = BTreeSet::new();
    for record in settle::records(store).await? {
        basis.extend(snapshot::resolve(store, record.snapshot).await?.id);
    }
    Ok(basis)
}

/// The partitions of a snapshot that have files of a tombstone.
async fn changed(store: &Store, root: &Root, tombstone: &Tombstone) -> anyhow::Result<BTreeSet<Partition>> {
    let files: BTreeSet<&str> = tombstone.files.iter().map(String::as_str).collect();
    let touched = tombstone.partitions();
    let mut changed = BTreeSet::new();
    for reference in root.parts.iter().filter(|part| touched.contains(&partition(part))) {
        let part = snapshot::part(store, reference).await?;
        if part.files.iter().any(|file| files.contains(file.path.as_str())) {
            changed.insert(partition(reference));
        }
    }
    Ok(changed)
}

/// A snapshot that is made again.
struct Rewriting<'a> {
    store: &'a Store,
    root: Root,
    /// All its partitions, as they come to be.
    parts: BTreeMap<Partition, Part>,
    /// Those whose frames, or what is thought of them, are not what they were.
    changed: BTreeSet<Partition>,
}

impl<'a> Rewriting<'a> {
    async fn of(store: &'a Store, root: Root, changed: BTreeSet<Partition>) -> anyhow::Result<Self> {
        let mut parts = BTreeMap::new();
        for reference in &root.parts {
            parts.insert(partition(reference), snapshot::part(store, reference).await?);
        }
        Ok(Self { store, root, parts, changed })
    }

    /// Writes the new snapshot; also says when slots were last seen in the old one, where the new one says less.
    async fn finish(
        mut self,
        (erased, settings): (&Erased, &TrustSettings),
    ) -> anyhow::Result<(Digest, Vec<LastSeen>)> {
        let store = self.store;
        let known = Shelf::of_snapshot(store, &trust::TABLES, self.parts.values());
        for at in &self.changed {
            if let Some(part) = self.parts.get_mut(at) {
                take_out(store, part, erased).await?;
            }
        }
        self.judge(&known, settings).await?;
        let mut before = Vec::new();
        for at in &self.changed {
            if let Some(part) = self.parts.get(at) {
                before.push((*at, coverage(store, part).await?));
            }
        }
        self.derive().await?;
        let mut last_seen = Vec::new();
        for (at, rows) in before {
            let now = match self.parts.get(&at) {
                Some(part) => coverage(store, part).await?,
                None => BTreeMap::new(),
            };
            last_seen.extend(at.epoch.into_iter().flat_map(|epoch| lost(epoch, &rows, &now)));
        }
        let mut references = Vec::new();
        for (at, part) in self.parts.into_iter().filter(|(_, part)| !part.files.is_empty()) {
            references.push(snapshot::write_part(store, at, part.files).await?);
        }
        Ok((snapshot::write_root(store, references).await?, last_seen))
    }

    /// Trust anew in the epochs around; where other clips count now than in what is `known`, more has changed.
    async fn judge(&mut self, known: &Shelf<'_>, settings: &TrustSettings) -> anyhow::Result<()> {
        let mut shelf = Shelf::of_snapshot(self.store, &trust::TABLES, self.parts.values());
        let judged: BTreeSet<Partition> = known.partitions(Table::Trust).collect();
        let epochs: BTreeSet<Epoch> = self.changed.iter().filter_map(|at| at.epoch).collect();
        let near = trust::around(&judged, &epochs, settings);
        let mut found = trust::compute(&shelf, &near, settings).await?;
        for at in judged.iter().filter(|at| at.epoch.is_some_and(|epoch| near.contains(&epoch))) {
            let path = Table::Trust.key(*at, trust::FILE);
            let file = match found.remove(at) {
                Some(rows) => Some(snapshot::keep(self.store, &path, encode(&rows)?).await?),
                None => None,
            };
            if let Some(part) = self.parts.get_mut(at) {
                part.files.retain(|file| file.path != path);
                part.files.extend(file);
            }
        }
        shelf = Shelf::of_snapshot(self.store, &trust::TABLES, self.parts.values());
        let doubted = Doubted::of(known, &shelf).await?;
        self.changed.extend(shelf.partitions(Table::Frames).filter(|at| doubted.has_changed(&shelf, *at)));
        Ok(())
    }

    /// Coverage and features anew, in order of epochs: each takes up what earlier ones knew.
    async fn derive(&mut self) -> anyhow::Result<()> {
        let (store, parts) = (self.store, &mut self.parts);
        let known = self.root.parts.iter().map(partition).collect();
        let following = followers(&known, &self.changed);
        for at in &following {
            let is_changed = self.changed.contains(at);
            let Some(part) = parts.get_mut(at) else { continue };
            let (coverage, features) =
                (Table::Coverage.key(*at, cover::FILE), Table::Features.key(*at, features::FILE));
            part.files.retain(|file| file.path != features && !(is_changed && file.path == coverage));
        }
        let mut shelf = Shelf::of_snapshot(store, &features::TABLES, parts.values());
        for at in &following {
            let (Some(epoch), Some(region)) = (at.epoch, at.region) else { continue };
            if shelf.paths(Table::Frames, *at).is_empty() {
                continue;
            }
            if self.changed.contains(at) {
                let rows = cover::compute(&shelf, *at).await?;
                let file = snapshot::keep(store, &Table::Coverage.key(*at, cover::FILE), encode(&rows)?).await?;
                put((&mut shelf, &mut *parts), (Table::Coverage, *at), file);
            }
            let rows = features::compute(&shelf, epoch, region).await?;
            let file = snapshot::keep(store, &Table::Features.key(*at, features::FILE), encode(&rows)?).await?;
            put((&mut shelf, &mut *parts), (Table::Features, *at), file);
        }
        Ok(())
    }
}

fn put(
    (shelf, parts): (&mut Shelf<'_>, &mut BTreeMap<Partition, Part>),
    (table, at): (Table, Partition),
    file: FileRef,
) {
    if let Some(part) = parts.get_mut(&at) {
        part.files.push(file.clone());
    }
    shelf.add_kept(table, file);
}

fn partition(part: &PartRef) -> Partition {
    Partition { epoch: part.epoch, region: part.region }
}

/// Leaves out erased images, and names files of clips as they are now.
async fn take_out(store: &Store, part: &mut Part, erased: &Erased) -> anyhow::Result<()> {
    let of_clips = [Table::Frames, Table::Detections, Table::Verdicts, Table::Clips].map(Table::name);
    let mut files = Vec::new();
    for file in part.files.drain(..) {
        if !of_clips.contains(&file.path.split('/').next().unwrap_or_default()) {
            let is_erased = erased.images.contains(&file.sha256) || names_frame(&file.path, erased);
            files.extend((!is_erased).then_some(file));
        } else if let Some(bytes) = store.get(&file.path).await? {
            files.push(snapshot::as_it_is(&file.path, &bytes));
        }
    }
    part.files = files;
    Ok(())
}

/// Whether a path is that of an erased frame's image.
fn names_frame(path: &str, erased: &Erased) -> bool {
    let name = path.rsplit('/').next().and_then(|name| name.strip_suffix(".jpg"));
    name.and_then(|name| name.parse().ok()).is_some_and(|frame| erased.frames.contains(&frame))
}

/// When each slot of a partition was last seen.
async fn coverage(store: &Store, part: &Part) -> anyhow::Result<BTreeMap<Slot, UtcMillis>> {
    let prefix = format!("{}/", Table::Coverage.name());
    let mut seen = BTreeMap::new();
    for file in part.files.iter().filter(|file| file.path.starts_with(&prefix)) {
        let rows: Vec<CoverageRow> = table::decode(&file.path, snapshot::file(store, file).await?)?;
        let slot = |row: &CoverageRow| Slot { cell: row.h3_cell, octant: row.heading_octant };
        seen.extend(rows.iter().map(|row| (slot(row), row.last_seen_ms)));
    }
    Ok(seen)
}

fn lost<'a>(
    epoch: Epoch,
    before: &'a BTreeMap<Slot, UtcMillis>,
    now: &'a BTreeMap<Slot, UtcMillis>,
) -> impl Iterator<Item = LastSeen> + 'a {
    before.iter().filter(|(slot, seen)| now.get(slot).is_none_or(|now| now < *seen)).map(move |(slot, seen)| LastSeen {
        epoch,
        h3_cell: slot.cell,
        heading_octant: slot.octant,
        last_seen_ms: *seen,
    })
}

/// Removes what is left of a snapshot that was moved: tiles, copies and manifests that name something erased, and its
/// root, which goes last. What a later run finds missing, an earlier one removed.
async fn remove(store: &Store, old: Digest, names: &BTreeSet<String>) -> anyhow::Result<()> {
    if store.get(&snapshot::root_key(old)).await?.is_none() {
        return Ok(());
    }
    archives::remove(store, old).await?;
    for reference in snapshot::root(store, old).await?.parts {
        let key = snapshot::part_key(reference.sha256);
        if store.get(&key).await?.is_none() {
            continue;
        }
        let part = snapshot::part(store, &reference).await?;
        let is_copy = |file: &&FileRef| {
            let of = |table: Table| file.path.starts_with(&format!("{}/", table.name()));
            file.object != file.path && [Table::Trust, Table::Coverage, Table::Features].into_iter().any(of)
        };
        for copy in part.files.iter().filter(is_copy) {
            if names_any(store, &copy.object, names).await? {
                store.remove(&copy.object).await?;
            }
        }
        let is_named = |file: &FileRef| file.path.split(['/', '.']).any(|word| names.contains(word));
        if part.tables().files.iter().any(is_named) {
            store.remove(&snapshot::part_key(reference.tables_sha256)).await?;
        }
        // Last: by it a later run knows what is left to be done.
        if part.files.iter().any(is_named) {
            store.remove(&key).await?;
        }
    }
    store.remove(&snapshot::root_key(old)).await?;
    Ok(())
}

async fn names_any(store: &Store, object: &str, names: &BTreeSet<String>) -> anyhow::Result<bool> {
    let Some(bytes) = store.get(object).await? else { return Ok(false) };
    let mut found = false;
    texts(object, bytes, &mut |_, text| found = found || names.contains(text))?;
    Ok(found)
}
