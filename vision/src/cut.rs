//! Cutting a video at keyframes: packets are copied as they are, nothing is decoded and nothing else is kept.

use std::io::{Cursor, Seek, SeekFrom, Write};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use ffmpeg_next::codec::{self, encoder};
use ffmpeg_next::format::{self, context};
use ffmpeg_next::{Dictionary, Error, Packet, Rational};
use waymark_datasets::{Reason, Rejection, VideoPiece};

use crate::container::{PacketFact, Scan, open, scan, video_stream};

/// Cuts `keep`, in milliseconds from the first frame, out of a video: for each range the frames within it from its
/// first keyframe on, as a file of the same container; none where no keyframe is in it.
///
/// A piece holds the video stream and nothing else: no sound, no telemetry, no words about the file. Each is read
/// again before it is given: its frames are those of the range, at their distances in time.
///
/// # Errors
/// [`Reason::MediaUnreadable`] for a container that is not cut here, or when a piece is not what it must be; what
/// reading the video refuses.
pub fn cut(name: &str, bytes: &Bytes, keep: &[RangeInclusive<i64>]) -> Result<Vec<Option<VideoPiece>>, Rejection> {
    let muxer = muxer(name)?;
    let whole = scan(name, bytes)?;
    let cut_one = |range: &RangeInclusive<i64>| {
        let chosen = choose(&whole.frames, range);
        let Some(at_ms) = chosen.iter().map(|&order| whole.frames[order].time_ms).min() else { return Ok(None) };
        let failed = |error: Error| refuse(name, &format!("it cannot be cut: {error}"));
        let piece = Bytes::from(copy(name, bytes, (&chosen, muxer)).map_err(failed)?);
        check(name, (&whole, &chosen), &scan(name, &piece)?)?;
        Ok(Some(VideoPiece { bytes: piece, at_ms }))
    };
    keep.iter().map(cut_one).collect()
}

/// FFmpeg's name for the container that a file is in, by its extension.
fn muxer(name: &str) -> Result<&'static str, Rejection> {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default();
    match extension.as_str() {
        "mp4" | "m4v" | "360" => Ok("mp4"),
        "mov" => Ok("mov"),
        "mkv" => Ok("matroska"),
        "webm" => Ok("webm"),
        "ts" | "mts" => Ok("mpegts"),
        _ => Err(refuse(name, "only mp4, mov, mkv, webm and ts files can be cut")),
    }
}

fn refuse(name: &str, what: &str) -> Rejection {
    Rejection::new(Reason::MediaUnreadable, format!("{name}: {what}"))
}

/// The packets to keep, by their place in the file: from the first keyframe in the range up to the first frame past
/// it. That is a beginning of what the decoder would get, so nothing that is kept refers to what is not.
fn choose(frames: &[PacketFact], range: &RangeInclusive<i64>) -> Vec<usize> {
    let begins = |frame: &PacketFact| frame.key && frame.alone && range.contains(&frame.time_ms);
    let Some(first) = frames.iter().position(begins) else { return Vec::new() };
    let start_ms = frames[first].time_ms;
    let rest = frames.iter().enumerate().skip(first);
    let within = rest.take_while(|(_, frame)| frame.time_ms <= *range.end());
    // Shown before the keyframe, these need what was there before it.
    within.filter(|(_, frame)| frame.time_ms >= start_ms).map(|(order, _)| order).collect()
}

/// Writes the packets `chosen` (ascending) into a new file.
fn copy(name: &str, bytes: &Bytes, (chosen, muxer): (&[usize], &str)) -> Result<Vec<u8>, Error> {
    let mut input = open(name, bytes).map_err(|_| Error::InvalidData)?;
    let stream = video_stream(name, &input).map_err(|_| Error::StreamNotFound)?;
    let (video, from_base) = (stream.index(), stream.time_base());
    let file = Memory::default();
    let io = context::StreamIo::from_write_seek(file.clone())?;
    let mut output = format::output_to_stream(io, None, Some(muxer))?;
    let mut copied = output.add_stream(encoder::find(codec::Id::None))?;
    copied.set_parameters(stream.parameters());
    copied.set_time_base(from_base);
    copied.set_avg_frame_rate(stream.avg_frame_rate());
    // No clock and no version of a library gets into the file.
    let exact: Dictionary<'_> = [("fflags", "+bitexact")].into_iter().collect();
    output.write_header_with(exact)?;
    let to_base = output.stream(0).map_or(from_base, |stream| stream.time_base());
    let mut shift = None;
    let mut wanted = chosen.iter().copied().peekable();
    let mut order = 0;
    while let Some(&next) = wanted.peek() {
        let mut packet = Packet::empty();
        packet.read(&mut input)?;
        if packet.stream() != video {
            continue;
        }
        if order == next {
            wanted.next();
            let start = *shift.get_or_insert_with(|| packet.pts().or(packet.dts()).unwrap_or(0));
            write(packet, start, (from_base, to_base), &mut output)?;
        }
        order += 1;
    }
    output.write_trailer()?;
    // Dropped, it has handed over all that it held.
    drop(output);
    Ok(file.take())
}

/// Writes one packet, its times counted from `start`.
fn write(
    mut packet: Packet,
    start: i64,
    (from_base, to_base): (Rational, Rational),
    output: &mut context::Output,
) -> Result<(), Error> {
    let shifted = |time: Option<i64>| time.map(|time| time.saturating_sub(start));
    let (pts, dts) = (shifted(packet.pts()), shifted(packet.dts()));
    packet.set_pts(pts);
    packet.set_dts(dts);
    packet.set_stream(0);
    packet.set_position(-1);
    packet.rescale_ts(from_base, to_base);
    packet.write_interleaved(output)
}

/// Containers count time in units of their own, of a millisecond at the coarsest.
const ROUNDING_MS: i64 = 2;

/// The piece must hold the chosen frames, no other, at their distances from its first, and look the same.
fn check(name: &str, (whole, chosen): (&Scan, &[usize]), piece: &Scan) -> Result<(), Rejection> {
    let start_ms = chosen.iter().map(|&order| whole.frames[order].time_ms).min().unwrap_or(0);
    let is_in_place = |(&order, frame): (&usize, &PacketFact)| {
        let wanted_ms = whole.frames[order].time_ms - start_ms;
        (frame.time_ms - wanted_ms).abs() <= ROUNDING_MS && frame.key == whole.frames[order].key
    };
    let same_frames = piece.frames.len() == chosen.len() && chosen.iter().zip(&piece.frames).all(is_in_place);
    let same_look =
        (piece.width_px, piece.height_px, piece.orientation) == (whole.width_px, whole.height_px, whole.orientation);
    if same_frames && same_look && piece.telemetry.is_empty() {
        Ok(())
    } else {
        Err(refuse(name, "it cannot be cut: the piece would not show what the video does"))
    }
}

/// A file in memory, of which FFmpeg holds one handle and we the other.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Cursor<Vec<u8>>>>);

impl Memory {
    fn take(&self) -> Vec<u8> {
        std::mem::take(self.file().get_mut())
    }

    /// No step under the lock can stop half way.
    fn file(&self) -> MutexGuard<'_, Cursor<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Seek for Memory {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.file().seek(to)
    }
}
