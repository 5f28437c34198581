//! Uploading what is in the queue.

use std::sync::Arc;

use tokio::sync::Notify;
use waymark_datasets::Reason;

use super::state::State;
use super::{Event, Tell};
use crate::client::{Backoff, Remote, Sent};
use crate::progress;

/// Sends bundles to a server, one after the other.
pub struct Sender<'a> {
    remote: Remote<'a>,
    state: Arc<State>,
    tell: Tell,
}

/// What the driver or the server's people can mend, so that the same bundle is taken later.
const MENDABLE: [Reason; 3] = [Reason::DeviceUnknown, Reason::CaptureInFuture, Reason::MediaMismatch];

impl<'a> Sender<'a> {
    /// Sends the queue of `state`.
    pub fn new(remote: Remote<'a>, state: Arc<State>, tell: Tell) -> Self {
        Self { remote, state, tell }
    }

    /// Sends everything that waits, and says whether all of it landed.
    pub async fn send_all(&mut self) -> anyhow::Result<bool> {
        let mut all_landed = true;
        for name in self.state.waiting()? {
            all_landed &= matches!(self.send(&name).await?, Outcome::Landed);
        }
        Ok(all_landed)
    }

    /// Sends what waits, and whatever is told to be there as well; after a failure it waits, longer each time.
    pub async fn send_for_ever(&mut self, more: &Notify) -> anyhow::Result<()> {
        let mut backoff = Backoff::new(u32::MAX);
        loop {
            let waiting = self.state.waiting()?;
            if waiting.is_empty() {
                more.notified().await;
            }
            let mut has_failed = false;
            for name in waiting {
                match self.send(&name).await? {
                    Outcome::Landed => backoff = Backoff::new(u32::MAX),
                    Outcome::Refused => {}
                    Outcome::Failed => has_failed = true,
                }
            }
            if has_failed {
                backoff.wait(None).await?;
            }
        }
    }

    async fn send(&self, name: &str) -> anyhow::Result<Outcome> {
        let bundle = self.state.waiting_bundle(name);
        let bar = progress::bytes("upload");
        let sent = self.remote.send(&bundle, &bar).await;
        bar.finish_and_clear();
        let (event, outcome) = match sent {
            Ok(Sent::Landed { receipt, .. }) => {
                let receipt = self.state.landed(name, &receipt)?;
                (Event::Landed { bundle: name.into(), receipt }, Outcome::Landed)
            }
            Ok(Sent::Refused(rejection)) if MENDABLE.contains(&rejection.reason) => {
                (Event::Failed { what: name.into(), why: rejection.to_string() }, Outcome::Failed)
            }
            Ok(Sent::Refused(rejection)) => {
                let why = rejection.to_string();
                self.state.refused(name, &why)?;
                (Event::Refused { bundle: name.into(), why }, Outcome::Refused)
            }
            Err(error) => (Event::Failed { what: name.into(), why: format!("{error:#}") }, Outcome::Failed),
        };
        (self.tell)(event);
        Ok(outcome)
    }
}

enum Outcome {
    Landed,
    Refused,
    /// It stays in the queue.
    Failed,
}
