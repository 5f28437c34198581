//! Writing to a folder so that what was acknowledged survives a power cut.
//!
//! A new object is written beside the tree, synced, moved into place in one step, and the folders
//! above it are synced. A process that dies leaves only its own staging folder, which the next one removes.

use std::collections::HashSet;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use object_store::path::Path as Key;
use tempfile::{NamedTempFile, TempDir};

use crate::store::{Created, StoreError};

/// Unfinished writes live here, below the root of the store.
pub(crate) const STAGING: &str = ".staging";

/// Makes the folder of a store and those above it that are missing, with the permissions `mode`, and syncs each
/// folder that gained one.
pub(crate) fn make_root(folder: &Path, mode: u32) -> Result<(), StoreError> {
    let is_missing = |above: &&Path| !above.as_os_str().is_empty() && !above.exists();
    let missing: Vec<&Path> = folder.ancestors().take_while(is_missing).collect();
    let made = DirBuilder::new().recursive(true).mode(mode).create(folder);
    made.and_then(|()| missing.iter().filter_map(|made| made.parent()).try_for_each(sync_folder))
        .map_err(|source| disk(folder, source))
}

#[derive(Debug)]
pub(crate) struct DurableFolder {
    root: PathBuf,
    /// Made at the first write, so that reading a store changes nothing in it.
    staging: Mutex<Option<Staging>>,
    /// Folders whose own entries are known to be on disk, up to the root.
    anchored: Mutex<HashSet<PathBuf>>,
}

/// No more folders than this are remembered; forgetting one costs a few syncs.
const ANCHORED_MAX: usize = 10_000;

/// How often a write makes its folder again that a removal took away.
const TRIES_MAX: u32 = 32;

/// This process's own staging folder; the lock says that it is alive. The lock goes first when dropped.
#[derive(Debug)]
struct Staging {
    _alive: File,
    folder: TempDir,
}

impl DurableFolder {
    pub(crate) fn open(root: &Path) -> Result<Self, StoreError> {
        let root = root.canonicalize().map_err(|source| disk(root, source))?;
        Ok(Self { root, staging: Mutex::default(), anchored: Mutex::default() })
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
            let mut tries_left = TRIES_MAX;
            let created = loop {
                tries_left -= 1;
                match self.make_folder(folder).and_then(|()| persist(self.stage(&bytes)?, &place)) {
                    // Whoever removed the last object of the folder removed the folder.
                    Err(error) if error.kind() == io::ErrorKind::NotFound && tries_left > 0 => {}
                    done => break done?,
                }
            };
            // Also after "existed": the other writer may not have synced its entry yet.
            self.sync(folder)?;
            Ok(created)
        });
        let done = work.await.unwrap_or_else(|stopped| Err(io::Error::other(stopped)));
        done.map_err(|source| disk(&failed_at, source))
    }

    /// Removes an object and the folders that are empty then; nothing to do if it is not there. Durable when this
    /// returns.
    pub(crate) async fn remove(self: Arc<Self>, key: Key) -> Result<(), StoreError> {
        let place = self.root.join(key.as_ref());
        let failed_at = place.clone();
        let work = tokio::task::spawn_blocking(move || {
            match fs::remove_file(&place) {
                Err(error) if is_gone(&error) => return Ok(()),
                removed => removed?,
            }
            let within = |folder: &&Path| *folder != self.root && folder.starts_with(&self.root);
            let above = place.ancestors().skip(1).take_while(within);
            // A folder that is not empty, or that another process removed before us, ends the way up.
            let top_removed = above.take_while(|folder| fs::remove_dir(folder).is_ok()).last();
            match sync_folder(top_removed.unwrap_or(&place).parent().unwrap_or(&self.root)) {
                // Removed since: whoever did so synced the folder above.
                Err(error) if is_gone(&error) => Ok(()),
                synced => synced,
            }
        });
        let done = work.await.unwrap_or_else(|stopped| Err(io::Error::other(stopped)));
        done.map_err(|source| disk(&failed_at, source))
    }

    /// Bytes that may still be written to the disk that the folder is on.
    pub(crate) fn free_bytes(&self) -> Result<u64, StoreError> {
        let disk_of = rustix::fs::statvfs(&self.root).map_err(|error| disk(&self.root, error.into()))?;
        Ok(disk_of.f_bavail.saturating_mul(disk_of.f_frsize))
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        if !folder.is_dir() {
            locked(&self.anchored)?.remove(folder);
            fs::create_dir_all(folder)?;
        }
        Ok(())
    }

    fn stage(&self, bytes: &[u8]) -> io::Result<NamedTempFile> {
        let mut staging = locked(&self.staging)?;
        let folder = match staging.take() {
            Some(made) if made.folder.path().is_dir() => made,
            _ => Staging::make(&self.root)?,
        };
        let file = tempfile::Builder::new().permissions(readable_by_all()).tempfile_in(folder.folder.path());
        *staging = Some(folder);
        drop(staging);
        let mut file = file?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        Ok(file)
    }

    /// Syncs `folder`, and the first time also those above it: if another process made them, it may not have done
    /// so yet, and may never.
    fn sync(&self, folder: &Path) -> io::Result<()> {
        sync_folder(folder)?;
        if locked(&self.anchored)?.contains(folder) {
            return Ok(());
        }
        folder.ancestors().skip(1).take_while(|above| above.starts_with(&self.root)).try_for_each(sync_folder)?;
        let mut anchored = locked(&self.anchored)?;
        if anchored.len() >= ANCHORED_MAX {
            anchored.clear();
        }
        anchored.insert(folder.into());
        Ok(())
    }
}

fn locked<T>(mutex: &Mutex<T>) -> io::Result<MutexGuard<'_, T>> {
    mutex.lock().map_err(|_| io::Error::other("a writer died"))
}

impl Staging {
    fn make(root: &Path) -> io::Result<Self> {
        let all = root.join(STAGING);
        fs::create_dir_all(&all)?;
        sweep(&all)?;
        loop {
            let folder = TempDir::new_in(&all)?;
            let alive = match File::open(folder.path()) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                opened => opened?,
            };
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
    use io::ErrorKind::{NotFound, PermissionDenied};
    for entry in fs::read_dir(all)? {
        let entry = entry?;
        // What is no folder is none of ours.
        if !entry.file_type()?.is_dir() {
            continue;
        }
        match sweep_one(&entry.path()) {
            // Another process was faster, or it belongs to another user, who will sweep it.
            Err(error) if matches!(error.kind(), NotFound | PermissionDenied) => {}
            swept => swept?,
        }
    }
    Ok(())
}

fn sweep_one(left: &Path) -> io::Result<()> {
    match File::open(left)?.try_lock() {
        Ok(()) => fs::remove_dir_all(left),
        Err(TryLockError::WouldBlock) => Ok(()),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// A folder is no object, nor is what would be below one.
fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    // The parent of a relative name of one part is the empty path, which means the current folder.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder)?.sync_all()
}

/// Like any file that a program makes; temporary files are private by default.
fn readable_by_all() -> fs::Permissions {
    fs::Permissions::from_mode(0o644)
}

fn disk(path: &Path, source: io::Error) -> StoreError {
    StoreError::Disk { path: path.into(), source }
}
