//! Writing to a folder so that what was acknowledged survives a power cut.
//!
//! A new object is written beside the tree, synced, moved into place in one step, and the folders
//! above it are synced. A process that dies leaves only its own staging folder, which the next one removes.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path as Key;
use tempfile::{NamedTempFile, TempDir};

use crate::store::{Created, StoreError};

/// Unfinished writes live here, below the root of the store.
const STAGING: &str = ".staging";

#[derive(Debug)]
pub(crate) struct DurableFolder {
    root: PathBuf,
    /// Made at the first write, so that reading a store changes nothing in it.
    staging: std::sync::Mutex<Option<Staging>>,
}

/// This process's own staging folder; the lock says that it is alive. The lock goes first when dropped.
#[derive(Debug)]
struct Staging {
    _alive: File,
    folder: TempDir,
}

impl DurableFolder {
    pub(crate) fn open(root: &Path) -> Result<Self, StoreError> {
        let root = root.canonicalize().map_err(|source| disk(root, source))?;
        Ok(Self { root, staging: std::sync::Mutex::new(None) })
    }

    pub(crate) async fn replace(self: Arc<Self>, key: Key, bytes: Bytes) -> Result<(), StoreError> {
        self.write(key, bytes, |staged, place| staged.persist(place).map(|_| Created::New).map_err(|e| e.error))
            .await
            .map(|_| ())
    }

    pub(crate) async fn create(self: Arc<Self>, key: Key, bytes: Bytes) -> Result<Created, StoreError> {
        self.write(key, bytes, |staged, place| match staged.persist_noclobber(place) {
            Ok(_) => Ok(Created::New),
            Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => Ok(Created::Existed),
            Err(e) => Err(e.error),
        })
        .await
    }

    async fn write(
        self: Arc<Self>,
        key: Key,
        bytes: Bytes,
        persist: fn(NamedTempFile, &Path) -> io::Result<Created>,
    ) -> Result<Created, StoreError> {
        let place = self.root.join(key.as_ref());
        let failed_at = place.clone();
        let work = tokio::task::spawn_blocking(move || {
            let folder = place.parent().unwrap_or(&self.root);
            make_folders(&self.root, folder)?;
            let staged = self.stage(&bytes)?;
            let created = persist(staged, &place)?;
            // Also after "existed": the other writer may not have synced its entry yet.
            File::open(folder)?.sync_all()?;
            Ok(created)
        });
        let done = work.await.unwrap_or_else(|stopped| Err(io::Error::other(stopped)));
        done.map_err(|source| disk(&failed_at, source))
    }

    fn stage(&self, bytes: &[u8]) -> io::Result<NamedTempFile> {
        let mut staging = self.staging.lock().map_err(|_| io::Error::other("a writer died"))?;
        let folder = match staging.take() {
            Some(made) => made,
            None => Staging::make(&self.root)?,
        };
        let file = tempfile::Builder::new().permissions(readable_by_all()).tempfile_in(folder.folder.path());
        *staging = Some(folder);
        drop(staging);
        let mut file = file?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        Ok(file)
    }
}

impl Staging {
    fn make(root: &Path) -> io::Result<Self> {
        let all = root.join(STAGING);
        fs::create_dir_all(&all)?;
        sweep(&all)?;
        loop {
            let folder = TempDir::new_in(&all)?;
            let alive = File::open(folder.path())?;
            alive.lock()?;
            // Between making and locking another process may have swept the folder away.
            if folder.path().exists() {
                return Ok(Self { _alive: alive, folder });
            }
        }
    }
}

/// Removes the staging folders of processes that died: those that nobody holds the lock of.
fn sweep(all: &Path) -> io::Result<()> {
    for entry in fs::read_dir(all)? {
        let left = entry?.path();
        let swept = File::open(&left).and_then(|folder| match folder.try_lock() {
            Ok(()) => fs::remove_dir_all(&left),
            Err(TryLockError::WouldBlock) => Ok(()),
            Err(TryLockError::Error(error)) => Err(error),
        });
        match swept {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => other?,
        }
    }
    Ok(())
}

/// Makes the folders down to `folder`, and syncs each folder that gained one.
fn make_folders(root: &Path, folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().filter(|above| above.starts_with(root)).unwrap_or(root);
    make_folders(root, above)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    File::open(above)?.sync_all()
}

/// Like any file that a program makes; temporary files are private by default.
fn readable_by_all() -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o644)
}

fn disk(path: &Path, source: io::Error) -> StoreError {
    StoreError::Disk { path: path.into(), source }
}
