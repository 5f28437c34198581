//! What a media file says of itself, before a pixel of it is decoded.

use bytes::Bytes;
use waymark_datasets::{MediaFacts, MediaKind, Reason, Rejection};

use crate::container::scan;
use crate::still::{probe_still, still_format};

/// Reads headers, the index and telemetry; still or video by content, not by name. `name` is for messages.
///
/// # Errors
/// [`Reason::MediaEmpty`], [`Reason::MediaUnreadable`], [`Reason::MediaTruncated`], [`Reason::ImageTooLarge`] or
/// [`Reason::MediaTooLarge`] for more frames than we count.
pub fn probe(name: &str, bytes: &Bytes) -> Result<MediaFacts, Rejection> {
    if bytes.is_empty() {
        return Err(Rejection::new(Reason::MediaEmpty, format!("{name} has no bytes")));
    }
    if still_format(bytes).is_some() {
        return probe_still(name, bytes);
    }
    let scan = scan(name, bytes)?;
    Ok(MediaFacts {
        kind: MediaKind::Video,
        width_px: scan.width_px,
        height_px: scan.height_px,
        duration_ms: scan.duration_ms,
        frames: scan.frames.len() as u64,
        created_at_ms: scan.created_at_ms,
        telemetry: scan.telemetry,
    })
}
