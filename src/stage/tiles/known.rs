//! What the tiles that were built last have in common with those to be built.

use std::collections::HashMap;

use waymark_datasets::{Digest, Region, Store};
use waymark_tiles::archive::{Index, PartRef, PartTiles, Reader, RegionRef};
use waymark_tiles::map::Block;

/// Regions and parts by the hash of what they were drawn from. Nothing is lost if it is empty, but time.
#[derive(Default)]
pub struct Known {
    regions: HashMap<(Region, Digest), RegionRef>,
    parts: HashMap<(Block, Digest), (PartRef, PartTiles)>,
}

impl Known {
    /// Of the archive that was written last.
    pub async fn latest(store: &Store) -> anyhow::Result<Self> {
        let read = async {
            let Some(index) = Index::latest(store).await? else { return Ok(None) };
            let archive = Reader::of_index(store, "that was written last", &index).await?;
            Ok::<_, waymark_tiles::Error>(Some((index, archive)))
        };
        let (index, archive) = match read.await {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(Self::default()),
            Err(waymark_tiles::Error::Store(error)) => return Err(error.into()),
            Err(error) => {
                tracing::warn!(%error, "all tiles are built anew");
                return Ok(Self::default());
            }
        };
        let tiles = PartTiles::of_all(&index, &archive);
        let parts = index.parts.into_iter().zip(tiles);
        Ok(Self {
            regions: index.regions.into_iter().map(|region| ((region.region, region.key), region)).collect(),
            parts: parts.map(|(part, tiles)| ((part.block, part.key), (part, tiles))).collect(),
        })
    }

    /// A region that was drawn from the same.
    pub fn region(&self, region: Region, key: Digest) -> Option<RegionRef> {
        self.regions.get(&(region, key)).cloned()
    }

    /// A part that was drawn from the same.
    pub fn part(&self, block: Block, key: Digest) -> Option<(PartRef, PartTiles)> {
        self.parts.get(&(block, key)).cloned()
    }
}
