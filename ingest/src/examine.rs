//! What the signed media themselves say: nothing that a driver derived from them is believed.

use bytes::Bytes;
use waymark_datasets::{Fix, MediaFacts, MediaKind, Reason, Rejection, Track, UtcMillis};

use crate::fixes::{self, exif, gpmf};
use crate::manifest::MediaEntry;
use crate::settings::AdmitSettings;

/// Asks what the header of a still or a video says: its name in the bundle, its bytes.
///
/// It answers [`Reason::MediaUnreadable`], [`Reason::MediaTruncated`] or [`Reason::ImageTooLarge`] for what it
/// refuses. It decodes no pixels, so it is cheap.
pub type Probe<'a> = dyn Fn(&str, &Bytes) -> Result<MediaFacts, Rejection> + Sync + 'a;

/// What one file says.
#[derive(Debug)]
pub(crate) enum Seen {
    /// Where and when a still was taken.
    Still(Fix),
    /// How long a video is, and its telemetry.
    Video { duration_ms: u64, created_at: Option<UtcMillis>, telemetry: gpmf::Telemetry, name: String },
    /// The fixes of a track beside a video.
    Track(Vec<Fix>),
}

/// What a clip as a whole says.
#[derive(Debug)]
pub(crate) struct Examined {
    pub(crate) track: Track,
    /// When each file was taken: stills only.
    pub(crate) taken: Vec<Option<UtcMillis>>,
    /// Of a clip that is a video.
    pub(crate) video: Option<VideoClock>,
}

/// What a video says of its own time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VideoClock {
    pub(crate) duration_ms: u64,
    /// Time 0 by the telemetry that the fixes come from.
    pub(crate) start: Option<UtcMillis>,
    /// Its `creation_time` tag.
    pub(crate) created_at: Option<UtcMillis>,
}

/// Looks at one file.
pub(crate) fn look(
    entry: &MediaEntry,
    bytes: &Bytes,
    settings: &AdmitSettings,
    probe: &Probe<'_>,
) -> Result<Seen, Rejection> {
    let (name, kind) = (entry.name.as_str(), entry.kind);
    if kind == MediaKind::Track {
        return fixes::read_track(name, bytes, settings.fixes_max).map(Seen::Track);
    }
    let facts = probe(name, bytes)?;
    if facts.kind != kind {
        let detail = format!("{name}: the manifest says {kind:?}, the file is {:?}", facts.kind).to_lowercase();
        return Err(Rejection::new(Reason::MediaUnreadable, detail));
    }
    let located = |rejection| fixes::of_file(name, &rejection);
    if kind == MediaKind::Still {
        return exif::read(bytes).map(Seen::Still).map_err(located);
    }
    Ok(Seen::Video {
        duration_ms: facts.duration_ms,
        created_at: facts.created_at_ms.and_then(|ms| ms.try_into().ok()),
        telemetry: gpmf::read(&facts.telemetry, settings.fixes_max).map_err(located)?,
        name: name.into(),
    })
}

/// Puts the files together. A track beside a video goes before the telemetry inside it.
pub(crate) fn assemble(seen: Vec<Seen>) -> Result<Examined, Rejection> {
    let taken = seen.iter().map(|seen| if let Seen::Still(fix) = seen { Some(fix.at) } else { None }).collect();
    let mut stills = Vec::new();
    let mut beside = None;
    let mut film = None;
    for one in seen {
        match one {
            Seen::Still(fix) => stills.push(fix),
            Seen::Track(fixes) => beside = Some(fixes),
            Seen::Video { duration_ms, created_at, telemetry, name } => {
                film = Some((VideoClock { duration_ms, start: None, created_at }, telemetry, name));
            }
        }
    }
    let Some((clock, telemetry, name)) = film else {
        return Ok(Examined { track: track_of_stills(stills)?, taken, video: None });
    };
    let (fixes, start) = match beside {
        Some(fixes) if fixes.is_empty() => return Err(missing("the track beside the video has no fix")),
        Some(fixes) => (fixes, None),
        None if telemetry.fixes.is_empty() => return Err(missing(&without_position(&name, telemetry.samples))),
        None => (telemetry.fixes, telemetry.video_start),
    };
    Ok(Examined { track: track_of_receiver(fixes)?, taken, video: Some(VideoClock { start, ..clock }) })
}

fn without_position(name: &str, samples: usize) -> String {
    match samples {
        0 => {
            format!("{name}: no track inside (no GPS5 in a GoPro gpmd stream) and none beside it (.gpx, .nmea or .csv)")
        }
        _ => format!("{name}: its receiver had no fix, or no time, in all {samples} GPS5 samples"),
    }
}

/// Every still must say where it was taken.
fn track_of_stills(fixes: Vec<Fix>) -> Result<Track, Rejection> {
    if fixes.iter().any(|fix| fix.position.is_null_island()) {
        return Err(null_island("a still is"));
    }
    Track::from_fixes(fixes).map_err(|_| missing("no still has a position"))
}

/// Some receivers report 0,0 until they have a fix: such readings are no fixes, unless there is nothing else.
fn track_of_receiver(mut fixes: Vec<Fix>) -> Result<Track, Rejection> {
    fixes.retain(|fix| !fix.position.is_null_island());
    Track::from_fixes(fixes).map_err(|_| null_island("all fixes are"))
}

fn missing(detail: &str) -> Rejection {
    Rejection::new(Reason::PositionMissing, detail)
}

fn null_island(what: &str) -> Rejection {
    Rejection::new(Reason::PositionNull, format!("{what} at 0,0, as a receiver without a fix reports"))
}
