//! Where work waits for the disk.

use std::cell::Cell;
use std::io;
use std::path::{Path, PathBuf};

use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use super::disk;
use crate::store::StoreError;

thread_local! {
    /// Whether this thread does one piece of work alone, which may wait for the disk here.
    static MAY_WAIT: Cell<bool> = const { Cell::new(false) };
}

/// Does work of many small steps on one thread, which may wait for the disk: there a step that reads or writes a folder
/// is done on the spot. Elsewhere each of them goes to another thread and back, which costs more than most steps.
///
/// # Errors
/// If the work panics.
pub async fn on_one_thread<T: Send + 'static>(work: impl AsyncFnOnce() -> T + Send + 'static) -> io::Result<T> {
    let runtime = Handle::current();
    let work = move || {
        let _waiting = Waiting::begin();
        runtime.block_on(work())
    };
    spawn_blocking(work).await.map_err(io::Error::other)
}

/// Runs what waits for the disk where that keeps nobody else waiting; an error names `place`.
pub(crate) async fn blocking<T: Send + 'static>(
    place: PathBuf,
    work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    let failed_at = place.clone();
    let done = if MAY_WAIT.get() {
        work(&place)
    } else {
        spawn_blocking(move || work(&place)).await.unwrap_or_else(|stopped| Err(io::Error::other(stopped)))
    };
    done.map_err(|source| disk(&failed_at, source))
}

/// Ends with the work, also if that panics: the thread is lent to others then.
struct Waiting;

impl Waiting {
    fn begin() -> Self {
        MAY_WAIT.set(true);
        Self
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        MAY_WAIT.set(false);
    }
}
