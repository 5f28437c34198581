//! Media as they come in: hashed and stored while they stream, so that what a cut-off request brought is kept.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use futures::StreamExt;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};
use waymark_datasets::{Created, Digest, Draft, Drafted};

use super::service::Service;
use super::turns::Turn;
use super::tus::{Checksum, Checksumming};
use crate::error::Error;
use crate::upload::whole::Fresh;
use crate::upload::{Upload, parts};

/// One piece of a fast upload to a store that takes whole objects only: so much waits in memory. A folder takes what
/// comes as it comes, and a piece of it is as long as the request, or what a tick brought.
const PART_BYTES: usize = 4 << 20;
/// A client that brings less in this time gives its turn to another: on a link of 80 Mbit/s or less it is the link that
/// is waited for, and there may be thousands of those at once.
const PACE: Duration = Duration::from_millis(100);
const PACE_BYTES_MIN: u64 = 1_000_000;
/// What a slow upload brought is stored this often, and its rate is looked at.
const TICK: Duration = Duration::from_secs(10);
/// Slower than this, several ticks in a row, is not uploading but holding a connection. Links fail for seconds.
const TICK_BYTES_MIN: u64 = 1_000;
const SLOW_TICKS_MAX: u32 = 3;
/// How long a request waits for others to free memory.
const MEMORY_WAIT_MAX: Duration = Duration::from_secs(5);

/// What to receive: from `offset` on, at most `left_bytes`.
pub(super) struct Reception {
    pub(super) service: Arc<Service>,
    pub(super) upload: Upload,
    pub(super) digest: Digest,
    pub(super) offset: u64,
    pub(super) left_bytes: u64,
    /// Of the whole body: then nothing is stored before it matched.
    pub(super) checksum: Option<Checksum>,
    /// To store what comes.
    pub(super) turn: Option<Turn>,
}

/// What was received, and how it ended.
pub(super) struct Received {
    /// What the store holds now, as far as this request knows.
    pub(super) offset: u64,
    pub(super) end: End,
    /// Back again, for what follows.
    pub(super) turn: Option<Turn>,
    /// The whole file, if it is the signed one and came with this request.
    pub(super) fresh: Option<Fresh>,
}

#[derive(Debug)]
pub(super) enum End {
    /// The body came whole.
    Whole,
    /// The client went away.
    CutOff,
    /// The client all but stopped.
    TooSlow,
    /// There was more than the file has left.
    TooLong,
    /// The checksum is of something else.
    ChecksumDiffers,
    /// Another client wrote at this offset first.
    Overtaken,
    /// No memory was free for it.
    Busy,
    /// The server shuts down.
    Closing,
    /// The store failed.
    Failed(Error),
}

/// Receives `body` to its end, however that comes; what arrived is stored, unless a checksum speaks against it.
pub(super) async fn receive(mut reception: Reception, body: Body) -> Received {
    let checksum = reception.checksum.take().map(Checksumming::new);
    let draft = reception.service.buckets.inbox.draft(reception.left_bytes);
    let mut pending = Pending { draft, permits: None, checksum, reception, fresh: None };
    let end = match pending.take_all(body.into_data_stream()).await {
        Ok(end) => end,
        Err(end) => end,
    };
    let Reception { offset, turn, .. } = pending.reception;
    Received { offset, end, turn, fresh: pending.fresh }
}

/// What waits to be stored, and the permits to hold it.
struct Pending {
    draft: Draft,
    permits: Option<OwnedSemaphorePermit>,
    checksum: Option<Checksumming>,
    reception: Reception,
    fresh: Option<Fresh>,
}

impl Pending {
    /// An end is an error where it is not the body's own.
    async fn take_all(&mut self, mut body: BodyDataStream) -> Result<End, End> {
        let service = self.reception.service.clone();
        let mut closed = std::pin::pin!(service.closed());
        let (mut ticks, mut paces) = (every(TICK), every(PACE));
        let (mut since_tick_bytes, mut since_pace_bytes, mut slow_ticks) = (0, 0, 0);
        loop {
            tokio::select! {
                next = body.next() => match next {
                    Some(Ok(bytes)) => {
                        since_tick_bytes += bytes.len() as u64;
                        since_pace_bytes += bytes.len() as u64;
                        self.take(bytes).await?;
                    }
                    Some(Err(_)) => return self.leave(End::CutOff).await,
                    None => return self.finish().await,
                },
                _tick = ticks.tick() => {
                    slow_ticks = if since_tick_bytes < TICK_BYTES_MIN { slow_ticks + 1 } else { 0 };
                    if slow_ticks >= SLOW_TICKS_MAX {
                        return self.leave(End::TooSlow).await;
                    }
                    since_tick_bytes = 0;
                    self.store_unless_checked().await?;
                }
                _pace = paces.tick(), if self.reception.turn.is_some() => {
                    if since_pace_bytes < PACE_BYTES_MIN {
                        self.reception.turn = None;
                    }
                    since_pace_bytes = 0;
                }
                () = &mut closed => return self.leave(End::Closing).await,
            }
        }
    }

