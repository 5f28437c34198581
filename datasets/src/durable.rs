//! Writing to a folder so that what was acknowledged survives a power cut.
//!
//! A new object is written without a name or beside the tree, synced, given its name in one step, and the folders above
//! it are synced. A process that dies leaves only its own staging folder, which the next one removes.

mod buffer;
mod direct;
mod reading;
mod staged;
mod staging;
mod thread;

use std::collections::{BTreeSet, HashSet};
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use object_store::path::Path as Key;

use crate::store::{Created, StoreError};

pub(crate) use buffer::{Memory, read_whole};
pub(crate) use reading::{Again, open};
pub(crate) use staged::Staged;
pub(crate) use staging::STAGING;
use staging::Staging;
pub(crate) use thread::blocking;
pub use thread::on_one_thread;

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
    staging: Mutex<Option<Arc<Staging>>>,
    /// Folders whose own entries are known to be on disk, up to the root.
    anchored: Mutex<HashSet<PathBuf>>,
}

/// No more folders than this are remembered; forgetting one costs a few syncs.
const ANCHORED_MAX: usize = 10_000;

/// How often a write makes its folder again that a removal took away.
const TRIES_MAX: u32 = 32;

impl DurableFolder {
    pub(crate) fn open(root: &Path) -> Result<Self, StoreError> {
        let root = root.canonicalize().map_err(|source| disk(root, source))?;
        Ok(Self { root, staging: Mutex::default(), anchored: Mutex::default() })
    }

    pub(crate) async fn replace(self: Arc<Self>, key: Key, bytes: Bytes) -> Result<(), StoreError> {
        let place = self.place_of(&key);
        let work = move |place: &Path| {
            let mut staged = self.stage_with(Staging::named)?;
            staged.write_all(&bytes)?;
            staged.as_file().sync_all()?;
            // When dropped, it finds its first name gone.
            self.within(self.folder_of(place), || fs::rename(staged.path(), place))?;
            self.sync(self.folder_of(place))
        };
        blocking(place, work).await
    }

    pub(crate) async fn create(self: Arc<Self>, key: Key, bytes: Bytes) -> Result<Created, StoreError> {
        blocking(self.place_of(&key), move |place| self.settle_new(self.stage_bytes(&bytes)?, place)).await
    }

    /// Makes an object without contents, without waiting for the disk. All of them are names of one empty file: a name
    /// costs far less than a file.
    pub(crate) async fn jot(self: Arc<Self>, key: Key) -> Result<(), StoreError> {
        let place = self.place_of(&key);
        let work = move |place: &Path| {
            let name = || self.add_name(&self.staging()?.empty()?, place);
            let named = name().or_else(|_| {
                // It has as many names as a file may have, somebody cleaned up by hand, or there are no links here.
                self.staging()?.forget_empty()?;
                name().or_else(|_| self.settle_new(self.stage()?, place))
            });
            named.map(|_| ())
        };
        blocking(place, work).await
    }

    /// Makes one file the objects at `keys`, in this order, up to one that is there already; says how many were made.
    /// What is in another folder than the one before is made when that is durable. If there are no links here, that is
    /// one at most.
    pub(crate) async fn create_each(self: Arc<Self>, keys: Vec<Key>, bytes: Bytes) -> Result<usize, StoreError> {
        let places: Vec<PathBuf> = keys.iter().map(|key| self.place_of(key)).collect();
        let Some(first) = places.first().cloned() else { return Ok(0) };
        let work = move |first: &Path| {
            let mut created = self.place_new(self.stage_bytes(&bytes)?, first)?;
            let (mut made, mut folder) = (0, self.folder_of(first));
            while created == Created::New {
                made += 1;
                let Some(next) = places.get(made) else { break };
                if self.folder_of(next) != folder {
                    self.sync(folder)?;
                    folder = self.folder_of(next);
                }
                created = match self.add_name(first, next) {
                    Err(error) if has_no_links(&error) => break,
                    named => named?,
                };
            }
            // Also of one that was there: its writer may not have synced it yet.
            self.sync(folder)?;
            Ok(made)
        };
        blocking(first, work).await
    }

