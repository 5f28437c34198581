//! The tables of a snapshot, region by region.

use std::collections::{BTreeMap, BTreeSet};

use waymark_datasets::snapshot;
use waymark_datasets::table::Row;
use waymark_datasets::{Digest, Epoch, Region, Store, Table};

use crate::stage::shelf::Shelf;

/// The tables with a position.
const TABLES: [Table; 3] = [Table::Frames, Table::Coverage, Table::Features];

/// One snapshot.
pub struct Tables<'a> {
    shelves: BTreeMap<Region, Shelf<'a>>,
}

impl<'a> Tables<'a> {
    /// What snapshot `id` names.
    pub async fn of(store: &'a Store, id: Digest) -> anyhow::Result<Self> {
        let mut parts: BTreeMap<Region, Vec<snapshot::Part>> = BTreeMap::new();
        for reference in snapshot::root(store, id).await?.parts {
            if let Some(region) = reference.region {
                parts.entry(region).or_default().push(snapshot::tables(store, &reference).await?);
            }
        }
        let shelf = |parts: Vec<snapshot::Part>| Shelf::of_snapshot(store, &TABLES, parts.iter());
        Ok(Self { shelves: parts.into_iter().map(|(region, parts)| (region, shelf(parts))).collect() })
    }

    /// All regions, in order.
    pub fn regions(&self) -> BTreeSet<Region> {
        self.shelves.keys().copied().collect()
    }

    /// The rows of a region over all epochs.
    pub async fn rows<R: Row>(&self, region: Region) -> anyhow::Result<Vec<(Option<Epoch>, R)>> {
        let mut rows = Vec::new();
        let Some(shelf) = self.shelves.get(&region) else { return Ok(rows) };
        for at in shelf.partitions(R::TABLE) {
            let read: Vec<R> = shelf.rows(at, |_| true).await?;
            rows.extend(read.into_iter().map(|row| (at.epoch, row)));
        }
        Ok(rows)
    }
}