    async fn take(&mut self, bytes: Bytes) -> Result<(), End> {
        let left_bytes = self.reception.left_bytes - self.draft.size_bytes();
        if bytes.len() as u64 > left_bytes {
            self.store_unless_checked().await?;
            return Err(End::TooLong);
        }
        self.reserve(bytes.len()).await?;
        if let Some(checksum) = &mut self.checksum {
            checksum.update(&bytes);
        }
        self.draft.write(bytes).await.map_err(|error| End::Failed(error.into()))?;
        self.release();
        if self.draft.held_bytes() >= PART_BYTES { self.store_unless_checked().await } else { Ok(()) }
    }

    /// Waits for memory only while holding none that could be freed.
    async fn reserve(&mut self, more_bytes: usize) -> Result<(), End> {
        let buffer = self.reception.service.buffer.clone();
        let permits = u32::try_from(more_bytes.div_ceil(1_024)).unwrap_or(u32::MAX);
        if let Ok(permit) = buffer.clone().try_acquire_many_owned(permits) {
            self.hold(permit);
            return Ok(());
        }
        self.store_unless_checked().await?;
        match timeout(MEMORY_WAIT_MAX, buffer.acquire_many_owned(permits)).await {
            Ok(Ok(permit)) => {
                self.hold(permit);
                Ok(())
            }
            _ => Err(End::Busy),
        }
    }

    fn hold(&mut self, permit: OwnedSemaphorePermit) {
        match &mut self.permits {
            Some(held) => held.merge(permit),
            None => self.permits = Some(permit),
        }
    }

    /// Gives back the memory of what was written.
    fn release(&mut self) {
        if let Some(permits) = &mut self.permits {
            let surplus = permits.num_permits().saturating_sub(self.draft.held_bytes().div_ceil(1_024));
            drop(permits.split(surplus));
        }
    }

    /// Stores what there is, so that it counts; with a checksum nothing counts yet.
    async fn store_unless_checked(&mut self) -> Result<(), End> {
        if self.checksum.is_some() { Ok(()) } else { self.store().await }
    }

    async fn store(&mut self) -> Result<(), End> {
        let size_bytes = self.draft.size_bytes();
        if size_bytes == 0 {
            return Ok(());
        }
        if self.reception.turn.is_none() {
            let Reception { service, upload, .. } = &self.reception;
            self.reception.turn = service.turns.wait_for(&upload.device_id).await;
        }
        let Reception { service, upload, digest, offset, left_bytes, .. } = &mut self.reception;
        let next = service.buckets.inbox.draft(left_bytes.saturating_sub(size_bytes));
        let draft = std::mem::replace(&mut self.draft, next);
        let appended = parts::append((&*upload, *digest), *offset, draft).await;
        self.permits = None;
        match appended {
            Ok(Drafted { created: Created::New, digest: found, bytes }) => {
                if found == *digest {
                    service.whole.note(upload, found);
                    self.fresh = bytes.map(|bytes| Fresh {
                        path: parts::piece_key(upload, found, *offset),
                        digest: found,
                        bytes,
                    });
                }
                service.counters.stored_bytes.add(size_bytes);
                service.counters.stored_parts.add(1);
                *offset += size_bytes;
                *left_bytes -= size_bytes;
                Ok(())
            }
            Ok(_) => Err(End::Overtaken),
            Err(error) => Err(End::Failed(error)),
        }
    }

    async fn leave(&mut self, end: End) -> Result<End, End> {
        self.store_unless_checked().await?;
        Ok(end)
    }

    async fn finish(&mut self) -> Result<End, End> {
        if self.checksum.take().is_some_and(|checksum| !checksum.matches()) {
            return Ok(End::ChecksumDiffers);
        }
        self.store().await?;
        Ok(End::Whole)
    }
}

/// The first tick of an interval comes at once, and says nothing.
fn every(time: Duration) -> Interval {
    let mut ticks = interval(time);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.reset();
    ticks
}
