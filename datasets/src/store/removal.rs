//! Removing objects: what is published never is; what only waited to be decided on, is.

use object_store::ObjectStoreExt;
use object_store::path::Path;

use super::{Store, StoreError, key};

impl Store {
    /// Removes the object; nothing to do if there is none. Durable when this returns.
    ///
    /// # Errors
    /// [`StoreError::Key`], [`StoreError::Object`] or [`StoreError::Disk`].
    pub async fn remove(&self, path: &str) -> Result<(), StoreError> {
        self.remove_all(&[path]).await
    }

    /// Removes objects one after the other; those that are not there are passed over. Durable when this returns.
    ///
    /// # Errors
    /// Those of [`Store::remove`]; some objects may be gone then.
    pub async fn remove_all(&self, paths: &[impl AsRef<str>]) -> Result<(), StoreError> {
        let keys = keys(paths)?;
        match &self.folder {
            Some(folder) => folder.clone().remove(keys).await,
            None => self.delete_each(keys).await,
        }
    }

    /// Removes objects like [`Store::remove_all`], but without waiting for the disk: after a power cut they may be there
    /// again. For what is found and removed again then. Folders stay, for the next objects.
    ///
    /// # Errors
    /// Those of [`Store::remove`]; some objects may be gone then.
    pub async fn tidy_away(&self, paths: &[impl AsRef<str>]) -> Result<(), StoreError> {
        let keys = keys(paths)?;
        match &self.folder {
            Some(folder) => folder.clone().tidy_away(keys).await,
            None => self.delete_each(keys).await,
        }
    }

    async fn delete_each(&self, keys: Vec<Path>) -> Result<(), StoreError> {
        for key in keys {
            match self.objects.delete(&key).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(source) => return Err(StoreError::Object { path: key.into(), source }),
            }
        }
        Ok(())
    }

    /// Removes every object below `prefix`, in order of key, and says how many there were. What another writer adds
    /// meanwhile may stay.
    ///
    /// # Errors
    /// Those of [`Store::remove`]; some objects may be gone then.
    pub async fn remove_below(&self, prefix: &str) -> Result<usize, StoreError> {
        let found: Vec<String> = self.list(prefix).await?.into_iter().map(|object| object.path).collect();
        self.remove_all(&found).await?;
        Ok(found.len())
    }
}

fn keys(paths: &[impl AsRef<str>]) -> Result<Vec<Path>, StoreError> {
    paths.iter().map(|path| key(path.as_ref())).collect()
}
