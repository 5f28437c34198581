//! Clips processed as they land: bounded, one after the other, in the background.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tracing::Instrument;
use waymark_datasets::{ClipId, Store, erasure};
use waymark_ingest::http::Counters;
use waymark_ingest::landed;
use waymark_ingest::plausible::TrustSettings;

use crate::stage::hand::{Hand, Task, Worked};
use crate::stage::process::record;
use crate::stage::publish::{Renewed, renew};

/// Clips that wait to be processed, in the order in which they landed. What is lost with the process is found again:
/// a clip that landed and has no record waits.
#[derive(Default)]
pub struct Line {
    waiting: Mutex<Waiting>,
    changed: Notify,
}

#[derive(Default)]
struct Waiting {
    clips: VecDeque<(ClipId, u32)>,
    /// Clips that failed too often to be tried again before the next start.
    given_up: Vec<ClipId>,
    is_closed: bool,
    is_cut_short: bool,
}

/// A clip is tried so often; what fails is ours, and logged.
const TRIES_MAX: u32 = 3;
/// Before a clip is tried again.
const TRY_PAUSE: Duration = Duration::from_secs(2);
/// While clips keep coming, what is new is published after so many.
const CLIPS_PER_SNAPSHOT: u32 = 8;

impl Line {
    /// Adds a clip at the end, unless it waits already or was given up.
    pub fn add(&self, clip_id: ClipId) {
        let mut waiting = self.locked();
        let is_known = waiting.clips.iter().any(|(waits, _)| *waits == clip_id) || waiting.given_up.contains(&clip_id);
        if !is_known {
            waiting.clips.push_back((clip_id, 0));
        }
        drop(waiting);
        self.changed.notify_one();
    }

    /// Adds every clip that landed and has no record.
    pub async fn add_unprocessed(&self, store: &Store, inbox: &Store) -> anyhow::Result<()> {
        for clip_id in landed::list(inbox).await? {
            if record(store, clip_id).await?.is_none() && erasure::of_clip(store, clip_id).await?.is_none() {
                self.add(clip_id);
            }
        }
        Ok(())
    }

    /// How many wait, the one at hand included.
    pub fn len(&self) -> usize {
        self.locked().clips.len()
    }

    /// Lets the worker end after the clip at hand.
    pub fn close(&self) {
        self.locked().is_closed = true;
        self.changed.notify_one();
    }

    /// Gives up the clip at hand, too: it is begun again by the next process.
    pub fn cut_short(&self) {
        self.locked().is_cut_short = true;
        self.close();
    }

    /// Resolves once the clip at hand is given up, too.
    async fn cut(&self) {
        loop {
            let changed = self.changed.notified();
            if self.is_cut_short() {
                return;
            }
            changed.await;
        }
    }

    fn is_cut_short(&self) -> bool {
        self.locked().is_cut_short
    }

    /// The first in line, which stays there while it is worked on; none once the line is closed.
    async fn first(&self) -> Option<(ClipId, u32)> {
        loop {
            let changed = self.changed.notified();
            {
                let waiting = self.locked();
                if waiting.is_closed {
                    return None;
                }
                if let Some(first) = waiting.clips.front() {
                    return Some(*first);
                }
            }
            changed.await;
        }
    }

    fn done(&self, clip_id: ClipId) {
        self.locked().clips.retain(|(waits, _)| *waits != clip_id);
    }

    /// Moves a clip that failed to the end, or out of the line.
    fn failed(&self, clip_id: ClipId, tries: u32) {
        let mut waiting = self.locked();
        waiting.clips.retain(|(waits, _)| *waits != clip_id);
        if tries < TRIES_MAX {
            waiting.clips.push_back((clip_id, tries));
        } else {
            waiting.given_up.push(clip_id);
        }
    }

    /// No step under the lock can stop half way.
    fn locked(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever works on the line.
pub struct Worker {
    /// Where frames are published.
    pub store: Store,
    /// How far clips are believed.
    pub trust: TrustSettings,
    /// The process that processes clips.
    pub hand: Hand,
    /// What to work on.
    pub line: Arc<Line>,
    /// Where it is counted how long it took.
    pub counters: Arc<Counters>,
}

impl Worker {
    /// Processes clips until the line is closed, and publishes what is new whenever nobody waits.
    pub async fn work(mut self) {
        let mut unpublished = 0;
        while let Some((clip_id, tries)) = self.line.first().await {
            let span = tracing::info_span!("process", %clip_id);
            match self.process(clip_id, tries).instrument(span).await {
                Ok(()) => {
                    self.line.done(clip_id);
                    unpublished += 1;
                }
                Err(_) if self.line.is_cut_short() => {
                    tracing::info!(%clip_id, "a clip is left for the next start");
                    return;
                }
                Err(error) => {
                    self.counters.failed();
                    tracing::error!(%clip_id, tries, error = format!("{error:#}"), "a clip could not be processed");
                    self.line.failed(clip_id, tries + 1);
                    tokio::time::sleep(TRY_PAUSE).await;
                }
            }
            if unpublished > 0 && (self.line.len() == 0 || unpublished >= CLIPS_PER_SNAPSHOT) {
                match self.publish().await {
                    Ok(()) => unpublished = 0,
                    // The next clip, or the next start, publishes it too.
                    Err(error) => tracing::error!(error = format!("{error:#}"), "nothing could be published"),
                }
            }
        }
    }

    /// Has the clip processed; one that processes die of, each time, is refused for it.
    async fn process(&mut self, clip_id: ClipId, tries: u32) -> anyhow::Result<()> {
        let begun = Instant::now();
        let mut task = Task { clip: clip_id, refuse: None };
        let mut worked = self.work_on(&task).await?;
        if let Worked::Died(how) = &worked
            && tries + 1 >= TRIES_MAX
        {
            tracing::error!(%clip_id, how, "a clip is refused that nobody lives to process");
            task.refuse = Some(format!("{TRIES_MAX} processes in a row did not live to its end; of the last: {how}"));
            worked = self.work_on(&task).await?;
        }
        match worked {
            Worked::Done(frames) => {
                let took = begun.elapsed();
                self.counters.processed(took);
                tracing::info!(%clip_id, frames, seconds = took.as_secs_f64(), "clip processed");
                Ok(())
            }
            Worked::Failed(error) | Worked::Died(error) => Err(anyhow::anyhow!(error)),
        }
    }

    /// An error when there is no process to do it, or no time: the process is ended then.
    async fn work_on(&mut self, task: &Task) -> anyhow::Result<Worked> {
        tokio::select! {
            worked = self.hand.work(task) => worked,
            () = self.line.cut() => Err(anyhow::anyhow!("stopped on the way")),
        }
    }

    #[tracing::instrument(skip_all, name = "publish")]
    async fn publish(&self) -> anyhow::Result<()> {
        let begun = Instant::now();
        let Renewed { judged, covered, mapped, snapshot, tiles } = renew(&self.store, &self.trust).await?;
        let took = begun.elapsed();
        self.counters.published(took);
        let (drawn, seconds) = (tiles.parts, took.as_secs_f64());
        tracing::info!(judged, covered, mapped, drawn, %snapshot, seconds, "snapshot published");
        Ok(())
    }
}
