//! Decoded frames on their way out: each waits for its neighbour, and all leave in order.

use std::collections::{BTreeMap, VecDeque};

use image::GrayImage;
use image::metadata::Orientation;
use waymark_datasets::{Reason, Rejection};

use crate::RawImage;
use crate::motion::Pair;
use crate::wanted::{Neighbour, Wanted};

/// Takes a decoded frame by its rank; `false` ends decoding.
pub(crate) type Deliver<'a> = &'a mut dyn FnMut(u32, Result<RawImage, Rejection>) -> bool;

/// Frames still to be delivered. What waits for a neighbour waits for a quarter of a second of video at most.
pub(crate) struct Queue<'a> {
    name: &'a str,
    wanted: &'a Wanted,
    /// Place of the next frame that the decoder has to give, among those to deliver.
    next: usize,
    open: bool,
    /// Pictures that the decoder gave.
    pub(crate) decoded: u64,
    waiting: VecDeque<Waiting>,
    /// Small pictures by rank, as long as somebody may ask for them.
    small: BTreeMap<u32, GrayImage>,
    deliver: Deliver<'a>,
}

struct Waiting {
    rank: u32,
    image: Result<(RawImage, Orientation), Rejection>,
    neighbour: Option<Neighbour>,
}

/// So many small pictures are kept: more than a quarter of a second has at 120 frames per second, on either side.
const SMALL_MAX: usize = 64;

impl<'a> Queue<'a> {
    pub(crate) fn new(name: &'a str, wanted: &'a Wanted, deliver: Deliver<'a>) -> Self {
        let (waiting, small) = (VecDeque::new(), BTreeMap::new());
        Self { name, wanted, next: 0, open: true, decoded: 0, waiting, small, deliver }
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.open && (self.next < self.wanted.frames.len() || !self.waiting.is_empty())
    }

    /// Whether no frame up to `rank` is needed any more.
    pub(crate) fn is_past(&self, rank: u32) -> bool {
        let waits_for = |waiting: &Waiting| waiting.neighbour.is_some_and(|near| near.rank <= rank);
        self.wanted.frames.get(self.next).is_none_or(|&next| next > rank) && !self.waiting.iter().any(waits_for)
    }

    /// Whether somebody wants a frame, itself or as a neighbour.
    pub(crate) fn wants(&self, rank: u32) -> bool {
        self.open && self.wanted.contains(rank)
    }

    /// Whether a frame is held against another one.
    pub(crate) fn compares(&self, rank: u32) -> bool {
        self.wanted.neighbour(rank).is_some() || !self.wanted.is_delivered(rank)
    }

    /// Takes a frame that the decoder gave; one that was wanted earlier will not come any more.
    pub(crate) fn give(
        &mut self,
        rank: u32,
        small: Option<GrayImage>,
        image: impl FnOnce() -> Result<(RawImage, Orientation), String>,
    ) {
        self.skip_until(rank, "the decoder gave no picture for it");
        if let Some(small) = small {
            self.small.insert(rank, small);
            while self.small.len() > SMALL_MAX {
                self.small.pop_first();
            }
        }
        if self.wanted.frames.get(self.next) == Some(&rank) {
            let image = image().map_err(|detail| self.rejection(rank, &detail));
            self.next += 1;
            self.waiting.push_back(Waiting { rank, image, neighbour: self.wanted.neighbour(rank) });
        }
        self.release(rank);
    }

    /// Nothing more will come: what waits leaves, what is missing is refused.
    pub(crate) fn end(&mut self, detail: &str) {
        self.skip_until(u32::MAX, detail);
        self.release(u32::MAX);
    }

    /// Refuses every wanted frame before `rank` that did not come.
    fn skip_until(&mut self, rank: u32, detail: &str) {
        while let Some(&missed) = self.wanted.frames.get(self.next).filter(|&&next| next < rank) {
            self.next += 1;
            let image = Err(self.rejection(missed, detail));
            self.waiting.push_back(Waiting { rank: missed, image, neighbour: None });
        }
    }

    /// Delivers what waits for nothing later than `rank`, which is the last that the decoder gave.
    fn release(&mut self, rank: u32) {
        let is_due = |waiting: &Waiting| waiting.neighbour.is_none_or(|near| near.rank <= rank);
        while self.open && self.waiting.front().is_some_and(is_due) {
            let Some(due) = self.waiting.pop_front() else { return };
            let paired = |(image, orientation)| self.paired(image, orientation, (due.rank, due.neighbour));
            let image = due.image.map(paired);
            self.open = (self.deliver)(due.rank, image);
        }
    }

    fn paired(&self, image: RawImage, orientation: Orientation, of: (u32, Option<Neighbour>)) -> RawImage {
        let (rank, Some(near)) = of else { return image };
        let (Some(own), Some(other)) = (self.small.get(&rank), self.small.get(&near.rank)) else { return image };
        let (before, after) = if near.after_ms > 0 { (own, other) } else { (other, own) };
        let pair = Pair { before: before.clone(), after: after.clone(), gap_ms: near.after_ms.abs() };
        image.with_pair(Some(pair.upright(orientation)))
    }

    fn rejection(&self, rank: u32, detail: &str) -> Rejection {
        Rejection::new(Reason::FrameUndecodable, format!("{}: frame {rank}: {detail}", self.name))
    }
}
