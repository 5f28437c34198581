//! What a folder has that a bucket has not: an end of its disk, and locks.

use std::fs::File;
use std::io::ErrorKind;

use super::{Store, StoreError};

impl Store {
    /// Whether it is a folder of this machine, and no bucket behind a network.
    #[must_use]
    pub fn is_folder(&self) -> bool {
        self.folder.is_some()
    }

    /// Bytes that may still be written, where that is known: of a folder, those free on its disk.
    ///
    /// # Errors
    /// [`StoreError::Disk`] if the system does not say.
    pub fn free_bytes(&self) -> Result<Option<u64>, StoreError> {
        self.folder.as_ref().map(|folder| folder.free_bytes()).transpose()
    }

    /// Waits until no other process has the lock of the store, and takes it until it is dropped or the process ends; none
    /// for a store that knows no locks.
    ///
    /// # Errors
    /// [`StoreError::Disk`] if the folder cannot be opened or locked.
    pub async fn lock(&self) -> Result<Option<File>, StoreError> {
        match &self.folder {
            Some(folder) => folder.clone().lock().await.map(Some),
            None => Ok(None),
        }
    }
}

impl StoreError {
    /// Whether the disk, or what its owner may use of it, is full: trying again helps once there is room.
    #[must_use]
    pub fn is_full(&self) -> bool {
        let Self::Disk { source, .. } = self else { return false };
        matches!(source.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
    }
}
