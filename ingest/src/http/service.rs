//! What all handlers share.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Semaphore, watch};
use tokio::time::Instant;
use tracing::Instrument as _;
use waymark_datasets::{ClipId, MediaFacts, Rejection, Store, UtcMillis, on_one_thread};

use super::counters::Counters;
use super::limits::Limits;
use super::problem::Problem;
use super::settings::ServeSettings;
use super::turns::Turns;
use crate::admit::{Admission, AdmitContext};
use crate::denylist::{self, Denylist};
use crate::error::Error;
use crate::quota;
use crate::receipt::ServerKey;
use crate::registry::Rules;
use crate::settings::AdmitSettings;
use crate::upload::settle::settle;
use crate::upload::sweep::sweep;
use crate::upload::whole::{Fresh, Knowledge, Whole};
use crate::upload::{self, Upload, parts};

/// Where the endpoint reads and writes.
#[derive(Debug, Clone)]
pub struct Buckets {
    /// Registry and verdicts.
    pub store: Store,
    /// Raw media, and clips on their way.
    pub inbox: Store,
}

type ProbeFn = dyn Fn(&str, &bytes::Bytes) -> Result<MediaFacts, Rejection> + Send + Sync;

/// What the roof lends.
#[derive(Clone)]
pub struct Hooks {
    /// The clock.
    pub clock: Arc<dyn Fn() -> UtcMillis + Send + Sync>,
    /// Reads the headers of stills and videos.
    pub probe: Arc<ProbeFn>,
    /// Told of each clip that landed, once or more often.
    pub landed: Arc<dyn Fn(ClipId) + Send + Sync>,
    /// How many clips landed and are not processed.
    pub backlog: Arc<dyn Fn() -> usize + Send + Sync>,
}

/// The endpoint's state: what it could not rebuild from the buckets is not worth keeping.
pub struct Service {
    pub(super) buckets: Buckets,
    pub(super) admission: AdmitSettings,
    pub(super) settings: ServeSettings,
    pub(super) hooks: Hooks,
    pub(super) key: ServerKey,
    /// The address that tokens must be made for, without a path.
    pub(super) public_url: String,
    pub(super) counters: Arc<Counters>,
    pub(super) limits: Limits,
    /// KiB that may be held in memory.
    pub(super) buffer: Arc<Semaphore>,
    /// The denylist as it was read last, and when. Kept for a few seconds.
    denylist: Mutex<Option<(Instant, Arc<Denylist>)>>,
    /// Turns to read an epoch's statements, which take memory.
    pub(super) statements: Semaphore,
    /// To store something.
    pub(super) turns: Turns,
    /// Files that were hashed as they came.
    pub(super) whole: Whole,
    decisions: Arc<Semaphore>,
    /// KiB of media that may be in memory to be decided on.
    decision_memory: Arc<Semaphore>,
    closing: watch::Sender<bool>,
}

impl Service {
    /// Makes the state; `rules` are those of admission and of the endpoint.
    ///
    /// # Errors
    /// [`Error::Key`], [`Error::Random`] or [`Error::Store`] if the server's key can be neither read nor made.
    pub async fn new(
        buckets: Buckets,
        (admission, settings): (AdmitSettings, ServeSettings),
        public_url: &str,
        hooks: Hooks,
    ) -> Result<Self, Error> {
        let key = ServerKey::load_or_create(&buckets.inbox).await?;
        // From now on a store without a denylist is one that lost it.
        match denylist::begin(&buckets.store, &key, (hooks.clock)()).await {
            // What is on its way goes on; no clip is taken or decided on.
            Err(error @ Error::Denylist { .. }) => tracing::error!(%error, "the denylist cannot be believed"),
            begun => begun?,
        }
        Ok(Self {
            key,
            public_url: public_url.trim_end_matches('/').into(),
            counters: Arc::default(),
            limits: Limits::new(&settings.limits),
            denylist: Mutex::default(),
            statements: Semaphore::new(1),
            buffer: Arc::new(Semaphore::new((settings.buffer_max_bytes >> 10) as usize)),
            turns: Turns::new(&settings, buckets.inbox.is_folder()),
            whole: Whole::default(),
            decisions: Arc::new(Semaphore::new(settings.decisions_max.max(1))),
            decision_memory: Arc::new(Semaphore::new(kib(settings.decisions_max_bytes) as usize)),
            closing: watch::Sender::new(false),
            buckets,
            admission,
            settings,
            hooks,
        })
    }

    /// Tells requests in flight to store what they have and end.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Removes what is past its time and settles every upload that is complete, which a node that died may have
    /// left; says how many clips landed. To be called on start, and now and then.
    ///
    /// # Errors
    /// [`Error::Store`] if the inbox cannot be listed.
    pub async fn sweep(self: &Arc<Self>) -> Result<usize, Error> {
        self.limits.forget_idle();
        self.turns.forget_idle();
        quota::sweep(&self.buckets.inbox, self.now()).await?;
        let found = sweep(&self.buckets.inbox, self.now(), self.settings.retention_hours).await?;
        let mut landed = 0;
        for upload in found {
            let admission = self.clone().settle(upload, None).await;
            landed += usize::from(matches!(admission, Ok(Some(Admission::Landed(_)))));
        }
        Ok(landed)
    }

    /// What is counted, for whoever has more to count.
    #[must_use]
    pub fn counters(&self) -> Arc<Counters> {
        self.counters.clone()
    }

    pub(super) fn now(&self) -> UtcMillis {
        (self.hooks.clock)()
    }