    /// Gives the object at `from` the name `to` as well, unless that is taken.
    pub(crate) async fn link(self: Arc<Self>, from: Key, to: Key) -> Result<Created, StoreError> {
        let (from, place) = (self.place_of(&from), self.place_of(&to));
        let work = move |place: &Path| {
            let linked = self.add_name(&from, place)?;
            self.sync(self.folder_of(place))?;
            Ok(linked)
        };
        blocking(place, work).await
    }

    /// Not durable yet.
    fn add_name(&self, file: &Path, place: &Path) -> io::Result<Created> {
        self.within(self.folder_of(place), || match fs::hard_link(file, place) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Created::Existed),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !file.exists() => {
                Err(io::Error::other("the file that was to get another name is gone"))
            }
            linked => linked.map(|()| Created::New),
        })
    }

    /// Removes objects, in this order, and the folders that are empty then; nothing to do for those that are not there.
    /// Durable when this returns.
    pub(crate) async fn remove(self: Arc<Self>, keys: Vec<Key>) -> Result<(), StoreError> {
        let first = keys.first().map_or_else(|| self.root.clone(), |key| self.place_of(key));
        let work = move |_first: &Path| {
            let mut changed = BTreeSet::new();
            for key in keys {
                changed.extend(self.unlink(&self.place_of(&key))?);
            }
            changed.iter().try_for_each(|folder| match sync_folder(folder) {
                // Removed since: whoever did so syncs the folder above.
                Err(error) if is_gone(&error) => Ok(()),
                synced => synced,
            })
        };
        blocking(first, work).await
    }

    /// Removes objects, but no folder, and without waiting for the disk.
    pub(crate) async fn tidy_away(self: Arc<Self>, keys: Vec<Key>) -> Result<(), StoreError> {
        let first = keys.first().map_or_else(|| self.root.clone(), |key| self.place_of(key));
        let work = move |_first: &Path| {
            keys.iter().try_for_each(|key| match fs::remove_file(self.place_of(key)) {
                Err(error) if is_gone(&error) => Ok(()),
                removed => removed,
            })
        };
        blocking(first, work).await
    }

    /// The folder that lost an entry, if there was one to lose.
    fn unlink(&self, place: &Path) -> io::Result<Option<PathBuf>> {
        match fs::remove_file(place) {
            Err(error) if is_gone(&error) => return Ok(None),
            removed => removed?,
        }
        let within = |folder: &&Path| *folder != self.root && folder.starts_with(&self.root);
        let above = place.ancestors().skip(1).take_while(within);
        // A folder that is not empty, or that another process removed before us, ends the way up.
        let removed: Vec<&Path> = above.take_while(|folder| fs::remove_dir(folder).is_ok()).collect();
        let mut anchored = locked(&self.anchored)?;
        for folder in &removed {
            anchored.remove(*folder);
        }
        let top_removed = removed.last().copied().unwrap_or(place);
        Ok(Some(top_removed.parent().unwrap_or(&self.root).to_path_buf()))
    }

    /// Bytes that may still be written to the disk that the folder is on.
    pub(crate) fn free_bytes(&self) -> Result<u64, StoreError> {
        let disk_of = rustix::fs::statvfs(&self.root).map_err(|error| disk(&self.root, error.into()))?;
        Ok(disk_of.f_bavail.saturating_mul(disk_of.f_frsize))
    }

    /// Locks the folder itself, so that nothing is left of it.
    pub(crate) async fn lock(self: Arc<Self>) -> Result<File, StoreError> {
        let work = |root: &Path| {
            let root = File::open(root)?;
            root.lock()?;
            Ok(root)
        };
        blocking(self.root.clone(), work).await
    }

    pub(crate) fn place_of(&self, key: &Key) -> PathBuf {
        self.root.join(key.as_ref())
    }

    /// A new file beside the tree, gone when it is dropped.
    pub(crate) fn stage(&self) -> io::Result<Staged> {
        self.stage_with(Staging::file)
    }

    fn stage_with<T>(&self, make: impl Fn(&Staging) -> io::Result<T>) -> io::Result<T> {
        match make(&*self.staging()?) {
            // Somebody cleaned up by hand.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                *locked(&self.staging)? = None;
                make(&*self.staging()?)
            }
            staged => staged,
        }
    }

    fn stage_bytes(&self, bytes: &[u8]) -> io::Result<Staged> {
        let staged = self.stage()?;
        staged.file().write_all(bytes)?;
        Ok(staged)
    }

    /// The same for bytes that are in memory still and that nobody reads from the disk soon.
    pub(crate) fn stage_whole(&self, bytes: &[u8]) -> io::Result<Staged> {
        let staged = self.stage()?;
        direct::write(staged.file(), bytes)?;
        Ok(staged)
    }

    /// This process's staging folder, which is made if need be.
    fn staging(&self) -> io::Result<Arc<Staging>> {
        let mut staging = locked(&self.staging)?;
        let made = match staging.take() {
            Some(made) => made,
            None => Arc::new(Staging::make(&self.root)?),
        };
        Ok(staging.insert(made).clone())
    }

    /// Makes a staged file the object at `place`, durably, unless there is one.
    pub(crate) fn settle_new(&self, staged: Staged, place: &Path) -> io::Result<Created> {
        let created = self.place_new(staged, place)?;
        // Also after "existed": the other writer may not have synced its entry yet.
        self.sync(self.folder_of(place))?;
        Ok(created)
    }

    /// Moves a staged file, whose bytes are on disk then, to its place, unless there is one. Its name is not durable yet.
    fn place_new(&self, staged: Staged, place: &Path) -> io::Result<Created> {
        staged.file().sync_all()?;
        let mut staged = Some(staged);
        self.within(self.folder_of(place), || {
            let file = staged.take().ok_or_else(|| io::Error::other("the staged file is gone"))?;
            file.persist_new(place).map_err(|(error, back)| {
                staged = Some(back);
                error
            })
        })
    }

    fn folder_of<'a>(&'a self, place: &'a Path) -> &'a Path {
        place.parent().unwrap_or(&self.root)
    }

    /// Does what needs `folder`, which is made if it is not there, and again if whoever removed the last object of the
    /// folder removed the folder.
    fn within<T>(&self, folder: &Path, mut work: impl FnMut() -> io::Result<T>) -> io::Result<T> {
        for _ in 0..TRIES_MAX {
            match work() {
                Err(error) if error.kind() == io::ErrorKind::NotFound => self.make_folder(folder)?,
                done => return done,
            }
        }
        work()
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        let mut anchored = locked(&self.anchored)?;
        for missing in folder.ancestors().take_while(|above| !above.is_dir()) {
            anchored.remove(missing);
        }
        drop(anchored);
        fs::create_dir_all(folder)
    }

    /// Syncs `folder`, and those above it up to one whose own entry is known to be on disk: if another process made
    /// them, it may not have synced them yet, and may never.
    fn sync(&self, folder: &Path) -> io::Result<()> {
        let mut folders = Vec::new();
        for above in folder.ancestors().take_while(|above| above.starts_with(&self.root)) {
            folders.push(above.to_path_buf());
            if locked(&self.anchored)?.contains(above) {
                break;
            }
        }
        folders.iter().try_for_each(|folder| sync_folder(folder))?;
        let mut anchored = locked(&self.anchored)?;
        if anchored.len() + folders.len() > ANCHORED_MAX {
            anchored.clear();
        }
        anchored.extend(folders);
        Ok(())
    }
}

fn locked<T>(mutex: &Mutex<T>) -> io::Result<MutexGuard<'_, T>> {
    mutex.lock().map_err(|_| io::Error::other("a writer died"))
}

/// Whether a file cannot get another name on this file system.
pub(crate) fn has_no_links(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied)
}

/// A folder is no object, nor is what would be below one.
pub(crate) fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    // The parent of a relative name of one part is the empty path, which means the current folder.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder)?.sync_all()
}

pub(crate) fn disk(path: &Path, source: io::Error) -> StoreError {
    StoreError::Disk { path: path.into(), source }
}
