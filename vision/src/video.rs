//! Decoding chosen frames of a video, and little else.

use std::collections::BTreeMap;

use bytes::Bytes;
use ffmpeg_next::{Dictionary, Packet, decoder, frame};
use image::metadata::Orientation;
use waymark_datasets::{Reason, Rejection};

use crate::RawImage;
use crate::container::{PacketFact, Scan, open, video_decoder, video_stream};
use crate::queue::{Deliver, Queue};
use crate::scaler::Scaler;
use crate::still::PIXELS_MAX;
use crate::wanted::Wanted;

/// Decodes the `wanted` frames (all [`PacketFact::alone`]) of a file by its name and bytes, and delivers each once, in
/// order of rank. Packets of groups without a wanted frame are skipped; a group is decoded no further than is needed.
/// Returns how many pictures were decoded.
pub(crate) fn decode_video(file: (&str, &Bytes), chosen: (&Scan, &Wanted), deliver: Deliver<'_>) -> u64 {
    let ((name, bytes), (scan, wanted)) = (file, chosen);
    let mut queue = Queue::new(name, wanted, deliver);
    if let Err(rejection) = decode_groups((name, bytes), (scan, wanted), &mut queue) {
        queue.end(&rejection.detail);
    }
    queue.end("it was not in the file");
    queue.decoded
}

fn decode_groups(
    (name, bytes): (&str, &Bytes),
    (scan, wanted): (&Scan, &Wanted),
    queue: &mut Queue<'_>,
) -> Result<(), Rejection> {
    let undecodable = |error| Rejection::new(Reason::FrameUndecodable, format!("{name}: {error}"));
    let mut input = open(name, bytes)?;
    let stream = video_stream(name, &input)?;
    let video = stream.index();
    let mut options = Dictionary::new();
    // A stream may change its size half-way; the decoder refuses what the header check would have.
    options.set("max_pixels", &PIXELS_MAX.to_string());
    let decoder = video_decoder(&stream, options).map_err(undecodable)?;
    let mut frames = Frames { decoder, scaler: Scaler::default(), orientation: scan.orientation };
    let last_needed = last_needed(&scan.frames, wanted);
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
fn last_needed(frames: &[PacketFact], wanted: &Wanted) -> BTreeMap<u32, LastNeeded> {
    let mut last: BTreeMap<u32, LastNeeded> = BTreeMap::new();
    for (order, fact) in frames.iter().enumerate().filter(|(_, fact)| wanted.contains(fact.rank)) {
        let needed = last.entry(fact.group).or_insert(LastNeeded { order, rank: fact.rank });
        *needed = LastNeeded { order, rank: needed.rank.max(fact.rank) };
    }
    last
}

/// A decoder and the way from its pixels to ours.
struct Frames {
    decoder: decoder::Video,
    scaler: Scaler,
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
            let rank = decoded.pts().and_then(|pts| u32::try_from(pts).ok());
            if let Some(rank) = rank.filter(|&rank| queue.wants(rank)) {
                let small = queue.compares(rank).then(|| self.scaler.thumbnail(&decoded).ok()).flatten();
                queue.give(rank, small, || self.image(&decoded));
            }
        }
    }

    fn image(&mut self, decoded: &frame::Video) -> Result<(RawImage, Orientation), String> {
        if decoded.is_corrupt() || decoded.has_decode_errors() {
            return Err("it is damaged".to_owned());
        }
        let rgb = self.scaler.rgb(decoded).map_err(|error| error.to_string())?;
        let mut upright = image::DynamicImage::from(rgb);
        upright.apply_orientation(self.orientation);
        let (width, height) = (upright.width(), upright.height());
        let image = RawImage::from_rgb(width, height, upright.into_rgb8().into_raw());
        image.map(|image| (image, self.orientation)).ok_or_else(|| "it has no pixels".to_owned())
    }
}
