//! Storing takes turns: what is more than the disk can do waits for a moment, and is sent away then, while it is still
//! cheap to do so.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::problem::Problem;

/// Who waits longer would get an answer that nobody waits for any more.
const WAIT_MAX: Duration = Duration::from_millis(500);

/// Turns to store something.
#[derive(Debug)]
pub(super) struct Turns(Arc<Semaphore>);

/// One turn, over when it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    _permit: OwnedSemaphorePermit,
}

impl Turns {
    pub(super) fn new(count: usize) -> Self {
        Self(Arc::new(Semaphore::new(count.max(1))))
    }

    /// A turn for a request that may as well come again later: 503 if there is none in time.
    pub(super) async fn begin(&self) -> Result<Turn, Problem> {
        let turn = timeout(WAIT_MAX, self.wait()).await.ok().flatten();
        turn.ok_or_else(|| Problem::busy("too many requests at once: try again later"))
    }

    /// A turn for a request that has brought its bytes: it is let through, however long that takes.
    pub(super) async fn wait(&self) -> Option<Turn> {
        // Nobody closes the semaphore; if somebody did, everybody might go on.
        self.0.clone().acquire_owned().await.ok().map(|permit| Turn { _permit: permit })
    }
}
