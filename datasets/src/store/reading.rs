//! Parts of objects, and what lies directly below a prefix: for readers of large objects and of long lists.

use std::ops::Range;

use bytes::Bytes;
use object_store::ObjectStoreExt;
use object_store::path::Path;

use super::{ObjectInfo, Store, StoreError, key, listed};
use crate::UtcMillis;

impl Store {
    /// How large the object is; none if there is none, as there is for a key that can name none.
    ///
    /// # Errors
    /// [`StoreError::Object`] if the store fails.
    pub async fn size_bytes(&self, path: &str) -> Result<Option<u64>, StoreError> {
        let Ok(key) = key(path) else { return Ok(None) };
        match self.objects.head(&key).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(StoreError::Object { path: path.into(), source }),
        }
    }

    /// The bytes in `range`, cut at the end of the object; none if there is no such object.
    ///
    /// # Errors
    /// [`StoreError::Object`] if the store fails or the range begins behind the end.
    pub async fn get_range(&self, path: &str, range: Range<u64>) -> Result<Option<Bytes>, StoreError> {
        let Ok(key) = key(path) else { return Ok(None) };
        if range.is_empty() {
            return Ok(self.size_bytes(path).await?.map(|_| Bytes::new()));
        }
        match self.objects.get_range(&key, range).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(StoreError::Object { path: path.into(), source }),
        }
    }

    /// The objects directly below the folder `prefix` whose names begin with `name`, sorted by key.
    ///
    /// # Errors
    /// [`StoreError::Object`] or [`StoreError::Disk`] if the store fails.
    pub async fn list_named(&self, prefix: &str, name: &str) -> Result<Vec<ObjectInfo>, StoreError> {
        let begins = format!("{prefix}/{name}");
        let mut found = match &self.folder {
            Some(folder) => folder.clone().list_named(Path::from(prefix), name.into()).await?,
            None => {
                let listing = self.objects.list_with_offset(Some(&Path::from(prefix)), &Path::from(begins.as_str()));
                listed(listing).await.map_err(|source| StoreError::Object { path: prefix.into(), source })?
            }
        };
        let is_named = |path: &str| path.strip_prefix(&begins).is_some_and(|rest| !rest.contains('/'));
        found.retain(|object| key(&object.path).is_ok() && is_named(&object.path));
        found.sort();
        Ok(found)
    }

    /// The objects directly below `prefix` and when each was written, sorted by key; what lies deeper is not listed.
    ///
    /// # Errors
    /// [`StoreError::Object`] if the store fails.
    pub async fn children(&self, prefix: &str) -> Result<Vec<(ObjectInfo, UtcMillis)>, StoreError> {
        let listing = self.objects.list_with_delimiter(Some(&Path::from(prefix))).await;
        let listing = listing.map_err(|source| StoreError::Object { path: prefix.into(), source })?;
        let info = |object: object_store::ObjectMeta| {
            let written_at = UtcMillis::try_from(object.last_modified.timestamp_millis()).unwrap_or(UtcMillis::MIN);
            (ObjectInfo { path: object.location.into(), size_bytes: object.size }, written_at)
        };
        let mut found: Vec<_> = listing.objects.into_iter().map(info).collect();
        found.retain(|(object, _)| key(&object.path).is_ok());
        found.sort();
        Ok(found)
    }
}
