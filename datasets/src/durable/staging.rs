//! Where unfinished writes are: one folder for each process, which the next process removes if its owner died.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tempfile::{NamedTempFile, TempDir};

use super::locked;
use super::staged::{Staged, unnamed};

/// Unfinished writes live here, below the root of the store.
pub(crate) const STAGING: &str = ".staging";

/// This process's own staging folder; the lock says that it is alive. The lock goes first when dropped.
#[derive(Debug)]
pub(super) struct Staging {
    _alive: File,
    /// A file without contents that objects without contents are names of.
    empty: Mutex<Option<NamedTempFile>>,
    has_unnamed: bool,
    folder: TempDir,
}

impl Staging {
    pub(super) fn make(root: &Path) -> io::Result<Self> {
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
                let has_unnamed = unnamed::are_there(folder.path());
                return Ok(Self { _alive: alive, empty: Mutex::default(), has_unnamed, folder });
            }
        }
    }

    pub(super) fn file(&self) -> io::Result<Staged> {
        if self.has_unnamed {
            unnamed::file(self.folder.path()).map(Staged::Unnamed)
        } else {
            self.named().map(Staged::Named)
        }
    }

    /// One with a name.
    pub(super) fn named(&self) -> io::Result<NamedTempFile> {
        self.prefixed("object-")
    }

    fn prefixed(&self, prefix: &str) -> io::Result<NamedTempFile> {
        tempfile::Builder::new().prefix(prefix).permissions(readable_by_all()).tempfile_in(self.folder.path())
    }

    /// The empty file, which is on disk.
    pub(super) fn empty(&self) -> io::Result<PathBuf> {
        let mut empty = locked(&self.empty)?;
        let made = match empty.take() {
            Some(made) => made,
            None => {
                let made = self.prefixed("empty-")?;
                made.as_file().sync_all()?;
                made
            }
        };
        Ok(empty.insert(made).path().to_path_buf())
    }

    /// The next empty file is another one.
    pub(super) fn forget_empty(&self) -> io::Result<()> {
        *locked(&self.empty)? = None;
        Ok(())
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

/// Like any file that a program makes; temporary files are private by default.
fn readable_by_all() -> fs::Permissions {
    fs::Permissions::from_mode(0o644)
}
