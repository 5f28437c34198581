//! Removing objects: what is published never is; what only waited to be decided on, is.

use object_store::ObjectStoreExt;

use super::{Store, StoreError, key};

impl Store {
    /// Removes the object; nothing to do if there is none. Durable when this returns.
    ///
    /// # Errors
    /// [`StoreError::Key`], [`StoreError::Object`] or [`StoreError::Disk`].
    pub async fn remove(&self, path: &str) -> Result<(), StoreError> {
        let key = key(path)?;
        if let Some(folder) = &self.folder {
            return folder.clone().remove(vec![key]).await;
        }
        match self.objects.delete(&key).await {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            removed => removed.map_err(|source| StoreError::Object { path: path.into(), source }),
        }
    }

    /// Removes every object below `prefix`, in order of key, and says how many there were. What another writer adds
    /// meanwhile may stay.
    ///
    /// # Errors
    /// Those of [`Store::remove`]; some objects may be gone then.
    pub async fn remove_below(&self, prefix: &str) -> Result<usize, StoreError> {
        let found = self.list(prefix).await?;
        if let Some(folder) = &self.folder {
            let keys: Result<Vec<_>, _> = found.iter().map(|object| key(&object.path)).collect();
            folder.clone().remove(keys?).await?;
            return Ok(found.len());
        }
        for object in &found {
            self.remove(&object.path).await?;
        }
        Ok(found.len())
    }
}
