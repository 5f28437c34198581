//! Decoding chosen frames of a video, and little else.

use std::collections::BTreeMap;

use bytes::Bytes;
use ffmpeg_next::software::scaling;
use ffmpeg_next::{Dictionary, Packet, decoder, format, frame};
use image::RgbImage;
use image::metadata::Orientation;
use waymark_datasets::{Reason, Rejection};

use crate::RawImage;
use crate::container::{PacketFact, Scan, open, video_decoder, video_stream};
use crate::still::PIXELS_MAX;

/// Takes a decoded frame by its rank; `false` ends decoding.
pub(crate) type Deliver<'a> = &'a mut dyn FnMut(u32, Result<RawImage, Rejection>) -> bool;

/// Decodes the frames of rank `wanted` (ascending, all [`PacketFact::alone`]) and delivers each once, in that order.
/// Packets of groups without a wanted frame are skipped; where only the keyframe is wanted, only it is decoded.
/// Returns how many pictures were decoded.
pub(crate) fn decode_video(name: &str, bytes: &Bytes, chosen: (&Scan, &[u32]), deliver: Deliver<'_>) -> u64 {
    let (scan, wanted) = chosen;
    let mut queue = Queue { name, wanted, next: 0, open: true, decoded: 0, deliver };
    if let Err(rejection) = decode_groups(name, bytes, scan, &mut queue) {
        queue.skip_until(u32::MAX, &rejection.detail);
    }
    queue.skip_until(u32::MAX, "it was not in the file");
    queue.decoded
}

fn decode_groups(name: &str, bytes: &Bytes, scan: &Scan, queue: &mut Queue<'_>) -> Result<(), Rejection> {
    let undecodable = |error| Rejection::new(Reason::FrameUndecodable, format!("{name}: {error}"));
    let mut input = open(name, bytes)?;
    let stream = video_stream(name, &input)?;
    let video = stream.index();
    let mut options = Dictionary::new();
    // A stream may change its size half-way; the decoder refuses what the header check would have.
    options.set("max_pixels", &PIXELS_MAX.to_string());
    let decoder = video_decoder(&stream, options).map_err(undecodable)?;
    let mut frames = Frames { decoder, scaler: None, orientation: scan.orientation };
    let last_needed = last_needed(&scan.frames, queue.wanted);
    let (mut facts, mut sent) = ((0..).zip(&scan.frames), None);
    while queue.is_waiting() {
        let mut packet = Packet::empty();
        if packet.read(&mut input).is_err() {
            break;
        }
        if packet.stream() != video {
            continue;
        }
        let Some((order, fact)) = facts.next() else { break };
        if sent.is_some_and(|group| group != fact.group) {
            frames.finish(queue);
            sent = None;
        }
        let Some(last) = last_needed.get(&fact.group) else { continue };
        // Past the last wanted frame a few more packets may be needed before the decoder lets go of it.
        if order > last.order && queue.is_past(last.rank) {
            continue;
        }
        // The decoder hands our rank through to the frame, so no time stamp is compared.
        packet.set_pts(Some(fact.rank.into()));
        frames.send(&packet, queue);
        sent = Some(fact.group);
        // A keyframe needs nothing that follows. Any other frame does: the decoder, told that the file ends there,
        // drops frames whose neighbours it never saw.
        if order == last.order && fact.key {
            frames.finish(queue);
            sent = None;
        }
    }
    frames.finish(queue);
    Ok(())
}

/// The wanted frame of a group that comes last in the file, and the highest rank that is wanted of the group.
struct LastNeeded {
    order: usize,
    rank: u32,
}

/// For each group with a wanted frame: how far it must be decoded.
fn last_needed(frames: &[PacketFact], wanted: &[u32]) -> BTreeMap<u32, LastNeeded> {
    let mut last: BTreeMap<u32, LastNeeded> = BTreeMap::new();
    for (order, fact) in frames.iter().enumerate().filter(|(_, fact)| wanted.binary_search(&fact.rank).is_ok()) {
        let needed = last.entry(fact.group).or_insert(LastNeeded { order, rank: fact.rank });
        *needed = LastNeeded { order, rank: needed.rank.max(fact.rank) };
    }
    last
}

/// Frames still to be delivered.
struct Queue<'a> {
    name: &'a str,
    wanted: &'a [u32],
    next: usize,
    open: bool,
    decoded: u64,
    deliver: Deliver<'a>,
}

