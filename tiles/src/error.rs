//! Why something of ours failed.

use waymark_datasets::snapshot::SnapshotError;
use waymark_datasets::{StoreError, TableError};

/// Why coverage, tiles or an archive could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A table is damaged, or what came out does not fit it.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The bucket failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A snapshot is not what it says.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// An archive of tiles is damaged, or is none.
    #[error("archive {name}: {problem}")]
    Archive {
        /// Which.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
}
