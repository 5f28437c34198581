//! What was read: counted in memory, written to the table `usage` every so often.

use std::collections::{BTreeMap, HashMap};
use std::mem::take;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use waymark_datasets::rows::UsageRow;
use waymark_datasets::table::create_rows;
use waymark_datasets::{Epoch, Partition, Slot, Store, TableError};

/// Which slots of which epochs an answer told of: a handler puts it into the extensions of its answer.
#[derive(Debug, Clone, Default)]
pub struct Reads(pub Arc<[(Epoch, Slot)]>);

/// In the extensions of a request whose reads are counted: then it is worth to look up which slot an image is of.
#[derive(Debug, Clone, Copy)]
pub struct Metered;

/// One row of what was read, but for how often.
type Read = (Epoch, Slot, Arc<str>);

/// Counts reads until they are written.
pub(super) struct Meter {
    rows: Mutex<HashMap<Read, u64>>,
    rows_max: usize,
    lost: AtomicU64,
}

impl Meter {
    pub(super) fn new(rows_max: usize) -> Self {
        Self { rows: Mutex::default(), rows_max, lost: AtomicU64::new(0) }
    }

    /// Counts what `consumer` was told. A row that finds no room is lost, and counted as such.
    pub(super) fn add(&self, consumer: &Arc<str>, reads: &Reads) {
        let mut rows = self.locked();
        for (epoch, slot) in reads.0.iter() {
            let read = (*epoch, *slot, consumer.clone());
            let is_full = rows.len() >= self.rows_max;
            match rows.get_mut(&read) {
                Some(count) => *count += 1,
                None if is_full => {
                    self.lost.fetch_add(1, Ordering::Relaxed);
                }
                None => {
                    rows.insert(read, 1);
                }
            }
        }
    }

    /// Writes what was counted as files `name`, one for each partition. What cannot be written is counted on.
    pub(super) async fn flush(&self, store: &Store, name: &str) -> Result<usize, TableError> {
        let counted = take(&mut *self.locked());
        let mut partitions: BTreeMap<Partition, Vec<UsageRow>> = BTreeMap::new();
        for ((epoch, slot, consumer), reads) in &counted {
            partitions.entry(Partition::of(*epoch, slot.cell.region())).or_default().push(UsageRow {
                h3_cell: slot.cell,
                heading_octant: slot.octant,
                consumer: consumer.to_string(),
                reads: *reads,
            });
        }
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            tracing::warn!(lost, "reads were not counted: access.usage_rows_max is too small");
        }
        let mut written = Vec::new();
        for (at, rows) in &partitions {
            match create_rows(store, *at, name, rows).await {
                Ok(_) => written.push(*at),
                Err(error) => {
                    self.put_back(counted, &written);
                    return Err(error);
                }
            }
        }
        Ok(counted.len())
    }

    fn put_back(&self, counted: HashMap<Read, u64>, written: &[Partition]) {
        let mut rows = self.locked();
        for ((epoch, slot, consumer), reads) in counted {
            if !written.contains(&Partition::of(epoch, slot.cell.region())) {
                *rows.entry((epoch, slot, consumer)).or_default() += reads;
            }
        }
    }

    /// No step under the lock can stop half way.
    fn locked(&self) -> MutexGuard<'_, HashMap<Read, u64>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
