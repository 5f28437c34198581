//! What all handlers share: the store, the latest snapshot, and what was read lately.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{Mutex, Semaphore};
use waymark_datasets::snapshot::{self, SnapshotError};
use waymark_datasets::{Digest, Store, erasure, on_one_thread};

use super::problem::Problem;
use super::settings::MapSettings;
use super::tile::{Tile, TileKey};
use crate::Error;
use crate::archive::Reader;
use crate::query::{Cache, Shelf, View};

/// The state of the map's API. Nothing in it is worth keeping: it is all read from the store.
pub struct Map {
    pub(super) shelf: Shelf,
    pub(super) settings: MapSettings,
    /// The address under which clients see this server, without a path.
    pub(super) public_url: String,
    pub(super) tiles: Cache<TileKey, Option<Tile>>,
    current: RwLock<Arc<Edition>>,
    older: Cache<Digest, Arc<Edition>>,
    /// What the list of snapshots says of each.
    pub(super) summaries: Cache<Digest, Value>,
    queries: Arc<Semaphore>,
    /// Of the next edition.
    serial: AtomicU32,
    /// Tombstones that were there at the last look.
    erasures: AtomicUsize,
    /// One look for something new at a time.
    looking: Mutex<()>,
}

/// A snapshot as it is served.
#[derive(Default)]
pub(super) struct Edition {
    /// Tells editions apart in the cache of tiles.
    pub(super) serial: u32,
    pub(super) view: View,
    /// Its tiles; none until they were built.
    pub(super) archive: Option<Reader>,
}

/// Snapshots that are kept open besides the latest, all together.
const OLDER_MAX_BYTES: usize = 256 << 20;
const SUMMARIES_MAX_BYTES: usize = 16 << 20;
/// What an open snapshot takes, and an entry in the directories of its tiles.
const EDITION_BYTES: usize = 1 << 20;
const ENTRY_BYTES: usize = 24;

impl Map {
    /// Opens the latest snapshot of `store`, if there is one. `public_url` is what links begin with.
    ///
    /// # Errors
    /// [`SnapshotError`] if it is damaged or the store fails.
    pub async fn open(store: Store, settings: MapSettings, public_url: &str) -> Result<Self, SnapshotError> {
        let map = Self {
            shelf: Shelf::new(store, settings.tables_cache_max_bytes),
            public_url: public_url.trim_end_matches('/').into(),
            tiles: Cache::new(settings.tiles_cache_max_bytes),
            current: RwLock::default(),
            summaries: Cache::new(SUMMARIES_MAX_BYTES),
            older: Cache::new(OLDER_MAX_BYTES),
            queries: Arc::new(Semaphore::new(settings.queries_max.max(1))),
            serial: AtomicU32::new(1),
            erasures: AtomicUsize::new(0),
            looking: Mutex::default(),
            settings,
        };
        map.refresh().await?;
        Ok(map)
    }

    /// Takes up what was published since; what is being answered goes on with the snapshot that it began with.
    ///
    /// # Errors
    /// [`SnapshotError`] if the latest snapshot is damaged or the store fails; the one before is served on.
    pub async fn refresh(&self) -> Result<(), SnapshotError> {
        let looking = self.looking.lock().await;
        let latest = snapshot::latest(self.shelf.store()).await?;
        let held = self.current();
        if let Some(id) = latest.filter(|id| held.view.id != Some(*id) || held.archive.is_none()) {
            let edition = self.edition(id).await?;
            self.forget_erased().await?;
            // One without tiles is looked at again: they may be built later.
            if edition.archive.is_some() || held.view.id != Some(id) {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(edition);
            }
        }
        drop(looking);
        Ok(())
    }

    /// An erasure moves `latest`. What was read before may hold something of it, so all of that is forgotten.
    async fn forget_erased(&self) -> Result<(), SnapshotError> {
        let erasures = erasure::count(self.shelf.store()).await?;
        if self.erasures.swap(erasures, Ordering::Relaxed) != erasures {
            self.shelf.clear();
            self.older.clear();
            self.tiles.clear();
        }
        Ok(())
    }

    /// Looks for something new for ever, as often as the settings say.
    pub async fn follow(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(Duration::from_millis(self.settings.refresh_ms.max(1)));
        loop {
            ticks.tick().await;
            if let Err(error) = self.refresh().await {
                tracing::error!(%error, "the latest snapshot cannot be read");
            }
        }
    }

    /// The latest snapshot.
    pub(super) fn current(&self) -> Arc<Edition> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The snapshot that was asked for; the latest if none was.
    pub(super) async fn at(&self, snapshot: Option<Digest>) -> Result<Arc<Edition>, Problem> {
        let current = self.current();
        let Some(id) = snapshot.filter(|id| current.view.id != Some(*id)) else { return Ok(current) };
        if let Some(older) = self.older.get(&id) {
            return Ok(older);
        }
        let edition = match self.edition(id).await {
            Err(SnapshotError::Differs { .. }) => {
                return Err(Problem::not_found(
                    "snapshot_unknown",
                    "there is no such snapshot; /v1/snapshots lists them",
                ));
            }
            edition => Arc::new(edition?),
        };
        self.older.put(id, edition.clone(), edition.bytes());
        Ok(edition)
    }

    /// A snapshot that was made again without what was erased is served under its old name, too.
    async fn edition(&self, asked: Digest) -> Result<Edition, SnapshotError> {
        let id = snapshot::resolve(self.shelf.store(), asked).await?.id.unwrap_or(asked);
        let view = View::open(self.shelf.store(), id).await?;
        let archive = match Reader::published(self.shelf.store(), id).await {
            Err(Error::Store(error)) => return Err(error.into()),
            Err(error) => {
                // Tables can be read all the same.
                tracing::error!(%error, "tiles cannot be served");
                None
            }
            Ok(archive) => archive,
        };
        Ok(Edition { serial: self.serial.fetch_add(1, Ordering::Relaxed), view, archive })
    }

    /// Does work that takes a thread for a while: a few at a time, and others wait for their turn.
    pub(super) async fn work<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl AsyncFnOnce(Arc<Self>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let Ok(turn) = self.queries.clone().acquire_owned().await else {
            return Err(Problem::busy("the server is ending"));
        };
        let map = self.clone();
        let work = async move || {
            let done = work(map).await;
            drop(turn);
            done
        };
        on_one_thread(work).await.unwrap_or_else(|error| {
            tracing::error!(%error, "a question could not be answered");
            Err(Problem::busy("the question could not be answered"))
        })
    }
}

impl Edition {
    /// Its tiles.
    pub(super) fn archive(&self) -> Result<&Reader, Problem> {
        self.archive
            .as_ref()
            .ok_or_else(|| Problem::not_found("tiles_missing", "no tiles were built of this snapshot yet"))
    }

    /// About how much memory it takes.
    fn bytes(&self) -> usize {
        let entries = self.archive.as_ref().map_or(0, |archive| archive.header().entries);
        EDITION_BYTES + usize::try_from(entries).unwrap_or(usize::MAX / 2).saturating_mul(ENTRY_BYTES)
    }

    /// Its id.
    pub(super) fn id(&self) -> Result<Digest, Problem> {
        self.view.id.ok_or_else(|| Problem::not_found("nothing_published", "nothing was published yet"))
    }
}
