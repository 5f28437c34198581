//! Frames of a source on threads: one decodes, each detector works on its own, the caller's takes results in order.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use waymark_datasets::Rejection;

use crate::container::Scan;
use crate::still::decode_still;
use crate::video::decode_video;
use crate::wanted::Wanted;
use crate::{Detector, Error, RawImage, Source};

/// Which frames to decode.
pub(crate) struct Feed<'a> {
    pub source: &'a Source,
    /// For a video: its packets.
    pub scan: Option<&'a Scan>,
    /// Indices of frames that the source has, ascending.
    pub wanted: &'a [u32],
    /// Whether frames of a video come with a neighbour, so that what moves can be told.
    pub in_pairs: bool,
}

/// The place of a frame among those that are wanted, and its pixels.
type Decoded = (usize, Result<RawImage, Rejection>);
/// The place of a frame among those that are wanted, and what a worker made of it.
type Finished<T> = (usize, Result<Result<T, Rejection>, Error>);

/// Calls `work` for each wanted frame on the thread of some detector, and `deliver` with what came of it on this
/// thread: once for each, in their order. A frame needs a permit from before it is handed on until it is delivered, so
/// that neither slow work nor a slow receiver lets pixels pile up. Returns how many pictures were decoded.
pub(crate) fn run<T: Send>(
    feed: &Feed<'_>,
    detectors: &mut [Detector],
    work: &(impl Fn(RawImage, &mut Detector) -> Result<T, Error> + Sync),
    deliver: &mut dyn FnMut(Result<T, Rejection>) -> Result<(), Error>,
) -> Result<u64, Error> {
    let in_flight = 2 * detectors.len() + 1;
    let (permits, permitted) = sync_channel(in_flight);
    let (to_workers, queue) = sync_channel(in_flight);
    let (to_sink, done) = sync_channel(in_flight);
    (0..in_flight).try_for_each(|_| permits.send(())).map_err(|_| Error::Pipeline)?;
    let queue = Mutex::new(queue);
    let queue = &queue;
    thread::scope(|scope| {
        let decoder = scope.spawn(move || decode(feed, &Gate { permitted, to_workers }));
        for detector in detectors {
            let to_sink = to_sink.clone();
            scope.spawn(move || work_through(queue, &to_sink, |raw| work(raw, detector)));
        }
        drop(to_sink);
        let mut results = Results { permits, done, early: BTreeMap::new() };
        for place in 0..feed.wanted.len() {
            deliver(results.wait_for(place)?)?;
            results.release();
        }
        // The decoder is told that nobody wants any more.
        drop(results);
        decoder.join().map_err(|_| Error::Pipeline)
    })
}

/// The decoding thread's way to the workers.
struct Gate {
    permitted: Receiver<()>,
    to_workers: SyncSender<Decoded>,
}

impl Gate {
    /// Hands a frame on as soon as there is room; `false` when nobody wants any more.
    fn hand_on(&self, decoded: Decoded) -> bool {
        self.permitted.recv().is_ok() && self.to_workers.send(decoded).is_ok()
    }
}

/// Decodes what is wanted, in its order; returns how many pictures that took.
fn decode(feed: &Feed<'_>, gate: &Gate) -> u64 {
    match (feed.source, feed.scan) {
        (Source::Video { name, bytes, .. }, Some(scan)) => {
            let mut places = 0..;
            let mut hand_on = |_, image| places.next().is_some_and(|place| gate.hand_on((place, image)));
            let wanted = Wanted::of(scan, feed.wanted, feed.in_pairs);
            decode_video((name, bytes), (scan, &wanted), &mut hand_on)
        }
        (Source::Stills(stills), _) => {
            let mut decoded = 0;
            for (place, &index) in feed.wanted.iter().enumerate() {
                let still = &stills[index as usize];
                let image = decode_still(&still.name, &still.bytes);
                decoded += u64::from(image.is_ok());
                if !gate.hand_on((place, image)) {
                    break;
                }
            }
            decoded
        }
        // A video always comes with its scan.
        (Source::Video { .. }, None) => 0,
    }
}

/// One worker: takes frames until there are none.
fn work_through<T>(
    queue: &Mutex<Receiver<Decoded>>,
    to_sink: &SyncSender<Finished<T>>,
    mut work: impl FnMut(RawImage) -> Result<T, Error>,
) {
    loop {
        let next = queue.lock().map(|queue| queue.recv());
        let Ok(Ok((place, image))) = next else { return };
        let finished = match image {
            Ok(raw) => work(raw).map(Ok),
            Err(rejection) => Ok(Err(rejection)),
        };
        if to_sink.send((place, finished)).is_err() {
            return;
        }
    }
}

/// The workers' way to the caller, who wants frames in order.
struct Results<T> {
    permits: SyncSender<()>,
    done: Receiver<Finished<T>>,
    /// Frames that were finished before an earlier one.
    early: BTreeMap<usize, Result<Result<T, Rejection>, Error>>,
}

impl<T> Results<T> {
    fn wait_for(&mut self, place: usize) -> Result<Result<T, Rejection>, Error> {
        loop {
            if let Some(finished) = self.early.remove(&place) {
                return finished;
            }
            let (place, finished) = self.done.recv().map_err(|_| Error::Pipeline)?;
            self.early.insert(place, finished);
        }
    }

    /// Lets another frame in; whether anyone still decodes does not matter.
    fn release(&self) -> bool {
        self.permits.send(()).is_ok()
    }
}
