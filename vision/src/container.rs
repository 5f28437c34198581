//! A video file as packets: opened in memory, scanned once, never decoded here.

use std::io::{Cursor, Read, Seek, SeekFrom};
use std::sync::Once;

use bytes::Bytes;
use ffmpeg_next::codec::{self, packet::side_data};
use ffmpeg_next::format::context::{Input, StreamIo};
use ffmpeg_next::{Dictionary, Error, Packet, Rational, Rescale, Stream, decoder, format, log, media};
use image::metadata::Orientation;
use waymark_datasets::{Reason, Rejection, TelemetryPacket, UtcMillis};

use crate::still::check_pixels;

/// Demuxers that may read a file: none of them follows a reference to another one.
const FORMATS: &str = "mov,matroska,avi,mpegts,mpeg";
/// A video of more frames is refused: this is 18 hours at 30 frames per second.
const FRAMES_MAX: usize = 2_000_000;
/// An index may point at the same bytes again and again; reading stops at this many times the file's size.
const READ_RATIO_MAX: u64 = 16;
/// What a small file may be read beyond that, in bytes.
const READ_FLOOR_BYTES: u64 = 64 << 20;

/// One frame of the video stream, in the order in which packets stand in the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PacketFact {
    /// When it is shown, in milliseconds from the first frame.
    pub time_ms: i64,
    /// Its rank among all frames in the order in which they are shown.
    pub rank: u32,
    pub key: bool,
    /// Counts keyframes: the group of pictures that the frame belongs to.
    pub group: u32,
    /// Whether decoding its group alone gives this frame.
    pub alone: bool,
}

/// What one pass over a file tells.
#[derive(Debug)]
pub(crate) struct Scan {
    pub width_px: u32,
    pub height_px: u32,
    pub duration_ms: u64,
    pub created_at_ms: Option<i64>,
    pub orientation: Orientation,
    pub frames: Vec<PacketFact>,
    pub telemetry: Vec<TelemetryPacket>,
}

/// Reads every packet once.
pub(crate) fn scan(name: &str, bytes: &Bytes) -> Result<Scan, Rejection> {
    let refuse = |reason, detail: &str| Rejection::new(reason, format!("{name}: {detail}"));
    let mut input = open(name, bytes)?;
    let stream = video_stream(name, &input)?;
    let (width_px, height_px) = dimensions(name, &stream)?;
    let (video, time_base) = (stream.index(), stream.time_base());
    let promised = u64::try_from(stream.frames()).unwrap_or(0);
    let orientation = orientation(&stream);
    let created = input.metadata().get("creation_time").and_then(|text| text.parse::<UtcMillis>().ok());
    let mut packets = Packets::default();
    loop {
        let mut packet = Packet::empty();
        match packet.read(&mut input) {
            Ok(()) if packet.stream() == video => packets.add_frame(&packet),
            Ok(()) => packets.add_telemetry(&packet, &input),
            Err(Error::Eof) => break,
            Err(error) => return Err(refuse(Reason::MediaTruncated, &format!("reading stops early: {error}"))),
        }
        if packets.times.len() > FRAMES_MAX {
            return Err(refuse(Reason::MediaTooLarge, "more than 2000000 frames"));
        }
    }
    let found = packets.times.len() as u64;
    if found == 0 || found < promised || packets.corrupt {
        let detail = format!("{found} frames, the index promises {promised}");
        return Err(refuse(Reason::MediaTruncated, &detail));
    }
    let frames = packets.frames(time_base);
    let shown_ms = frames.iter().map(|frame| frame.time_ms).max().unwrap_or(0);
    let last_ms = packets.last_duration.rescale(time_base, MILLISECONDS).max(0);
    let (duration_ms, telemetry) = ((shown_ms + last_ms).unsigned_abs(), packets.telemetry);
    let created_at_ms = created.map(UtcMillis::millis);
    Ok(Scan { width_px, height_px, duration_ms, created_at_ms, orientation, frames, telemetry })
}

/// Opens a file that lies in memory. FFmpeg gets a reader, no name: there is nothing else that it could open.
pub(crate) fn open(name: &str, bytes: &Bytes) -> Result<Input, Rejection> {
    static QUIET: Once = Once::new();
    // What a hostile file makes FFmpeg say is of no use in our log.
    QUIET.call_once(|| log::set_level(log::Level::Quiet));
    let unreadable = |error| Rejection::new(Reason::MediaUnreadable, format!("{name}: no readable video: {error}"));
    let budget = (bytes.len() as u64).saturating_mul(READ_RATIO_MAX).saturating_add(READ_FLOOR_BYTES);
    let reader = Metered { file: Cursor::new(bytes.clone()), budget };
    let mut options = Dictionary::new();
    options.set("format_whitelist", FORMATS);
    options.set("protocol_whitelist", "none");
    // Edit lists drop frames that are in the file; our indices count all of them.
    options.set("ignore_editlist", "1");
    let io = StreamIo::from_read_seek(reader).map_err(unreadable)?;
    format::input_from_stream(io, None, Some(options)).map_err(unreadable)
}

