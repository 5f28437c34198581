//! Leaving out of a clip what is kept back, and signing the rest.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use waymark_datasets::{Fix, MediaKind, Rejection, Track, UtcMillis, VideoPiece};

use super::{Hidden, Privacy};
use crate::error::SignError;
use crate::examine::{Examined, Probe, VideoClock};
use crate::fixes::csv;
use crate::manifest::{Captured, MediaEntry, MediaName};
use crate::sign::{Footage, SignRequest, SignedClip, captured, look_at, read_again, sign_footage};
use crate::sources::{Origin, Source, gather};

/// Cuts stretches, in milliseconds from the first frame, out of a video: its name, its bytes. None for a stretch
/// without a keyframe; no frame of a piece may be outside its stretch.
pub type Cut<'a> =
    dyn Fn(&str, &Bytes, &[RangeInclusive<i64>]) -> Result<Vec<Option<VideoPiece>>, Rejection> + Sync + 'a;

/// A video's clock and its receiver's may differ by so much: frames this near to a hidden moment are hidden, too.
const CLOCKS_APART_MS: i64 = 2_000;

/// Signs what is not kept back of some footage: as it is, if nothing is. Stills are left out one by one; a video is
/// cut, and every piece becomes a clip of its own, in `request.out`, then `request.out` with `-2` and so on after its
/// name. A track beside it is written anew.
///
/// # Errors
/// As for [`crate::sign_clip`]; [`SignError::Withheld`] where nothing is left, or what must not be shown cannot be
/// left out for sure.
pub fn sign_privately(
    request: &SignRequest<'_>,
    privacy: &Privacy<'_>,
    (probe, cut): (&Probe<'_>, &Cut<'_>),
) -> Result<Vec<SignedClip>, SignError> {
    let footage = look_at(gather(&request.inputs)?, request, probe)?;
    let parts = withhold(footage, (request, privacy), (probe, cut))?;
    let sign = |(part, number): (&Part, usize)| {
        let out = numbered(&request.out, number);
        let video_start = part.start.or(request.video_start);
        sign_footage(&SignRequest { out, video_start, ..request.clone() }, &part.footage)
    };
    parts.iter().zip(1..).map(sign).collect()
}

fn numbered(out: &Path, number: usize) -> PathBuf {
    let name = out.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if number == 1 { out.into() } else { out.with_file_name(format!("{name}-{number}")) }
}

/// What becomes one clip.
struct Part {
    footage: Footage,
    /// When its video begins, where that follows from the whole.
    start: Option<UtcMillis>,
}

fn withhold(
    footage: Footage,
    (request, privacy): (&SignRequest<'_>, &Privacy<'_>),
    tools: (&Probe<'_>, &Cut<'_>),
) -> Result<Vec<Part>, SignError> {
    let of_track = privacy.hidden(footage.examined.track.fixes());
    let hidden = of_track.or(&privacy.hidden(&footage.telemetry));
    let parts = match footage.examined.video {
        None => stills(footage, &hidden)?,
        Some(clock) => video(footage, (&hidden.widened(CLOCKS_APART_MS), clock), request, tools)?,
    };
    if parts.is_empty() {
        return Err(withheld("all of it is of private zones or of the ends of a trip: nothing is left to sign"));
    }
    Ok(parts)
}

fn withheld(what: impl Into<String>) -> SignError {
    SignError::Withheld(what.into())
}

/// The stills that were taken at other moments.
fn stills(footage: Footage, hidden: &Hidden) -> Result<Vec<Part>, SignError> {
    let Footage { media, examined, telemetry } = footage;
    let is_kept = |at: &Option<UtcMillis>| at.is_some_and(|at| !hidden.contains(at));
    let kept = media.into_iter().zip(examined.taken).filter(|(_, at)| is_kept(at));
    let (media, taken): (Vec<_>, Vec<_>) = kept.unzip();
    let Ok(track) = Track::from_fixes(kept_fixes(&examined.track, hidden)) else { return Ok(Vec::new()) };
    let examined = Examined { track, taken, video: None };
    Ok(vec![Part { footage: Footage { media, examined, telemetry }, start: None }])
}

fn kept_fixes(track: &Track, hidden: &Hidden) -> Vec<Fix> {
    track.fixes().iter().filter(|fix| !hidden.contains(fix.at)).copied().collect()
}

