//! How much a store can still take.

use std::io::ErrorKind;

use super::{Store, StoreError};

impl Store {
    /// Bytes that may still be written, where that is known: of a folder, those free on its disk.
    ///
    /// # Errors
    /// [`StoreError::Disk`] if the system does not say.
    pub fn free_bytes(&self) -> Result<Option<u64>, StoreError> {
        self.folder.as_ref().map(|folder| folder.free_bytes()).transpose()
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
