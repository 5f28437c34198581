//! Regions, drawn from their tables when they are needed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use anyhow::Context;
use waymark_datasets::rows::{CoverageRow, FeatureRow, FrameRow};
use waymark_datasets::snapshot::{self, PartRef as PartitionRef};
use waymark_datasets::{Digest, Region, Store, Table};
use waymark_tiles::archive::RegionRef;
use waymark_tiles::map::{self, Block, RegionMap, RegionRows, Summary};
use waymark_tiles::vector::Sheet;

use crate::stage::shelf::Shelf;

/// The tables that the map is drawn from.
const TABLES: [Table; 3] = [Table::Frames, Table::Coverage, Table::Features];
/// Regions are held while they are needed again soon, up to so many things on them: about 300 bytes each.
const HELD_MAX: usize = 4_000_000;

/// Every region of a snapshot.
pub struct Ground<'a> {
    from: &'a Store,
    /// Where what is kept of them goes.
    to: &'a Store,
    regions: BTreeMap<Region, (Digest, Vec<PartitionRef>)>,
    /// Drawn ones, those used last at the end.
    held: VecDeque<(Region, Arc<RegionMap>)>,
}

impl<'a> Ground<'a> {
    /// Regions with the hash of what they are drawn from, and their partitions.
    pub fn of((from, to): (&'a Store, &'a Store), regions: BTreeMap<Region, (Digest, Vec<PartitionRef>)>) -> Self {
        Self { from, to, regions, held: VecDeque::new() }
    }

    /// Every region and the hash of what it is drawn from.
    pub fn keys(&self) -> Vec<(Region, Digest)> {
        self.regions.iter().map(|(region, (key, _))| (*region, *key)).collect()
    }

    /// A region, drawn.
    pub async fn map(&mut self, region: Region) -> anyhow::Result<Arc<RegionMap>> {
        let held = self.held.iter().position(|(held, _)| *held == region).and_then(|at| self.held.remove(at));
        let (_, map) = match held {
            Some(held) => held,
            None => {
                let rows = self.rows(region).await?;
                (region, Arc::new(tokio::task::block_in_place(|| RegionMap::draw(&rows))))
            }
        };
        self.held.push_back((region, map.clone()));
        while self.held.len() > 1 && self.held.iter().map(|(_, map)| map.len()).sum::<usize>() > HELD_MAX {
            self.held.pop_front();
        }
        Ok(map)
    }

    async fn rows(&self, region: Region) -> anyhow::Result<RegionRows> {
        let mut parts = Vec::new();
        for reference in self.regions.get(&region).into_iter().flat_map(|(_, parts)| parts) {
            parts.push(snapshot::tables(self.from, reference).await?);
        }
        let shelf = Shelf::of_snapshot(self.from, &TABLES, parts.iter());
        let mut rows = RegionRows::default();
        for at in shelf.partitions(Table::Frames) {
            rows.frames.extend(shelf.rows(at, |_: &FrameRow| true).await?);
        }
        for at in shelf.partitions(Table::Coverage) {
            rows.coverage.extend(shelf.rows(at, |_: &CoverageRow| true).await?);
        }
        if let Some(last) = shelf.partitions(Table::Features).last() {
            rows.features = shelf.rows(last, |_: &FeatureRow| true).await?;
        }
        Ok(rows)
    }

    /// The layers of a block near the ground.
    pub async fn sheets(&mut self, block: Block, below: &[&RegionRef]) -> anyhow::Result<Vec<Sheet>> {
        let mut maps = Vec::new();
        for region in below {
            maps.push(self.map(region.region).await?);
        }
        Ok(tokio::task::block_in_place(|| map::near(block, &maps.iter().map(Arc::as_ref).collect::<Vec<_>>())))
    }

    /// Keeps what the blocks above need of a region.
    pub async fn keep(&self, key: Digest, summary: &Summary) -> anyhow::Result<()> {
        self.to.create(&summary_key(key), serde_json::to_vec(summary)?.into()).await?;
        Ok(())
    }

    /// What the blocks above need of a region.
    pub async fn summary(&self, region: &RegionRef) -> anyhow::Result<Summary> {
        let key = summary_key(region.key);
        let bytes = self.to.get(&key).await?.with_context(|| format!("{key}: is missing"))?;
        serde_json::from_slice(&bytes).with_context(|| key)
    }
}

fn summary_key(key: Digest) -> String {
    format!("tiles/regions/{key}.json")
}
