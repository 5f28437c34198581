//! Snapshots that were made again without what was erased: the old name leads to the new one.

use serde::{Deserialize, Serialize};

use super::{SnapshotError, differs, json, parse, root_key};
use crate::store::Store;
use crate::{Cell, Digest, Epoch, Octant, UtcMillis};

/// What is left in the place of a snapshot that held something erased. Create-only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moved {
    /// Of this format: 1.
    pub version: u32,
    /// The snapshot that took its place; none if it was dropped.
    pub to: Option<Digest>,
    /// The erasure.
    pub tombstone: Digest,
    /// Of a snapshot that a closed epoch was paid on: when slots were last seen, where the new one says less. By this
    /// the pay of that epoch can still be recomputed; it tells neither who was there nor what was to be seen.
    pub last_seen: Vec<LastSeen>,
}

/// When a slot was last seen in an epoch, before an erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LastSeen {
    /// The epoch.
    pub epoch: Epoch,
    /// H3 cell at resolution 12.
    pub h3_cell: Cell,
    /// The sector of view.
    pub heading_octant: Octant,
    /// When.
    pub last_seen_ms: UtcMillis,
}

impl Moved {
    /// The format that is written.
    pub const VERSION: u32 = 1;
}

/// Where a name leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The snapshot that stands in its place now: itself, unless something of it was erased. None if it was dropped.
    pub id: Option<Digest>,
    /// The moves on the way.
    pub moves: Vec<Moved>,
}

/// No snapshot is rewritten more often than this; a longer way would go in circles.
const MOVES_MAX: usize = 10_000;

fn key(id: Digest) -> String {
    format!("snapshots/moved/{id}.json")
}

/// Notes that snapshot `id` was moved. Its root is to be removed afterwards.
///
/// # Errors
/// [`SnapshotError::Store`].
pub async fn set_moved(store: &Store, id: Digest, moved: &Moved) -> Result<(), SnapshotError> {
    store.create(&key(id), json(moved)).await?;
    Ok(())
}

/// How snapshot `id` was moved; none if it was not.
///
/// # Errors
/// [`SnapshotError`] if the note is damaged or the store fails.
pub async fn moved(store: &Store, id: Digest) -> Result<Option<Moved>, SnapshotError> {
    let key = key(id);
    match store.get(&key).await? {
        None => Ok(None),
        Some(bytes) => parse(&key, &bytes).map(Some),
    }
}

/// The snapshot that stands in the place of `id`, which may be itself, whether it exists or not.
///
/// # Errors
/// [`SnapshotError`] if a note is damaged, the notes go in circles, or the store fails.
pub async fn resolve(store: &Store, id: Digest) -> Result<Resolved, SnapshotError> {
    let mut resolved = Resolved { id: Some(id), moves: Vec::new() };
    while let Some(at) = resolved.id
        && let Some(moved) = moved(store, at).await?
    {
        resolved.id = moved.to;
        resolved.moves.push(moved);
        if resolved.moves.len() > MOVES_MAX {
            return Err(differs(&root_key(id), "was moved in circles"));
        }
    }
    Ok(resolved)
}
