//! From what is known of all clips to how far each is believed.

use std::collections::{BTreeMap, BTreeSet};

use waymark_datasets::rows::{ClipRow, FrameRow, TrustRow};
use waymark_datasets::table::write_rows;
use waymark_datasets::{ClipId, Epoch, Partition, Store, Table};
use waymark_ingest::plausible::{Evidence, Shot, TrustSettings, judge};

use crate::stage::shelf::Shelf;

/// The one file of a partition of trust.
pub const FILE: &str = "trust";
/// The tables that trust is made of, and its own.
pub const TABLES: [Table; 3] = [Table::Frames, Table::Clips, Table::Trust];

/// Judges the clips of every epoch that new clips lie in or near to; says how many partitions that were. A clip is
/// held against those of the epochs around, so what is new may change what was thought of others.
pub async fn trust(store: &Store, settings: &TrustSettings) -> anyhow::Result<usize> {
    let known = Shelf::of_latest(store, &TABLES).await?;
    let shelf = Shelf::of_bucket(store, &TABLES).await?;
    let has_changed = |at: &Partition| {
        let differs = |table| shelf.paths(table, *at) != known.paths(table, *at);
        differs(Table::Clips) || differs(Table::Frames) || shelf.paths(Table::Trust, *at).is_empty()
    };
    let partitions: BTreeSet<Partition> = shelf.partitions(Table::Clips).collect();
    let changed: BTreeSet<Epoch> = partitions.iter().filter(|at| has_changed(at)).filter_map(|at| at.epoch).collect();
    let mut judged = 0;
    for epoch in around(&partitions, &changed, settings) {
        for (at, rows) in compute(&shelf, epoch, settings).await? {
            write_rows(store, at, FILE, &rows).await?;
            judged += 1;
        }
    }
    Ok(judged)
}

/// What is thought of the clips of an epoch, by partition, from what the shelf holds of it and of those around.
pub async fn compute(
    shelf: &Shelf<'_>,
    epoch: Epoch,
    settings: &TrustSettings,
) -> anyhow::Result<BTreeMap<Partition, Vec<TrustRow>>> {
    let mut filed: BTreeMap<ClipId, Partition> = BTreeMap::new();
    let near = |at: &Partition| at.epoch.is_some_and(|other| is_near(epoch, other, settings));
    let evidence = gather(shelf, near, &mut filed).await?;
    let mut judged: BTreeMap<Partition, Vec<TrustRow>> = BTreeMap::new();
    for row in tokio::task::block_in_place(|| judge(&evidence, settings)) {
        if let Some(at) = filed.get(&row.clip_id).filter(|at| at.epoch == Some(epoch)) {
            judged.entry(*at).or_default().push(row);
        }
    }
    Ok(judged)
}

/// Every clip of the partitions that are near, with its frames; notes where each is filed.
async fn gather(
    shelf: &Shelf<'_>,
    near: impl Fn(&Partition) -> bool,
    filed: &mut BTreeMap<ClipId, Partition>,
) -> anyhow::Result<Vec<Evidence>> {
    let mut shots: BTreeMap<ClipId, Vec<Shot>> = BTreeMap::new();
    for at in shelf.partitions(Table::Frames).filter(&near) {
        for row in shelf.rows(at, |_: &FrameRow| true).await? {
            shots.entry(row.clip_id).or_default().push(Shot::from(&row));
        }
    }
    let mut evidence = Vec::new();
    for at in shelf.partitions(Table::Clips).filter(&near) {
        for row in shelf.rows(at, |_: &ClipRow| true).await? {
            filed.insert(row.clip_id, at);
            let own = shots.remove(&row.clip_id).unwrap_or_default();
            evidence.push(Evidence::new(row, own));
        }
    }
    Ok(evidence)
}

/// The epochs of partitions in which a clip may be held against one of the `changed` epochs.
pub fn around(
    partitions: &BTreeSet<Partition>,
    changed: &BTreeSet<Epoch>,
    settings: &TrustSettings,
) -> BTreeSet<Epoch> {
    let is_around = |epoch: &Epoch| changed.iter().any(|other| is_near(*epoch, *other, settings));
    partitions.iter().filter_map(|at| at.epoch).filter(is_around).collect()
}

fn is_near(epoch: Epoch, other: Epoch, settings: &TrustSettings) -> bool {
    let is_before = |a: Epoch, b: Epoch| b.before(settings.epochs_around as usize).any(|before| before == a);
    epoch == other || is_before(epoch, other) || is_before(other, epoch)
}

/// The clips with frames in an epoch that do not count. A clip is filed with its first fix, so in this epoch or, if it
/// was filmed over midnight, in the one before.
pub async fn left_out(shelf: &Shelf<'_>, epoch: Epoch) -> anyhow::Result<BTreeSet<ClipId>> {
    let before = epoch.before(1).next();
    let mut left_out = BTreeSet::new();
    for at in shelf.partitions(Table::Trust).filter(|at| at.epoch == Some(epoch) || at.epoch == before) {
        let rows = shelf.rows(at, |row: &TrustRow| !row.counts).await?;
        left_out.extend(rows.into_iter().map(|row| row.clip_id));
    }
    Ok(left_out)
}

/// Every clip of a store with its frames, whatever its epoch.
pub async fn everything(store: &Store) -> anyhow::Result<Vec<Evidence>> {
    let shelf = Shelf::of_bucket(store, &TABLES).await?;
    gather(&shelf, |_| true, &mut BTreeMap::new()).await
}