/// The stream that shows the street.
pub(crate) fn video_stream<'a>(name: &str, input: &'a Input) -> Result<Stream<'a>, Rejection> {
    let missing = || Rejection::new(Reason::MediaUnreadable, format!("{name} has no video stream"));
    input.streams().best(media::Type::Video).ok_or_else(missing)
}

/// A decoder for a stream, on one thread.
pub(crate) fn video_decoder(stream: &Stream<'_>, options: Dictionary<'_>) -> Result<decoder::Video, Error> {
    let context = codec::Context::from_parameters(stream.parameters())?;
    let codec = decoder::find(context.id()).ok_or(Error::DecoderNotFound)?;
    context.decoder().open_as_with(codec, options)?.video()
}

fn dimensions(name: &str, stream: &Stream<'_>) -> Result<(u32, u32), Rejection> {
    let unreadable = |detail: &str| Rejection::new(Reason::MediaUnreadable, format!("{name}: {detail}"));
    let decoder = video_decoder(stream, Dictionary::new()).map_err(|error| unreadable(&error.to_string()))?;
    let size = (decoder.width(), decoder.height());
    if size.0 == 0 || size.1 == 0 {
        return Err(unreadable("its video has no size"));
    }
    check_pixels(name, size)?;
    Ok(size)
}

/// The turn that the display matrix asks for; only quarter turns are known.
fn orientation(stream: &Stream<'_>) -> Orientation {
    let matrix = stream.side_data().find(|data| data.kind() == side_data::Type::DisplayMatrix);
    let word = |word: &[u8; 4]| i32::from_ne_bytes(*word).signum();
    let words = matrix.map(|data| data.data().as_chunks::<4>().0.iter().map(word).collect::<Vec<_>>());
    match words.as_deref() {
        Some([0, 1, _, -1, 0, ..]) => Orientation::Rotate90,
        Some([-1, 0, _, 0, -1, ..]) => Orientation::Rotate180,
        Some([0, -1, _, 1, 0, ..]) => Orientation::Rotate270,
        _ => Orientation::NoTransforms,
    }
}

const MILLISECONDS: Rational = Rational(1, 1_000);

/// What is kept of packets while scanning.
#[derive(Default)]
struct Packets {
    /// Presentation time in the stream's own unit, and whether it is a keyframe.
    times: Vec<(i64, bool)>,
    last_duration: i64,
    corrupt: bool,
    telemetry: Vec<TelemetryPacket>,
}

impl Packets {
    fn add_frame(&mut self, packet: &Packet) {
        // AVI has no presentation times; there the order in the file is the order of showing.
        let follows = self.times.last().map_or(0, |&(time, _)| time.saturating_add(1));
        let time = packet.pts().or(packet.dts()).unwrap_or(follows);
        self.times.push((time, packet.is_key()));
        self.last_duration = packet.duration();
        self.corrupt |= packet.is_corrupt();
    }

    /// GoPro metadata is a data stream whose packets begin with the key `DEVC`.
    fn add_telemetry(&mut self, packet: &Packet, input: &Input) {
        let data = packet.data().unwrap_or_default();
        let stream = input.stream(packet.stream());
        if let (Some(stream), true) = (stream, data.starts_with(b"DEVC")) {
            let ms = |time: i64| time.rescale(stream.time_base(), MILLISECONDS);
            self.telemetry.push(TelemetryPacket {
                at_ms: ms(packet.pts().or(packet.dts()).unwrap_or(0)),
                duration_ms: ms(packet.duration()),
                bytes: Bytes::copy_from_slice(data),
            });
        }
    }

    fn frames(&self, time_base: Rational) -> Vec<PacketFact> {
        let mut shown: Vec<usize> = (0..self.times.len()).collect();
        shown.sort_by_key(|&i| (self.times[i].0, i));
        let mut ranks = vec![0_u32; shown.len()];
        (0..).zip(&shown).for_each(|(rank, &i)| ranks[i] = rank);
        let start = shown.first().map_or(0, |&i| self.times[i].0);
        let (mut group, mut latest, mut key_time) = (0, i64::MIN, None);
        let fact = |(&(time, key), rank): (&(i64, bool), u32)| {
            if key {
                group += 1;
                // A keyframe that is shown before what came earlier in the file starts nothing sound.
                key_time = (time > latest).then_some(time);
            }
            latest = latest.max(time);
            // Frames shown before their keyframe refer to the group before as well.
            let alone = key_time.is_some_and(|key_time| time >= key_time);
            let time_ms = time.saturating_sub(start).rescale(time_base, MILLISECONDS);
            PacketFact { time_ms, rank, key, group, alone }
        };
        self.times.iter().zip(ranks).map(fact).collect()
    }
}

/// A file in memory that can be read only so many times over.
struct Metered {
    file: Cursor<Bytes>,
    budget: u64,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(buffer)?;
        let rest = self.budget.checked_sub(read as u64);
        self.budget = rest.ok_or_else(|| std::io::Error::other("the file is read over and over"))?;
        Ok(read)
    }
}

impl Seek for Metered {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.file.seek(to)
    }
}
