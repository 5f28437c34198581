//! The snapshots that were ever published.

use super::SnapshotError;
use crate::store::Store;
use crate::{Digest, UtcMillis};

/// Every snapshot in the bucket and when its root was written, earliest first.
///
/// # Errors
/// [`SnapshotError::Store`] if the store fails.
pub async fn history(store: &Store) -> Result<Vec<(Digest, UtcMillis)>, SnapshotError> {
    let root = |path: &str| path.strip_prefix("snapshots/")?.strip_suffix(".json")?.parse().ok();
    let found = store.children("snapshots").await?;
    let mut found: Vec<(Digest, UtcMillis)> =
        found.iter().filter_map(|(object, at)| root(&object.path).map(|id| (id, *at))).collect();
    found.sort_by_key(|(id, at)| (*at, *id));
    Ok(found)
}
