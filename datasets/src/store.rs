//! The bucket: a folder, memory or S3, chosen by URL; every write is whole or not at all.

mod contents;
mod copy;
mod draft;
mod reading;
mod removal;
mod room;

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures::{TryStream, TryStreamExt};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt, PutMode};
use url::Url;

use crate::durable::{self, Again, DurableFolder, STAGING};

pub use contents::{Contents, Opened};
pub use draft::{Draft, Drafted};

/// An object larger than this is refused when read, so that a hostile bucket cannot fill memory.
pub const OBJECT_BYTES_MAX: u64 = 1 << 30;

/// Why the bucket could not do what was asked. Each variant is a decision for the caller.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL names no store that we know.
    #[error("store {url:?}: {reason} (use file:///folder, memory:// or s3://bucket/prefix)")]
    Url {
        /// As given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The folder of a `file://` store is not there.
    #[error("store {0}: there is no such folder")]
    Missing(PathBuf),
    /// The key cannot name an object.
    #[error("object {0:?}: a key is one or more parts of plain ASCII between single slashes")]
    Key(String),
    /// An object is larger than [`OBJECT_BYTES_MAX`].
    #[error("object {path}: {size_bytes} bytes are more than the {OBJECT_BYTES_MAX} that are read at once")]
    TooLarge {
        /// Its key.
        path: String,
        /// Its size.
        size_bytes: u64,
    },
    /// The store failed; trying again later may help.
    #[error("object {path}: {source}")]
    Object {
        /// The key that was asked for.
        path: String,
        /// What the store said.
        source: object_store::Error,
    },
    /// The disk below a `file://` store failed.
    #[error("{path}: {source}")]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Whether a create-only write wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// The object is new.
    New,
    /// There was one already; it was left as it is.
    Existed,
}

/// One object in a listing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectInfo {
    /// Its key, relative to the store.
    pub path: String,
    /// Its size.
    pub size_bytes: u64,
}

/// A bucket. Cheap to clone; clones are the same bucket.
#[derive(Debug, Clone)]
pub struct Store {
    objects: Arc<dyn ObjectStore>,
    /// Writes to a folder go here: `object_store` 0.13 does not sync what it writes to disk.
    folder: Option<Arc<DurableFolder>>,
}

impl Store {
    /// Opens the store at `url`; a text without a scheme is a folder.
    ///
    /// # Errors
    /// [`StoreError::Url`] for an unknown kind, [`StoreError::Missing`] for a folder that is not there.
    pub fn open(url: &str) -> Result<Self, StoreError> {
        match place_of(url)? {
            Place::Folder(folder) if !folder.is_dir() => Err(StoreError::Missing(folder)),
            place => Self::at(place, url),
        }
    }

    /// Opens the store at `url` for writing; makes the folder of a `file://` store if need be.
    ///
    /// # Errors
    /// [`StoreError::Url`] for an unknown kind, [`StoreError::Disk`] if the folder cannot be made.
    pub fn create_at(url: &str) -> Result<Self, StoreError> {
        let place = place_of(url)?;
        if let Place::Folder(folder) = &place {
            durable::make_root(folder, 0o777)?;
        }
        Self::at(place, url)
    }

    /// Like [`Store::create_at`], but a folder that it makes can be entered by its owner alone: for raw footage.
    ///
    /// # Errors
    /// Those of [`Store::create_at`].
    pub fn create_private_at(url: &str) -> Result<Self, StoreError> {
        if let Place::Folder(folder) = place_of(url)? {
            durable::make_root(&folder, 0o700)?;
        }
        Self::create_at(url)
    }

    /// A store that is gone when its last clone is dropped.
    #[must_use]
    pub fn in_memory() -> Self {
        Self { objects: Arc::new(InMemory::new()), folder: None }
    }

    fn at(place: Place, url: &str) -> Result<Self, StoreError> {
        let failed = |source: object_store::Error| StoreError::Url { url: url.into(), reason: source.to_string() };
        match place {
            Place::Memory => Ok(Self::in_memory()),
            Place::Folder(folder) => {
                let objects = Arc::new(LocalFileSystem::new_with_prefix(&folder).map_err(failed)?);
                Ok(Self { objects, folder: Some(Arc::new(DurableFolder::open(&folder)?)) })
            }
            Place::S3(address) => {
                let bucket = AmazonS3Builder::from_env().with_url(address.as_str()).build().map_err(failed)?;
                let prefix = Path::from_url_path(address.path()).map_err(|error| failed(error.into()))?;
                Ok(Self { objects: Arc::new(PrefixStore::new(bucket, prefix)), folder: None })
            }
        }
    }

    /// The whole object; none if there is none, as there is for a key that can name none.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`], or [`StoreError::Object`] or [`StoreError::Disk`] if the store fails.
    pub async fn get(&self, path: &str) -> Result<Option<Bytes>, StoreError> {
        self.get_for(path, Again::Soon).await
    }

    /// The same for an object that is not read again soon: the system need not hold it in memory. What streams through
    /// would otherwise push out what is read often, and each new page costs more than one that is used again.
    ///
    /// # Errors
    /// Those of [`Store::get`].
    pub async fn get_once(&self, path: &str) -> Result<Option<Bytes>, StoreError> {
        self.get_for(path, Again::NotSoon).await
    }

