//! Reading what lies in a folder.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path as Key;
use walkdir::WalkDir;

use super::{DurableFolder, blocking, is_gone, read_whole};
use crate::store::{OBJECT_BYTES_MAX, ObjectInfo, StoreError};

impl DurableFolder {
    /// The whole object; none if there is none.
    pub(crate) async fn read(self: Arc<Self>, key: Key, again: Again) -> Result<Option<Bytes>, StoreError> {
        match blocking(self.place_of(&key), move |place| read(place, again)).await? {
            Found::Nothing => Ok(None),
            Found::Whole(bytes) => Ok(Some(bytes)),
            Found::TooLarge(size_bytes) => Err(StoreError::TooLarge { path: key.into(), size_bytes }),
        }
    }

    /// The files below a folder, in any order, and what is in their place that can be no object.
    pub(crate) async fn list(self: Arc<Self>, below: Key) -> Result<Vec<ObjectInfo>, StoreError> {
        blocking(self.place_of(&below), move |folder| list(&self.root, folder)).await
    }

    /// The files directly in a folder whose names begin with `name`, in any order.
    pub(crate) async fn list_named(self: Arc<Self>, within: Key, name: String) -> Result<Vec<ObjectInfo>, StoreError> {
        blocking(self.place_of(&within), move |folder| list_named(&self.root, folder, &name)).await
    }
}

/// Whether an object is read again soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    Soon,
    NotSoon,
}

enum Found {
    Nothing,
    Whole(Bytes),
    TooLarge(u64),
}

fn read(place: &Path, again: Again) -> io::Result<Found> {
    match open(place)? {
        None => Ok(Found::Nothing),
        Some((_, size_bytes)) if size_bytes > OBJECT_BYTES_MAX => Ok(Found::TooLarge(size_bytes)),
        Some((file, size_bytes)) => {
            let whole = read_whole(&file, size_bytes)?;
            if again == Again::NotSoon {
                give_back(&file)?;
            }
            Ok(Found::Whole(whole))
        }
    }
}

/// Gives back the memory that the system holds a file in; on other systems it is left to them when.
fn give_back(file: &File) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed)?;
    Ok(())
}

/// The file of an object and its size, if it is there.
pub(crate) fn open(place: &Path) -> io::Result<Option<(File, u64)>> {
    let file = match File::open(place) {
        Err(error) if is_gone(&error) => return Ok(None),
        file => file?,
    };
    let metadata = file.metadata()?;
    Ok(metadata.is_file().then_some((file, metadata.len())))
}

fn list(root: &Path, folder: &Path) -> io::Result<Vec<ObjectInfo>> {
    let mut found = Vec::new();
    for entry in WalkDir::new(folder).min_depth(1).follow_links(true) {
        match entry.map_err(io::Error::from) {
            // It was removed while we looked, or is a link to nothing.
            Err(error) if is_gone(&error) => {}
            Ok(entry) if entry.file_type().is_dir() => {}
            entry => found.extend(info(root, entry?.path())?),
        }
    }
    Ok(found)
}

fn list_named(root: &Path, folder: &Path, name: &str) -> io::Result<Vec<ObjectInfo>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if is_gone(&error) => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(|entry| entry.starts_with(name)) {
            found.extend(info(root, &entry.path())?);
        }
    }
    Ok(found)
}

/// What a listing says of a file; nothing of what is none, or is gone by now.
fn info(root: &Path, place: &Path) -> io::Result<Option<ObjectInfo>> {
    let metadata = match fs::metadata(place) {
        Err(error) if is_gone(&error) => return Ok(None),
        metadata => metadata?,
    };
    let path = place.strip_prefix(root).ok().and_then(Path::to_str);
    let path = path.filter(|_| metadata.is_file());
    Ok(path.map(|path| ObjectInfo { path: path.into(), size_bytes: metadata.len() }))
}
