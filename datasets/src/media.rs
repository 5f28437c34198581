//! What is known of a media file before a pixel of it is looked at.

use bytes::Bytes;

/// How a clip is filmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MediaKind {
    /// One JPEG, with position and time in its EXIF.
    Still,
    /// A video of any container and codec that the local FFmpeg reads.
    Video,
    /// A track beside a video: GPX, NMEA or CSV.
    Track,
}

/// What the header of a still or a video says, and the telemetry inside it.
#[derive(Debug, Clone, PartialEq)]
pub struct MediaFacts {
    /// Still or video.
    pub kind: MediaKind,
    /// Width as stored, in pixels.
    pub width_px: u32,
    /// Height as stored, in pixels.
    pub height_px: u32,
    /// Length of a video in milliseconds; 0 for a still.
    pub duration_ms: u64,
    /// Frames in the file: 1 for a still.
    pub frames: u64,
    /// When a video says that it was made (its `creation_time` tag), in milliseconds since 1970; often wrong.
    pub created_at_ms: Option<i64>,
    /// Packets of a GoPro metadata stream (`gpmd`), in order.
    pub telemetry: Vec<TelemetryPacket>,
}

/// A stretch of a video, as a file of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VideoPiece {
    /// The file.
    pub bytes: Bytes,
    /// When its first frame is shown, in milliseconds from the first frame of the whole.
    pub at_ms: i64,
}

/// One packet of a metadata stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelemetryPacket {
    /// When it begins, in milliseconds from the start of the video.
    pub at_ms: i64,
    /// How long it lasts, in milliseconds; 0 when the file does not say.
    pub duration_ms: i64,
    /// Its payload.
    pub bytes: Bytes,
}