    async fn get_for(&self, path: &str, again: Again) -> Result<Option<Bytes>, StoreError> {
        let failed = |source| StoreError::Object { path: path.into(), source };
        let Ok(key) = key(path) else { return Ok(None) };
        if let Some(folder) = &self.folder {
            return folder.clone().read(key, again).await;
        }
        let found = match self.objects.get(&key).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            found => found.map_err(failed)?,
        };
        if found.meta.size > OBJECT_BYTES_MAX {
            return Err(StoreError::TooLarge { path: path.into(), size_bytes: found.meta.size });
        }
        found.bytes().await.map(Some).map_err(failed)
    }

    /// Writes the whole object; a reader sees the old one or the new one. Durable when this returns.
    ///
    /// # Errors
    /// [`StoreError::Key`], [`StoreError::Object`] or [`StoreError::Disk`]; the old object then still stands.
    pub async fn put(&self, path: &str, bytes: Bytes) -> Result<(), StoreError> {
        match &self.folder {
            Some(folder) => folder.clone().replace(key(path)?, bytes).await,
            None => self.put_with(path, bytes, PutMode::Overwrite).await.map(|_| ()),
        }
    }

    /// Writes the object unless there is one. Of many writers exactly one is told [`Created::New`].
    ///
    /// # Errors
    /// [`StoreError::Key`], [`StoreError::Object`] or [`StoreError::Disk`].
    pub async fn create(&self, path: &str, bytes: Bytes) -> Result<Created, StoreError> {
        match &self.folder {
            Some(folder) => folder.clone().create(key(path)?, bytes).await,
            None => self.put_with(path, bytes, PutMode::Create).await,
        }
    }

    /// Makes an object that has no contents, unless there is one; its name says all. Durable at some time soon: after a
    /// power cut it may not be there. [`Store::tidy_away`] removes it alike.
    ///
    /// # Errors
    /// Those of [`Store::create`].
    pub async fn jot(&self, path: &str) -> Result<(), StoreError> {
        match &self.folder {
            Some(folder) => folder.clone().jot(key(path)?).await,
            None => self.put_with(path, Bytes::new(), PutMode::Create).await.map(|_| ()),
        }
    }

    /// Writes the same bytes as each of some objects, in this order, up to one that is there already; says how many
    /// were written. A file in a folder is written once and gets all these names; where that cannot be, fewer are
    /// written. After a power cut, one in another folder than the one before it is only there if that is.
    ///
    /// # Errors
    /// Those of [`Store::create`]; some objects may be there then.
    pub async fn create_each(&self, paths: &[String], bytes: Bytes) -> Result<usize, StoreError> {
        if let Some(folder) = &self.folder {
            let keys = paths.iter().map(|path| key(path)).collect::<Result<_, _>>()?;
            return folder.clone().create_each(keys, bytes).await;
        }
        for (written, path) in paths.iter().enumerate() {
            if self.put_with(path, bytes.clone(), PutMode::Create).await? == Created::Existed {
                return Ok(written);
            }
        }
        Ok(paths.len())
    }

    async fn put_with(&self, path: &str, bytes: Bytes, mode: PutMode) -> Result<Created, StoreError> {
        match self.objects.put_opts(&key(path)?, bytes.into(), mode.into()).await {
            Ok(_) => Ok(Created::New),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(Created::Existed),
            Err(source) => Err(StoreError::Object { path: path.into(), source }),
        }
    }

    /// Every object below `prefix` (whole path segments; all of them if it is empty), sorted by key.
    ///
    /// # Errors
    /// [`StoreError::Object`] or [`StoreError::Disk`] if the store fails.
    pub async fn list(&self, prefix: &str) -> Result<Vec<ObjectInfo>, StoreError> {
        let mut found = match &self.folder {
            Some(folder) => folder.clone().list(Path::from(prefix)).await?,
            None => {
                let listing = self.objects.list(Some(&Path::from(prefix)));
                listed(listing).await.map_err(|source| StoreError::Object { path: prefix.into(), source })?
            }
        };
        // Unfinished writes, and what strangers left in a folder, are no objects.
        found.retain(|object| key(&object.path).is_ok());
        found.sort();
        Ok(found)
    }
}

async fn listed(
    listing: impl TryStream<Ok = object_store::ObjectMeta, Error = object_store::Error>,
) -> Result<Vec<ObjectInfo>, object_store::Error> {
    let info = |object: object_store::ObjectMeta| ObjectInfo { path: object.location.into(), size_bytes: object.size };
    listing.map_ok(info).try_collect().await
}

/// A key as it stands. What `object_store` would rewrite is refused: two keys must never name one object, nor a
/// listed key another object than it was written under.
fn key(path: &str) -> Result<Path, StoreError> {
    let key = Path::from(path);
    let is_staging = key.parts().next().is_some_and(|first| first.as_ref() == STAGING);
    if key.as_ref() == path && !path.is_empty() && !is_staging { Ok(key) } else { Err(StoreError::Key(path.into())) }
}

enum Place {
    Memory,
    Folder(PathBuf),
    S3(Url),
}

fn place_of(url: &str) -> Result<Place, StoreError> {
    let wrong = |reason: &str| StoreError::Url { url: url.into(), reason: reason.into() };
    if ["file:", "memory:", "s3:"].iter().any(|scheme| url.starts_with(scheme)) && !url.contains("://") {
        return Err(wrong("two slashes are missing after its scheme"));
    }
    if !url.contains("://") {
        return if url.is_empty() { Err(wrong("it is empty")) } else { Ok(Place::Folder(url.into())) };
    }
    let address = Url::parse(url).map_err(|error| wrong(&error.to_string()))?;
    match address.scheme() {
        "memory" => Ok(Place::Memory),
        "file" => address.to_file_path().map(Place::Folder).map_err(|()| wrong("it names no folder of this machine")),
        "s3" => Ok(Place::S3(address)),
        _ => Err(wrong("its scheme is unknown")),
    }
}