    pub(super) fn context<'a>(&'a self, now: UtcMillis, denied: &'a Denylist) -> AdmitContext<'a> {
        let Buckets { store, inbox } = &self.buckets;
        AdmitContext { store, inbox, settings: &self.admission, denied, now, probe: &*self.hooks.probe }
    }

    /// What decides whether a device may act.
    pub(super) fn rules<'a>(&self, now: UtcMillis, denied: &'a Denylist) -> Rules<'a> {
        Rules { denied, rotation_grace_hours: self.admission.rotation_grace_hours, now }
    }

    /// The denylist, read at most a few seconds ago. What cannot be read, is not ours, is gone, or is older than what
    /// was read before is an error: nobody may act then.
    pub(super) async fn denylist(&self) -> Result<Arc<Denylist>, Error> {
        let mut held = self.denylist.lock().await;
        let max_age = Duration::from_secs(self.settings.denylist_max_age_s.into());
        if let Some((_, list)) = held.as_ref().filter(|(read_at, _)| read_at.elapsed() < max_age) {
            return Ok(list.clone());
        }
        let wrong = |reason: &str| Error::Denylist { path: "registry/denylist".into(), reason: reason.into() };
        let list = denylist::current(&self.buckets.store, &self.key).await?.ok_or_else(|| wrong("it is gone"))?;
        if held.as_ref().is_some_and(|(_, before)| before.number > list.number) {
            return Err(wrong("it is older than the one before"));
        }
        let list = Arc::new(list);
        *held = Some((Instant::now(), list.clone()));
        Ok(list)
    }

    /// Does what a request asks for on one thread, and to the end even if whoever asked has gone.
    pub(super) async fn work<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl AsyncFnOnce(Arc<Self>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (service, span) = (self.clone(), tracing::Span::current());
        let done = on_one_thread(async move || work(service).instrument(span).await).await;
        done.unwrap_or_else(|source| Err(Error::Io { path: "a request".into(), source }.into()))
    }

    /// Resolves when the server shuts down.
    pub(super) async fn closed(&self) {
        let mut closing = self.closing.subscribe();
        if closing.wait_for(|is_closing| *is_closing).await.is_err() {
            // Nobody can tell us to close any more.
            std::future::pending::<()>().await;
        }
    }

    /// Why no new clip is taken at the moment, if so.
    pub(super) fn pressure(&self) -> Result<Option<&'static str>, Error> {
        if (self.hooks.backlog)() >= self.settings.backlog_max_clips {
            return Ok(Some("too many clips wait to be processed"));
        }
        let is_short = |bytes: u64| bytes < self.settings.disk_free_min_bytes;
        let free = [self.buckets.inbox.free_bytes()?, self.buckets.store.free_bytes()?];
        Ok(free.into_iter().flatten().any(is_short).then_some("the disk is nearly full"))
    }

    /// Decides on an upload if it is complete: a few clips at a time, and to the end even if whoever asked has gone. A
    /// file that is still in memory is not read again.
    pub(super) async fn settle(
        self: Arc<Self>,
        upload: Upload,
        fresh: Option<Fresh>,
    ) -> Result<Option<Admission>, Error> {
        let clip_id = upload.clip_id();
        let stopped = move |what: String| Error::Damaged { path: format!("clip {clip_id}"), reason: what };
        let work = tokio::spawn(async move {
            // A turn is waited for here: on the threads that may block, those who wait would keep out those who write.
            let stop = |error: tokio::sync::AcquireError| stopped(error.to_string());
            let memory = self.decision_memory.clone().acquire_many_owned(self.decision_kib(&upload)).await;
            let turn = (memory.map_err(stop)?, self.decisions.clone().acquire_owned().await.map_err(stop)?);
            // Media are hashed and looked at: that takes a thread for a while.
            let work = on_one_thread(async move || {
                let settled = self.settle_here(upload, fresh).await;
                drop(turn);
                settled
            });
            work.await.unwrap_or_else(|error| Err(stopped(error.to_string())))
        });
        let settled = work.await.unwrap_or_else(|error| Err(stopped(error.to_string())));
        settled.inspect_err(|error| tracing::error!(%clip_id, %error, "a complete upload is not decided on"))
    }

    async fn settle_here(&self, upload: Upload, fresh: Option<Fresh>) -> Result<Option<Admission>, Error> {
        let inbox = &self.buckets.inbox;
        // Whoever had a turn before may have done it.
        if !parts::is_complete(inbox, &upload).await? || !upload::is_open(inbox, upload.clip_id()).await? {
            return Ok(None);
        }
        let denied = self.denylist().await?;
        let begun = Instant::now();
        let known = Knowledge { whole: &self.whole, fresh: fresh.as_ref() };
        let admission = settle(&upload, known, &self.context(self.now(), &denied)).await?;
        self.counters.decided(begun.elapsed());
        match &admission {
            Admission::Landed(clip_id) => {
                self.counters.landed.add(1);
                (self.hooks.landed)(*clip_id);
            }
            Admission::AlreadyLanded(clip_id) => (self.hooks.landed)(*clip_id),
            Admission::Refused(rejection) => self.counters.refused(rejection.reason),
        }
        Ok(Some(admission))
    }

    /// What deciding on `upload` holds in memory: its largest file. One that is larger than all there is waits for
    /// all of it.
    fn decision_kib(&self, upload: &Upload) -> u32 {
        let largest = upload.manifest.media.iter().map(|entry| entry.size_bytes).max().unwrap_or_default();
        kib(largest.min(self.settings.decisions_max_bytes))
    }
}

fn kib(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(1_024).max(1)).unwrap_or(u32::MAX)
}
