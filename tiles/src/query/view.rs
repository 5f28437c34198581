//! One snapshot, opened.

use geo::Rect;
use tokio::sync::OnceCell;
use waymark_datasets::snapshot::{PartRef, SnapshotError, root};
use waymark_datasets::{Digest, Epoch, Region, Store};

use super::area::bounds_of_cell;
use super::index::Index;

/// A snapshot: which partitions it has. What is in them is read when it is asked for.
#[derive(Debug, Default)]
pub struct View {
    /// Its id; none before anything was published.
    pub id: Option<Digest>,
    parts: Vec<Held>,
    pub(super) index: OnceCell<Index>,
}

/// A partition of a snapshot that has a place.
#[derive(Debug, Clone)]
pub struct Held {
    /// By capture time.
    pub epoch: Epoch,
    /// By position.
    pub region: Region,
    /// What the snapshot says of it.
    pub reference: PartRef,
    /// Boxes that hold all that is in it.
    pub(super) bounds: Vec<Rect>,
}

impl View {
    /// Opens snapshot `id`.
    ///
    /// # Errors
    /// [`SnapshotError::Differs`] if there is no such snapshot, or it is damaged.
    pub async fn open(store: &Store, id: Digest) -> Result<Self, SnapshotError> {
        let held = |reference: PartRef| {
            let (epoch, region) = (reference.epoch?, reference.region?);
            Some(Held { epoch, region, bounds: bounds_of_cell(region.index()), reference })
        };
        let parts = root(store, id).await?.parts.into_iter().filter_map(held).collect();
        Ok(Self { id: Some(id), parts, index: OnceCell::new() })
    }

    /// Its partitions, in order of epoch and region.
    #[must_use]
    pub fn parts(&self) -> &[Held] {
        &self.parts
    }

    /// The first and the last epoch of which it has anything.
    #[must_use]
    pub fn epochs(&self) -> Option<(Epoch, Epoch)> {
        let epochs = || self.parts.iter().map(|part| part.epoch);
        Some((epochs().min()?, epochs().max()?))
    }

    /// West, south, east and north of its regions, in degrees; none if it has none.
    #[must_use]
    pub fn extent(&self) -> Option<[f64; 4]> {
        let bounds = self.parts.iter().flat_map(|part| &part.bounds).copied();
        let all = bounds.reduce(|a, b| {
            let (low, high) = (
                (a.min().x.min(b.min().x), a.min().y.min(b.min().y)),
                (a.max().x.max(b.max().x), a.max().y.max(b.max().y)),
            );
            Rect::new(low, high)
        })?;
        Some([all.min().x, all.min().y.max(-90.0), all.max().x, all.max().y.min(90.0)])
    }
}
