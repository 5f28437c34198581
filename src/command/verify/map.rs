//! The map of a snapshot, drawn anew.

use anyhow::Context;
use waymark_datasets::{Digest, Store};
use waymark_tiles::archive::{Index, LATEST};

use super::compare;
use crate::stage::tiles::{Known, redraw};

/// Draws the map of a snapshot from its tables alone and compares every object; says how many there were. A snapshot
/// may have no map.
pub(super) async fn verify(store: &Store, id: Digest) -> anyhow::Result<usize> {
    if Index::read(store, id).await?.is_none() {
        return Ok(0);
    }
    let drawn = Store::in_memory();
    redraw((store, &drawn), id, &Known::default()).await?;
    let objects: Vec<_> = drawn.list("tiles").await?.into_iter().filter(|object| object.path != LATEST).collect();
    for object in &objects {
        let recomputed = drawn.get(&object.path).await?.unwrap_or_default();
        let found = store.get(&object.path).await?.with_context(|| format!("{}: is missing", object.path))?;
        compare(&object.path, Digest::of(&found), &recomputed, &found)?;
    }
    Ok(objects.len())
}