impl Queue<'_> {
    fn is_waiting(&self) -> bool {
        self.open && self.next < self.wanted.len()
    }

    /// Whether every frame up to `rank` was delivered or given up.
    fn is_past(&self, rank: u32) -> bool {
        self.wanted.get(self.next).is_none_or(|&next| next > rank)
    }

    /// Delivers a frame that the decoder gave; one that was wanted earlier will not come any more.
    fn give(&mut self, rank: u32, image: impl FnOnce() -> Result<RawImage, String>) {
        self.skip_until(rank, "the decoder gave no picture for it");
        if self.is_waiting() && self.wanted[self.next] == rank {
            let rejected = |detail: String| self.rejection(rank, &detail);
            let image = image().map_err(rejected);
            self.next += 1;
            self.open = (self.deliver)(rank, image);
        }
    }

    /// Refuses every wanted frame before `rank` that was not delivered.
    fn skip_until(&mut self, rank: u32, detail: &str) {
        while self.is_waiting() && self.wanted[self.next] < rank {
            let missed = self.wanted[self.next];
            self.next += 1;
            let rejection = self.rejection(missed, detail);
            self.open = (self.deliver)(missed, Err(rejection));
        }
    }

    fn rejection(&self, rank: u32, detail: &str) -> Rejection {
        Rejection::new(Reason::FrameUndecodable, format!("{}: frame {rank}: {detail}", self.name))
    }
}

/// A decoder and the way from its pixels to ours.
struct Frames {
    decoder: decoder::Video,
    scaler: Option<scaling::Context>,
    orientation: Orientation,
}

impl Frames {
    fn send(&mut self, packet: &Packet, queue: &mut Queue<'_>) {
        // A packet that the decoder refuses gives no frame, and that is noticed when its group ends.
        if self.decoder.send_packet(packet).is_ok() {
            self.receive(queue);
        }
    }

    /// Takes what the decoder still holds and makes it ready for the next group.
    fn finish(&mut self, queue: &mut Queue<'_>) {
        if self.decoder.send_eof().is_ok() {
            self.receive(queue);
        }
        self.decoder.flush();
    }

    fn receive(&mut self, queue: &mut Queue<'_>) {
        let mut decoded = frame::Video::empty();
        while self.decoder.receive_frame(&mut decoded).is_ok() {
            queue.decoded += 1;
            if let Some(rank) = decoded.pts().and_then(|pts| u32::try_from(pts).ok()) {
                queue.give(rank, || self.image(&decoded));
            }
        }
    }

    fn image(&mut self, decoded: &frame::Video) -> Result<RawImage, String> {
        if decoded.is_corrupt() || decoded.has_decode_errors() {
            return Err("it is damaged".to_owned());
        }
        let rgb = self.scale(decoded).map_err(|error| error.to_string())?;
        let (width, height) = (rgb.width(), rgb.height());
        let row = 3 * width as usize;
        let mut pixels = Vec::with_capacity(row * height as usize);
        rgb.data(0).chunks(rgb.stride(0)).take(height as usize).for_each(|line| pixels.extend_from_slice(&line[..row]));
        let mut upright =
            image::DynamicImage::from(RgbImage::from_raw(width, height, pixels).ok_or("it has no pixels")?);
        upright.apply_orientation(self.orientation);
        let (width, height) = (upright.width(), upright.height());
        RawImage::from_rgb(width, height, upright.into_rgb8().into_raw()).ok_or_else(|| "it has no pixels".to_owned())
    }

    /// To RGB of the same size, with the rounding that is the same on every CPU.
    fn scale(&mut self, decoded: &frame::Video) -> Result<frame::Video, ffmpeg_next::Error> {
        let (pixel, width, height) = (decoded.format(), decoded.width(), decoded.height());
        let fits = |scaler: &scaling::Context| {
            let input = scaler.input();
            input.format == pixel && input.width == width && input.height == height
        };
        if !self.scaler.as_ref().is_some_and(fits) {
            let flags = scaling::Flags::BILINEAR | scaling::Flags::ACCURATE_RND | scaling::Flags::BITEXACT;
            let rgb = format::Pixel::RGB24;
            self.scaler = Some(scaling::Context::get(pixel, width, height, rgb, width, height, flags)?);
        }
        let mut rgb = frame::Video::empty();
        let scaler = self.scaler.as_mut().ok_or(ffmpeg_next::Error::Bug)?;
        scaler.run(decoded, &mut rgb)?;
        Ok(rgb)
    }
}
