//! An object whose bytes come piece by piece: it is not there before it is whole.

use std::io::{self, Write};
use std::path::Path;

use bytes::Bytes;
use object_store::PutMode;
use sha2::{Digest as _, Sha256};
use tokio::task::JoinHandle;

use super::{Created, Store, StoreError, key};
use crate::Digest;
use crate::durable::{DurableFolder, Memory, Staged, blocking, disk};

/// So much is written at once, while what comes next is taken in.
const BATCH_BYTES: usize = 512 << 10;
/// So much may wait for the disk: a large object is on its way there while it comes in, and not all of it at its end.
const UNSYNCED_BYTES_MAX: usize = 4 << 20;
/// What is expected to be no larger stays in memory until it is whole, for whoever looks at it next.
const HELD_BYTES_MAX: usize = 2 << 20;

/// An object that is being written. In a folder the bytes of a large one go to the disk as they come, beside the tree;
/// else they wait in memory. Nobody sees it before [`Draft::create`], and dropping it leaves nothing.
#[derive(Debug)]
pub struct Draft {
    store: Store,
    expected_bytes: u64,
    waiting: Vec<Bytes>,
    waiting_bytes: usize,
    /// What a thread is busy with, and how many bytes that is.
    busy: Option<(JoinHandle<io::Result<Begun>>, usize)>,
    begun: Begun,
    size_bytes: u64,
}

/// What a draft became.
#[derive(Debug)]
pub struct Drafted {
    /// Whether it is an object now; if there was one already, that stayed as it is.
    pub created: Created,
    /// The hash of its bytes.
    pub digest: Digest,
    /// All of its bytes, if it is not larger than what stays in memory anyway.
    pub bytes: Option<Bytes>,
}

/// What is written so far.
#[derive(Debug, Default)]
struct Begun {
    hash: Sha256,
    file: Option<Staged>,
    unsynced_bytes: usize,
}

impl Store {
    /// Begins an object of so many bytes; fewer or more may come.
    #[must_use]
    pub fn draft(&self, expected_bytes: u64) -> Draft {
        Draft {
            store: self.clone(),
            expected_bytes,
            waiting: Vec::new(),
            waiting_bytes: 0,
            busy: None,
            begun: Begun::default(),
            size_bytes: 0,
        }
    }
}

impl Draft {
    /// Bytes so far.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Bytes of it that are in memory.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.waiting_bytes + self.busy.as_ref().map_or(0, |(_, bytes)| *bytes)
    }

    /// Adds bytes at the end. In a folder, returns once what came before is written; it is not durable then.
    ///
    /// # Errors
    /// [`StoreError::Disk`]; the draft is of no use any more then.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), StoreError> {
        self.size_bytes += bytes.len() as u64;
        self.waiting_bytes += bytes.len();
        self.waiting.push(bytes);
        let folder = self.store.folder.clone().filter(|_| self.waiting_bytes >= BATCH_BYTES && !self.is_held());
        let Some(folder) = folder else { return Ok(()) };
        self.rest().await?;
        let (mut begun, batch) = (std::mem::take(&mut self.begun), std::mem::take(&mut self.waiting));
        let busy_bytes = std::mem::take(&mut self.waiting_bytes);
        let work = move || begun.write(&folder, &batch).map(|()| begun);
        self.busy = Some((tokio::task::spawn_blocking(work), busy_bytes));
        Ok(())
    }

    /// Whether it waits in memory until it is whole. That needs no file before, and so of many that come in slowly none
    /// holds a descriptor.
    fn is_held(&self) -> bool {
        self.expected_bytes.max(self.size_bytes) <= HELD_BYTES_MAX as u64
    }

    /// Makes it the object `path`, unless there is one. Durable when this returns.
    ///
    /// # Errors
    /// Those of [`Store::create`].
    pub async fn create(mut self, path: &str) -> Result<Drafted, StoreError> {
        let place = key(path)?;
        self.rest().await?;
        let (is_held, mut begun, batch) = (self.is_held(), self.begun, self.waiting);
        let Some(folder) = self.store.folder.clone() else {
            let whole = joined(&batch);
            let created = self.store.put_with(path, whole.clone(), PutMode::Create).await?;
            return Ok(Drafted { created, digest: Digest::of(&whole), bytes: Some(whole) });
        };
        let at = folder.place_of(&place);
        let work = move |at: &Path| {
            if is_held {
                let whole = joined(&batch);
                let created = folder.settle_new(folder.stage_whole(&whole)?, at)?;
                return Ok(Drafted { created, digest: Digest::of(&whole), bytes: Some(whole) });
            }
            begun.write(&folder, &batch)?;
            let file = begun.file.map_or_else(|| folder.stage(), Ok)?;
            Ok(Drafted { created: folder.settle_new(file, at)?, digest: Digest::finish(begun.hash), bytes: None })
        };
        blocking(at, work).await
    }

    /// Waits until nothing is being written.
    async fn rest(&mut self) -> Result<(), StoreError> {
        let Some((busy, _)) = self.busy.take() else { return Ok(()) };
        let written = busy.await.unwrap_or_else(|stopped| Err(io::Error::other(stopped)));
        self.begun = written.map_err(|source| disk("an unfinished object".as_ref(), source))?;
        Ok(())
    }
}

impl Begun {
    fn write(&mut self, folder: &DurableFolder, batch: &[Bytes]) -> io::Result<()> {
        let file = self.file.take().map_or_else(|| folder.stage(), Ok)?;
        for bytes in batch {
            self.hash.update(bytes);
            file.file().write_all(bytes)?;
            self.unsynced_bytes += bytes.len();
        }
        if self.unsynced_bytes >= UNSYNCED_BYTES_MAX {
            file.file().sync_data()?;
            self.unsynced_bytes = 0;
        }
        self.file = Some(file);
        Ok(())
    }
}

fn joined(batch: &[Bytes]) -> Bytes {
    let mut whole = Memory::of(batch.iter().map(Bytes::len).sum());
    batch.iter().for_each(|bytes| whole.push(bytes));
    Bytes::from_owner(whole)
}
