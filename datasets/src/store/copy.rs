//! A second name for an object, without sending its bytes around.

use std::io::ErrorKind;

use object_store::ObjectStoreExt;

use super::{Created, Store, StoreError, key};
use crate::durable::has_no_links;

impl Store {
    /// Creates the object `to` with the bytes of `from`, unless there is one. In a folder both are one file, so this
    /// costs nothing however large it is; removing either leaves the other. Durable when this returns.
    ///
    /// Only for objects whose key follows from their bytes: a bucket may replace what is there by the same.
    ///
    /// # Errors
    /// [`StoreError::Key`], or [`StoreError::Object`] or [`StoreError::Disk`], also if there is no `from`.
    pub async fn copy_new(&self, from: &str, to: &str) -> Result<Created, StoreError> {
        let (from_key, to_key) = (key(from)?, key(to)?);
        let failed = |source| StoreError::Object { path: to.into(), source };
        let Some(folder) = &self.folder else {
            return self.objects.copy(&from_key, &to_key).await.map(|()| Created::New).map_err(failed);
        };
        match folder.clone().link(from_key, to_key).await {
            // Some file systems have no links.
            Err(StoreError::Disk { source, .. }) if has_no_links(&source) => {
                let bytes = self.get(from).await?;
                let gone = || StoreError::Disk { path: from.into(), source: ErrorKind::NotFound.into() };
                self.create(to, bytes.ok_or_else(gone)?).await
            }
            linked => linked,
        }
    }
}
