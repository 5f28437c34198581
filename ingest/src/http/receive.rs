//! Media as they come in: stored in pieces while they stream, so that what a cut-off request brought is kept.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};
use waymark_datasets::{Created, Digest};

use super::service::Service;
use super::tus::Checksum;
use crate::error::Error;
use crate::upload::{Upload, parts};

/// One piece of a fast upload.
pub(super) const PART_BYTES: usize = 4 << 20;
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
}

/// What was received, and how it ended.
pub(super) struct Received {
    /// What the store holds now, as far as this request knows.
    pub(super) offset: u64,
    pub(super) end: End,
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
pub(super) async fn receive(reception: Reception, body: Body) -> Received {
    let mut pending = Pending { bytes: BytesMut::new(), permits: Vec::new(), reception };
    let end = match pending.take_all(body.into_data_stream()).await {
        Ok(end) => end,
        Err(end) => end,
    };
    Received { offset: pending.reception.offset, end }
}

/// Bytes that wait to be stored, and the permits to hold them.
struct Pending {
    bytes: BytesMut,
    permits: Vec<OwnedSemaphorePermit>,
    reception: Reception,
}

impl Pending {
    /// An end is an error where it is not the body's own.
    async fn take_all(&mut self, mut body: BodyDataStream) -> Result<End, End> {
        let service = self.reception.service.clone();
        let mut closed = std::pin::pin!(service.closed());
        let mut ticks = ticks();
        let (mut since_tick_bytes, mut slow_ticks) = (0, 0);
        loop {
            tokio::select! {
                next = body.next() => match next {
                    Some(Ok(bytes)) => {
                        since_tick_bytes += bytes.len() as u64;
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
                () = &mut closed => return self.leave(End::Closing).await,
            }
        }
    }

    async fn take(&mut self, bytes: Bytes) -> Result<(), End> {
        let left_bytes = self.reception.left_bytes - self.bytes.len() as u64;
        if bytes.len() as u64 > left_bytes {
            self.store_unless_checked().await?;
            return Err(End::TooLong);
        }
        self.reserve(bytes.len()).await?;
        self.bytes.extend_from_slice(&bytes);
        if self.bytes.len() >= PART_BYTES { self.store_unless_checked().await } else { Ok(()) }
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
        match self.permits.first_mut() {
            Some(held) => held.merge(permit),
            None => self.permits.push(permit),
        }
    }

    /// Stores what there is, so that it counts; with a checksum nothing counts yet.
    async fn store_unless_checked(&mut self) -> Result<(), End> {
        if self.reception.checksum.is_some() { Ok(()) } else { self.store().await }
    }

    async fn store(&mut self) -> Result<(), End> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        let bytes = self.bytes.split().freeze();
        let Reception { service, upload, digest, offset, .. } = &mut self.reception;
        let size_bytes = bytes.len() as u64;
        let created = parts::append(&service.buckets.inbox, (upload, *digest), *offset, bytes).await;
        self.permits.clear();
        match created {
            Ok(Created::New) => {
                service.counters.stored_bytes.add(size_bytes);
                service.counters.stored_parts.add(1);
                *offset += size_bytes;
                self.reception.left_bytes -= size_bytes;
                Ok(())
            }
            Ok(Created::Existed) => Err(End::Overtaken),
            Err(error) => Err(End::Failed(error)),
        }
    }

    async fn leave(&mut self, end: End) -> Result<End, End> {
        self.store_unless_checked().await?;
        Ok(end)
    }

    async fn finish(&mut self) -> Result<End, End> {
        if self.reception.checksum.as_ref().is_some_and(|checksum| !checksum.is_of(&self.bytes)) {
            return Ok(End::ChecksumDiffers);
        }
        self.store().await?;
        Ok(End::Whole)
    }
}

/// The first tick of an interval comes at once, and says nothing.
fn ticks() -> Interval {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.reset();
    ticks
}
