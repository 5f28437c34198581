//! What was read of snapshots, kept for the next who asks. Everything is named by its hash, so it holds for every
//! snapshot that has it.

use std::any::Any;
use std::sync::Arc;

use waymark_datasets::snapshot::{self, Part, SnapshotError};
use waymark_datasets::{Digest, Store, Table, table};

use super::index::{Index, Names};
use super::layer::Sheaf;
use super::view::{Held, View};
use super::{Cache, Layer, Placed};

/// A store, and what was read from it lately.
#[derive(Debug)]
pub struct Shelf {
    store: Store,
    kept: Cache<(Kind, Digest), Arc<dyn Any + Send + Sync>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Manifest,
    Names,
    Rows(Table),
}

/// About what an entry of a manifest takes in memory.
const FILE_BYTES: usize = 400;

impl Shelf {
    /// A shelf that keeps at most `max_bytes`.
    #[must_use]
    pub fn new(store: Store, max_bytes: usize) -> Self {
        Self { store, kept: Cache::new(max_bytes) }
    }

    /// Forgets what was read.
    pub fn clear(&self) {
        self.kept.clear();
    }

    /// Where it reads from.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The files of a partition.
    ///
    /// # Errors
    /// [`SnapshotError`] if its manifest is missing or damaged, or the store fails.
    pub async fn part(&self, held: &Held) -> Result<Arc<Part>, SnapshotError> {
        let key = (Kind::Manifest, held.reference.sha256);
        if let Some(known) = self.known(&key) {
            return Ok(known);
        }
        let part = Arc::new(snapshot::part(&self.store, &held.reference).await?);
        self.kept.put(key, part.clone(), part.files.len() * FILE_BYTES);
        Ok(part)
    }

    /// The rows of partitions that stand together.
    ///
    /// # Errors
    /// [`SnapshotError`] if a file is missing or damaged, or the store fails.
    pub async fn rows<R: Layer>(&self, view: &View, sheaf: &Sheaf) -> Result<Arc<Placed<R>>, SnapshotError> {
        let key = (Kind::Rows(R::TABLE), name(view, sheaf));
        if let Some(known) = self.known(&key) {
            return Ok(known);
        }
        let mut rows: Vec<R> = Vec::new();
        // Latest first: partitions are in order of epoch.
        for held in sheaf.0.iter().rev().map(|part| &view.parts()[*part]) {
            let part = self.part(held).await?;
            let files: Vec<_> = part.files.iter().filter(|file| is_of(R::TABLE, &file.path)).collect();
            for file in &files {
                rows.extend(table::decode::<R>(&file.path, snapshot::file(&self.store, file).await?)?);
            }
            if R::IS_TAKEN_UP && !files.is_empty() {
                break;
            }
        }
        let placed = Arc::new(Placed::new(R::merge(rows)));
        self.kept.put(key, placed.clone(), placed.bytes());
        Ok(placed)
    }

    /// Which frames and clips are in which partition of a snapshot; made when it is first asked for.
    ///
    /// # Errors
    /// [`SnapshotError`] if a manifest is missing or damaged, or the store fails.
    pub async fn index<'a>(&self, view: &'a View) -> Result<&'a Index, SnapshotError> {
        let make = || async {
            let mut names = Vec::with_capacity(view.parts().len());
            for held in view.parts() {
                names.push(self.names(held).await?);
            }
            Ok(Index::new(names))
        };
        view.index.get_or_try_init(make).await
    }

    async fn names(&self, held: &Held) -> Result<Arc<Names>, SnapshotError> {
        let key = (Kind::Names, held.reference.sha256);
        if let Some(known) = self.known(&key) {
            return Ok(known);
        }
        let names = Arc::new(Names::of(&*self.part(held).await?));
        self.kept.put(key, names.clone(), names.bytes());
        Ok(names)
    }

    fn known<T: Send + Sync + 'static>(&self, key: &(Kind, Digest)) -> Option<Arc<T>> {
        self.kept.get(key)?.downcast().ok()
    }
}

fn is_of(table: Table, path: &str) -> bool {
    path.split('/').next() == Some(table.name())
}

/// One name for what partitions hold together.
fn name(view: &View, sheaf: &Sheaf) -> Digest {
    let hashes = sheaf.0.iter().map(|part| view.parts()[*part].reference.sha256);
    Digest::of(&hashes.flat_map(|hash| *hash.as_bytes()).collect::<Vec<u8>>())
}
