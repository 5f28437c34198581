//! Frames to H.264 in MP4: on one thread and without a clock, so that the same frames give the same bytes.

use std::path::{Path, PathBuf};
use std::sync::Once;

use ffmpeg_next::codec::{self, encoder};
use ffmpeg_next::format::{self, Pixel};
use ffmpeg_next::{Dictionary, Packet, Rational, frame};
use waymark_datasets::UtcMillis;

use crate::FRAMES_PER_SECOND;
use crate::error::Error;
use crate::picture::Picture;
use crate::plan::FrameSize;

/// A video in the making.
pub(crate) struct Video {
    path: PathBuf,
    output: format::context::Output,
    encoder: encoder::Video,
    frame: frame::Video,
    packet: Packet,
    frames: i64,
    time_base: Rational,
}

/// Constant rate factor of a dashcam's own file, and of one that was encoded again.
pub(crate) const QUALITY: u8 = 26;
pub(crate) const QUALITY_AGAIN: u8 = 32;

impl Video {
    /// Begins a file that says it was made at `created`.
    pub(crate) fn create(path: &Path, size: FrameSize, created: UtcMillis, quality: u8) -> Result<Self, Error> {
        let failed = |doing| Error::video(path, doing);
        ffmpeg_next::init().map_err(failed("start FFmpeg"))?;
        // What matters comes back as an error; the encoder would tell its settings for every file.
        QUIET.call_once(|| ffmpeg_next::log::set_level(ffmpeg_next::log::Level::Quiet));
        // The prefix keeps FFmpeg from reading a scheme or an option into a name.
        let name = path.to_str().ok_or_else(|| Error::table(path, &"the name of the folder is not UTF-8"))?;
        let mut output = format::output_as(&format!("file:{name}"), "mp4").map_err(failed("create"))?;
        let found = encoder::find_by_name("libx264").or_else(|| encoder::find(codec::Id::H264));
        let found = found.ok_or(ffmpeg_next::Error::EncoderNotFound).map_err(failed("find an H.264 encoder"))?;
        let encoder = open(found, size, quality).map_err(failed("open the H.264 encoder"))?;
        output.add_stream(found).map_err(failed("add a stream"))?.set_parameters(&encoder);
        let created = created.to_string();
        output.set_metadata([("creation_time", created.as_str())].into_iter().collect());
        let exact: Dictionary = [("fflags", "+bitexact")].into_iter().collect();
        output.write_header_with(exact).map_err(failed("write the header"))?;
        let time_base = output.stream(0).map_or(RATE.invert(), |stream| stream.time_base());
        let frame = frame::Video::new(Pixel::YUV420P, size.width_px(), size.height_px());
        Ok(Self { path: path.into(), output, encoder, frame, packet: Packet::empty(), frames: 0, time_base })
    }

    /// The next frame.
    pub(crate) fn push(&mut self, picture: &Picture) -> Result<(), Error> {
        to_yuv(picture, &mut self.frame);
        self.frame.set_pts(Some(self.frames));
        self.frames += 1;
        self.encoder.send_frame(&self.frame).map_err(Error::video(&self.path, "encode"))?;
        self.write_ready()
    }

    /// Ends the file.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        self.encoder.send_eof().map_err(Error::video(&self.path, "encode"))?;
        self.write_ready()?;
        self.output.write_trailer().map_err(Error::video(&self.path, "write the trailer"))
    }

    fn write_ready(&mut self) -> Result<(), Error> {
        loop {
            match self.encoder.receive_packet(&mut self.packet) {
                Ok(()) => {}
                Err(ffmpeg_next::Error::Eof | ffmpeg_next::Error::Other { errno: ffmpeg_next::error::EAGAIN }) => {
                    return Ok(());
                }
                Err(source) => return Err(Error::video(&self.path, "encode")(source)),
            }
            self.packet.set_stream(0);
            self.packet.set_duration(1);
            self.packet.rescale_ts(RATE.invert(), self.time_base);
            self.packet.write_interleaved(&mut self.output).map_err(Error::video(&self.path, "write"))?;
        }
    }
}

static QUIET: Once = Once::new();

const RATE: Rational = Rational(FRAMES_PER_SECOND as i32, 1);

fn open(found: ffmpeg_next::Codec, size: FrameSize, quality: u8) -> Result<encoder::Video, ffmpeg_next::Error> {
    let mut encoder = codec::context::Context::new_with_codec(found).encoder().video()?;
    encoder.set_width(size.width_px());
    encoder.set_height(size.height_px());
    encoder.set_format(Pixel::YUV420P);
    encoder.set_frame_rate(Some(RATE));
    encoder.set_time_base(RATE.invert());
    encoder.set_gop(2 * FRAMES_PER_SECOND);
    encoder.set_flags(codec::Flags::GLOBAL_HEADER | codec::Flags::BITEXACT);
    let quality = quality.to_string();
    // Macroblock trees are off, as x264 reads memory that nobody wrote for them when a frame is not a multiple of 256
    // pixels wide: the same frames would give other bytes. What is left agrees on any x86-64 with SSE 4.
    let options = [
        ("preset", "veryfast"),
        ("crf", quality.as_str()),
        ("threads", "1"),
        ("x264-params", "threads=1:lookahead-threads=1:sliced-threads=0:mbtree=0:open-gop=0:log=0"),
    ];
    encoder.open_with(options.into_iter().collect())
}

/// BT.601 of limited range, in whole numbers: ITU-R BT.601-7, with chroma averaged over 2 by 2 pixels.
fn to_yuv(picture: &Picture, frame: &mut frame::Video) {
    let width = picture.width;
    let stride = frame.stride(0);
    for (row, luma) in picture.rgb.chunks_exact(width * 3).zip(frame.data_mut(0).chunks_mut(stride)) {
        for (pixel, luma) in row.chunks_exact(3).zip(luma) {
            let [red, green, blue] = [pixel[0], pixel[1], pixel[2]].map(i32::from);
            *luma = (((66 * red + 129 * green + 25 * blue + 128) >> 8) + 16) as u8;
        }
    }
    for (plane, weights) in [(1, [-38, -74, 112]), (2, [112, -94, -18])] {
        let stride = frame.stride(plane);
        for (rows, chroma) in picture.rgb.chunks_exact(width * 6).zip(frame.data_mut(plane).chunks_mut(stride)) {
            let (upper, lower) = rows.split_at(width * 3);
            for ((upper, lower), chroma) in upper.chunks_exact(6).zip(lower.chunks_exact(6)).zip(chroma) {
                let sum = |channel: usize| {
                    [upper[channel], upper[channel + 3], lower[channel], lower[channel + 3]]
                        .map(i32::from)
                        .iter()
                        .sum::<i32>()
                };
                let mixed: i32 = weights.iter().enumerate().map(|(channel, weight)| weight * sum(channel)).sum();
                *chroma = (((mixed + 512) >> 10) + 128) as u8;
            }
        }
    }
}
