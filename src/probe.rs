//! Reading the headers of strangers' videos in a process of its own: FFmpeg reads some forty formats, and a server must
//! outlive every one of them. Stills are read here: their headers are read by safe code, within limits.

use std::io::Write;
use std::process::Stdio;

use anyhow::Context;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use waymark_datasets::{MediaFacts, MediaKind, Reason, Rejection, TelemetryPacket};

use crate::stage::hand::this_program;

/// A video is held in memory while it is looked at, and the program itself takes some.
const MEMORY_OVER_VIDEO_BYTES: u64 = 2 << 30;
/// The processor's time, not the clock's: a machine that is busy refuses nobody.
const CPU_TIME_MAX_S: u32 = 60;
const TRIES_MAX: u32 = 3;

/// What a process answers: the facts or the refusal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Probed {
    /// What the headers say.
    Facts {
        /// Width and height in pixels.
        size_px: (u32, u32),
        duration_ms: u64,
        frames: u64,
        created_at_ms: Option<i64>,
        /// Beginning and length in milliseconds, and the payload in hexadecimal.
        telemetry: Vec<(i64, i64, String)>,
    },
    /// Reason and detail.
    Refused(Reason, String),
}

/// Probes a file of a clip: what [`waymark_vision::probe`] says, or a refusal if a process died of it several times.
pub fn probe(name: &str, bytes: &Bytes, video_max_bytes: u64) -> Result<MediaFacts, Rejection> {
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) || bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return waymark_vision::probe(name, bytes);
    }
    let mut died = String::new();
    for _ in 0..TRIES_MAX {
        match ask(name, bytes, video_max_bytes) {
            Ok(probed) => return probed.into(),
            Err(error) => died = format!("{error:#}"),
        }
    }
    tracing::error!(name, died, "no process lived to tell what a video is");
    Err(Rejection::new(Reason::MediaUnreadable, format!("{name}: whoever read its headers did not live to tell")))
}

fn ask(name: &str, bytes: &Bytes, video_max_bytes: u64) -> anyhow::Result<Probed> {
    let memory_kib = (video_max_bytes * 2 + MEMORY_OVER_VIDEO_BYTES) >> 10;
    let mut command = this_program(&format!("ulimit -v {memory_kib} && ulimit -t {CPU_TIME_MAX_S} &&"))?;
    command.args(["probe-media", "--", name]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let mut input = child.stdin.take().context("no input")?;
    let bytes = bytes.clone();
    // It may have seen enough before the end.
    let writing = std::thread::spawn(move || input.write_all(&bytes).is_ok());
    let output = child.wait_with_output()?;
    let is_written = writing.join().unwrap_or_default();
    serde_json::from_slice(&output.stdout).with_context(|| format!("{}, all read: {is_written}", output.status))
}

impl From<Result<MediaFacts, Rejection>> for Probed {
    fn from(probed: Result<MediaFacts, Rejection>) -> Self {
        match probed {
            Err(rejection) => Self::Refused(rejection.reason, rejection.detail),
            Ok(facts) => Self::Facts {
                size_px: (facts.width_px, facts.height_px),
                duration_ms: facts.duration_ms,
                frames: facts.frames,
                created_at_ms: facts.created_at_ms,
                telemetry: facts.telemetry.iter().map(|p| (p.at_ms, p.duration_ms, to_hex(&p.bytes))).collect(),
            },
        }
    }
}

impl From<Probed> for Result<MediaFacts, Rejection> {
    fn from(probed: Probed) -> Self {
        match probed {
            Probed::Refused(reason, detail) => Err(Rejection::new(reason, detail)),
            Probed::Facts { size_px: (width_px, height_px), duration_ms, frames, created_at_ms, telemetry } => {
                let packet = |(at_ms, duration_ms, hex): (i64, i64, String)| TelemetryPacket {
                    at_ms,
                    duration_ms,
                    bytes: from_hex(&hex).into(),
                };
                let telemetry = telemetry.into_iter().map(packet).collect();
                let kind = MediaKind::Video;
                Ok(MediaFacts { kind, width_px, height_px, duration_ms, frames, created_at_ms, telemetry })
            }
        }
    }
}

fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

fn from_hex(text: &str) -> Vec<u8> {
    let nibble = |digit: u8| char::from(digit).to_digit(16).unwrap_or_default() as u8;
    text.as_bytes().chunks_exact(2).map(|pair| nibble(pair[0]) << 4 | nibble(pair[1])).collect()
}
