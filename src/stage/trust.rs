//! From what is known of all clips to how far each is believed.

mod append;

use std::collections::{BTreeMap, BTreeSet};

use waymark_datasets::rows::{ClipRow, CountsRow, FrameRow, TrustRow};
use waymark_datasets::table::write_rows;
use waymark_datasets::{ClipId, Epoch, Partition, Store, Table};
use waymark_ingest::plausible::{Evidence, Shot, TrustSettings, judge};

use crate::stage::shelf::Shelf;

/// The one file of a partition of trust.
pub const FILE: &str = "trust";
/// The tables that trust is made of, and its own.
pub const TABLES: [Table; 3] = [Table::Frames, Table::Clips, Table::Trust];

/// By what settings the rows in the bucket were judged: with others, all are judged anew.
const SETTINGS: &str = "trust/settings.json";

/// What is thought of clips, by partition.
pub type Judged = BTreeMap<Partition, Vec<TrustRow>>;

/// Judges the clips that are new, and those for whom they are witnesses; says how many partitions that changed.
///
/// While every new clip landed after all others, that costs what lies in the regions that it touches. Otherwise, all
/// clips of the epochs around are judged anew, as one of them may be a copy of what is known now.
pub async fn trust(store: &Store, settings: &TrustSettings) -> anyhow::Result<usize> {
    let known = Shelf::of_latest(store, &TABLES).await?;
    let shelf = Shelf::of_bucket(store, &TABLES).await?;
    let by = serde_json::to_vec_pretty(settings)?;
    let is_same = store.get(SETTINGS).await?.is_none_or(|last| *last == *by);
    let has_changed = |at: &Partition| {
        let differs = |table| shelf.paths(table, *at) != known.paths(table, *at);
        !is_same || differs(Table::Clips) || differs(Table::Frames) || shelf.paths(Table::Trust, *at).is_empty()
    };
    let partitions: BTreeSet<Partition> = shelf.partitions(Table::Clips).collect();
    let changed: BTreeSet<Epoch> = partitions.iter().filter(|at| has_changed(at)).filter_map(|at| at.epoch).collect();
    if changed.is_empty() {
        return Ok(0);
    }
    let appended = if is_same { append::append(&shelf, &changed, settings).await? } else { None };
    let judged = match appended {
        Some(judged) => judged,
        None => compute(&shelf, &around(&partitions, &changed, settings), settings).await?,
    };
    for (at, rows) in &judged {
        write_rows(store, *at, FILE, rows).await?;
    }
    store.put(SETTINGS, by.into()).await?;
    Ok(judged.len())
}

/// What is thought of the clips of some epochs, from what the shelf holds of them and of those around.
pub async fn compute(shelf: &Shelf<'_>, epochs: &BTreeSet<Epoch>, settings: &TrustSettings) -> anyhow::Result<Judged> {
    let mut filed: BTreeMap<ClipId, Partition> = BTreeMap::new();
    let near = |at: &Partition| is_around(*at, epochs, settings);
    let evidence = gather(shelf, near, &mut filed).await?;
    let mut judged = Judged::new();
    for row in tokio::task::block_in_place(|| judge(&evidence, settings)) {
        let at = filed.get(&row.clip_id).filter(|at| at.epoch.is_some_and(|epoch| epochs.contains(&epoch)));
        if let Some(at) = at {
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

/// The epochs of partitions in which what is thought of a clip may depend on those of the `changed` epochs.
pub fn around(
    partitions: &BTreeSet<Partition>,
    changed: &BTreeSet<Epoch>,
    settings: &TrustSettings,
) -> BTreeSet<Epoch> {
    partitions.iter().filter(|at| is_around(**at, changed, settings)).filter_map(|at| at.epoch).collect()
}

fn is_around(at: Partition, epochs: &BTreeSet<Epoch>, settings: &TrustSettings) -> bool {
    at.epoch.is_some_and(|epoch| epochs.iter().any(|other| settings.can_depend(epoch, *other)))
}

/// The clips with frames in some partitions that do not count. A clip is filed with its first fix, which may be in
/// another partition.
pub async fn left_out(
    shelf: &Shelf<'_>,
    partitions: impl IntoIterator<Item = Partition>,
) -> anyhow::Result<BTreeSet<ClipId>> {
    let clips: BTreeSet<ClipId> = partitions.into_iter().flat_map(|at| shelf.clips(Table::Frames, at)).collect();
    let is_filed = |at: &Partition| shelf.clips(Table::Clips, *at).any(|clip| clips.contains(&clip));
    let mut left_out = BTreeSet::new();
    for at in shelf.partitions(Table::Clips).filter(is_filed) {
        left_out.extend(uncounted(shelf, at).await?.intersection(&clips));
    }
    Ok(left_out)
}

/// The clips filed in a partition that do not count.
pub async fn uncounted(shelf: &Shelf<'_>, at: Partition) -> anyhow::Result<BTreeSet<ClipId>> {
    let rows = shelf.rows(at, |row: &CountsRow| !row.counts).await?;
    Ok(rows.into_iter().map(|row| row.clip_id).collect())
}

/// Every clip of a store with its frames, whatever its epoch.
pub async fn everything(store: &Store) -> anyhow::Result<Vec<Evidence>> {
    let shelf = Shelf::of_bucket(store, &TABLES).await?;
    gather(&shelf, |_| true, &mut BTreeMap::new()).await
}