/// The video as it is, with its track as it is or written anew; or the pieces that are left of it.
fn video(
    footage: Footage,
    (hidden, clock): (&Hidden, VideoClock),
    request: &SignRequest<'_>,
    tools: (&Probe<'_>, &Cut<'_>),
) -> Result<Vec<Part>, SignError> {
    let interval = captured(&footage.examined, request.video_start);
    let track = &footage.examined.track;
    let is_certain = is_start_certain(&footage, clock, request.video_start);
    let (from, to) = if is_certain { (interval.start, interval.end) } else { anywhen(track, interval) };
    let is_hidden = |fix: &Fix| hidden.contains(fix.at);
    let is_film_hidden = hidden.touches(from, to) || footage.telemetry.iter().any(is_hidden);
    if !is_film_hidden && !track.fixes().iter().any(is_hidden) {
        return Ok(vec![Part { footage, start: None }]);
    }
    if !is_film_hidden {
        return with_track_left(&footage, hidden, (request, tools.0));
    }
    if !is_certain {
        return Err(withheld(
            "a private zone or the end of a trip is near its track, and nothing tells for sure when the video began: \
             say it with --video-start",
        ));
    }
    pieces(&footage, (hidden, interval), request, tools)
}

/// A start that the driver states or the video's own receiver gives is one; so is that of a track which is as long as
/// the video, as both began together. A tag alone is often the time zone's, or the end's.
fn is_start_certain(footage: &Footage, clock: VideoClock, stated: Option<UtcMillis>) -> bool {
    let track = &footage.examined.track;
    let is_near = |ms: i64| ms.abs() <= CLOCKS_APART_MS;
    let duration_ms = i64::try_from(clock.duration_ms).unwrap_or(i64::MAX);
    let began_together = is_near(track.last().at.ms_since(track.first().at).saturating_sub(duration_ms));
    let start = captured(&footage.examined, stated).start;
    let is_told = stated.is_some() || clock.start.is_some();
    is_told || (began_together && is_near(start.ms_since(track.first().at)))
}

/// All that a video may show which begins somewhere along its track.
fn anywhen(track: &Track, interval: Captured) -> (UtcMillis, UtcMillis) {
    let length_ms = interval.end.ms_since(interval.start);
    (track.first().at.plus_ms(-length_ms), track.last().at.plus_ms(length_ms))
}

/// The video as it is, beside a track of the fixes that are left.
fn with_track_left(
    footage: &Footage,
    hidden: &Hidden,
    (request, probe): (&SignRequest<'_>, &Probe<'_>),
) -> Result<Vec<Part>, SignError> {
    let film = film(footage)?;
    let track = track_file(&film.name, &kept_fixes(&footage.examined.track, hidden))?;
    Ok(vec![Part { footage: look_at(vec![film, track], request, probe)?, start: None }])
}

/// What is left of the video, each piece with its part of the track.
fn pieces(
    footage: &Footage,
    (hidden, interval): (&Hidden, Captured),
    request: &SignRequest<'_>,
    (probe, cut): (&Probe<'_>, &Cut<'_>),
) -> Result<Vec<Part>, SignError> {
    let (film, bytes) = (film(footage)?, film_bytes(footage)?);
    let stretches = hidden.rest(interval.start, interval.end);
    let cut_out = cut(film.name.as_str(), &bytes, &stretches).map_err(|rejection| withheld(rejection.detail))?;
    let mut parts = Vec::new();
    for (piece, stretch) in cut_out.into_iter().zip(stretches) {
        let Some(piece) = piece else { continue };
        let (start, end) = (interval.start.plus_ms(piece.at_ms), interval.start.plus_ms(*stretch.end()));
        let mut fixes = kept_fixes(&footage.examined.track, hidden);
        fixes.retain(|fix| (start..=end).contains(&fix.at));
        if fixes.is_empty() {
            continue;
        }
        let track = track_file(&film.name, &fixes)?;
        let video = Source { origin: Origin::Made(piece.bytes), ..film.clone() };
        parts.push(Part { footage: look_at(vec![video, track], request, probe)?, start: Some(start) });
    }
    Ok(parts)
}

fn film(footage: &Footage) -> Result<Source, SignError> {
    let (origin, entry) = film_of(footage)?;
    Ok(Source { origin: origin.clone(), name: entry.name.clone(), kind: entry.kind })
}

fn film_bytes(footage: &Footage) -> Result<Bytes, SignError> {
    let (origin, entry) = film_of(footage)?;
    read_again(origin, entry).map_err(|source| SignError::Io { path: origin.path(), source })
}

fn film_of(footage: &Footage) -> Result<&(Origin, MediaEntry), SignError> {
    let found = footage.media.iter().find(|(_, entry)| entry.kind == MediaKind::Video);
    found.ok_or_else(|| withheld("it has no video"))
}

/// A track that says nothing but these fixes, named after the video.
fn track_file(video: &MediaName, fixes: &[Fix]) -> Result<Source, SignError> {
    let stem = video.as_str().rsplit_once('.').map_or(video.as_str(), |(stem, _)| stem);
    let name = MediaName::try_from(format!("{stem}.csv"))?;
    Ok(Source { origin: Origin::Made(csv::write(fixes).into()), name, kind: MediaKind::Track })
}
