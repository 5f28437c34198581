//! What was decided on clips, from the published verdicts.
//!
//! A file of verdicts never changes, so each is read once and a few words of it are kept. How much one question reads
//! is limited: an answer that is not complete yet says so, and the next question goes on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use waymark_datasets::rows::{Verdict, VerdictRow};
use waymark_datasets::table::read_rows;
use waymark_datasets::{ClipId, DriverId, Epoch, Partition, Reason, Store, Table, UtcMillis};

use super::earned::Earned;

/// Files that one question reads.
const READS_MAX: usize = 512;
/// Files that are read side by side.
const READS_AT_ONCE: usize = 16;
/// Files of which a few words are kept.
const FILES_HELD_MAX: usize = 200_000;

/// What a file of verdicts says of its clip.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    pub(super) driver: Option<DriverId>,
    pub(super) clip_id: Option<ClipId>,
    pub(super) captured_at_ms: Option<UtcMillis>,
    /// On the clip as a whole.
    pub(super) verdict: Option<(Verdict, String)>,
    pub(super) frames_accepted: u32,
    pub(super) frames_refused: BTreeMap<Reason, u32>,
}

/// Verdicts of a store, as far as they were asked for.
pub(super) struct Clips {
    pub(super) store: Store,
    pub(super) earned: Earned,
    known: Mutex<BTreeMap<String, Arc<Said>>>,
    /// One question reads at a time.
    reading: Semaphore,
}

/// What was found, and whether that is all.
pub(super) struct Search {
    pub(super) said: Vec<Arc<Said>>,
    pub(super) is_complete: bool,
}

impl Clips {
    pub(super) fn new(store: Store) -> Self {
        Self { store, earned: Earned::default(), known: Mutex::default(), reading: Semaphore::new(1) }
    }

    /// What is said of the clips of `driver` in `epoch`; without one, of those of which no time is known.
    pub(super) async fn of(&self, driver: &DriverId, epoch: Option<Epoch>) -> anyhow::Result<Search> {
        let turn = self.reading.acquire().await?;
        let paths: Vec<String> = self.store.list(&folder(epoch)).await?.into_iter().map(|object| object.path).collect();
        let unknown: Vec<String> = {
            let known = self.known();
            paths.iter().filter(|path| !known.contains_key(*path)).cloned().collect()
        };
        let is_complete = unknown.len() <= READS_MAX;
        for some in unknown[..unknown.len().min(READS_MAX)].chunks(READS_AT_ONCE) {
            self.read(some).await?;
        }
        drop(turn);
        let known = self.known();
        let said = paths.iter().filter_map(|path| known.get(path));
        Ok(Search { said: said.filter(|said| said.driver.as_ref() == Some(driver)).cloned().collect(), is_complete })
    }

    async fn read(&self, paths: &[String]) -> anyhow::Result<()> {
        let mut reading = JoinSet::new();
        for path in paths.iter().cloned() {
            let store = self.store.clone();
            reading.spawn(async move {
                let rows: Vec<VerdictRow> = read_rows(&store, &path).await?.unwrap_or_default();
                anyhow::Ok((path, said(rows)))
            });
        }
        while let Some(read) = reading.join_next().await {
            let (path, said) = read??;
            let mut known = self.known();
            if known.len() >= FILES_HELD_MAX {
                known.pop_first();
            }
            known.insert(path, Arc::new(said));
        }
        Ok(())
    }

    fn known(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<Said>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the verdicts of an epoch lie, in whichever region.
fn folder(epoch: Option<Epoch>) -> String {
    let folder = Table::Verdicts.folder(Partition { epoch, region: None });
    folder.split("/region=").next().unwrap_or_default().into()
}

/// Adds up the rows of one file: all are of one clip.
fn said(rows: Vec<VerdictRow>) -> Said {
    let mut said = Said::default();
    for row in rows {
        said.driver = said.driver.or(row.driver);
        said.clip_id = said.clip_id.or(row.clip_id);
        said.captured_at_ms = said.captured_at_ms.into_iter().chain(row.captured_at_ms).min();
        match (row.frame_index, row.verdict) {
            (None, verdict) => said.verdict = Some((verdict, row.detail)),
            (Some(_), Verdict::Accepted) => said.frames_accepted += 1,
            (Some(_), Verdict::Refused(reason)) => *said.frames_refused.entry(reason).or_default() += 1,
        }
    }
    said
}
