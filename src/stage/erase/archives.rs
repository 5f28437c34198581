//! Tiles of snapshots that were moved, and what tiles name.

use std::collections::BTreeSet;

use anyhow::Context;
use bytes::Bytes;
use waymark_datasets::{Digest, Store};
use waymark_tiles::archive::{Encoding, Index, Reader, TileCoord, index_key, unpack};

use super::check;

/// Where the parts of archives lie.
pub const PARTS: &str = "tiles/parts/";

/// Removes the tiles of a snapshot that no other one has, and its index last.
pub async fn remove(store: &Store, snapshot: Digest) -> anyhow::Result<()> {
    let Some(index) = Index::read(store, snapshot).await? else { return Ok(()) };
    let mut others = BTreeSet::new();
    for object in store.list("tiles").await? {
        let name = object.path.strip_prefix("tiles/").and_then(|name| name.strip_suffix(".json"));
        let Some(other) = name.and_then(|name| name.parse().ok()).filter(|other| *other != snapshot) else { continue };
        let other = Index::read(store, other).await?;
        others.extend(other.into_iter().flat_map(|other| other.parts).map(|part| part.object()));
    }
    for part in index.parts.iter().map(|part| part.object()).filter(|part| !others.contains(part)) {
        store.remove(&part).await?;
    }
    Ok(store.remove(&index_key(snapshot)).await?)
}

/// Whether a tile of a part holds one of `names`.
pub async fn names_any(path: &str, part: Bytes, names: &BTreeSet<String>) -> anyhow::Result<bool> {
    let archive = Reader::of_bytes(path, part).await?;
    for id in archive.tile_ids() {
        let Some(tile) = archive.tile(TileCoord::from(id)).await? else { continue };
        let is_named = match tile.encoding {
            Encoding::Identity => check::names_any(&tile.bytes, names),
            Encoding::Gzip => {
                let unpacked = unpack(&tile.bytes).map_err(anyhow::Error::msg).with_context(|| path.to_owned())?;
                check::names_any(&unpacked, names)
            }
        };
        if is_named {
            return Ok(true);
        }
    }
    Ok(false)
}
