//! Which files make a clip.

use std::collections::BTreeSet;

use waymark_datasets::{MediaKind, Reason, Rejection, UtcMillis};

use crate::manifest::MediaEntry;
use crate::settings::AdmitSettings;

/// Checks what can be said of the files before one is opened: how many, of which kinds, their names and sizes.
pub(crate) fn check(media: &[MediaEntry], settings: &AdmitSettings) -> Result<(), Rejection> {
    if media.len() > settings.media_max_files {
        let detail = format!("the clip has {} files, of which {} are taken", media.len(), settings.media_max_files);
        return Err(Rejection::new(Reason::MediaSetInvalid, detail));
    }
    check_kinds(&media.iter().map(|entry| entry.kind).collect::<Vec<_>>())?;
    let mut names = BTreeSet::new();
    let mut digests = BTreeSet::new();
    for entry in media {
        if !names.insert(entry.name.folded()) {
            return Err(of(entry, Reason::MediaNameUnsafe, "another file has this name, but for case"));
        }
        if !digests.insert(entry.sha256) {
            return Err(of(entry, Reason::MediaSetInvalid, "another file has the same bytes"));
        }
        check_size(entry, settings)?;
    }
    Ok(())
}

/// Stills must come in order of time, and of SHA-256 at the same time: one set of stills is one clip.
pub(crate) fn check_order(media: &[MediaEntry], taken: &[Option<UtcMillis>]) -> Result<(), Rejection> {
    let keys: Vec<_> = taken.iter().zip(media).map(|(at, entry)| (*at, entry.sha256)).collect();
    let stills = media.iter().all(|entry| entry.kind == MediaKind::Still);
    if stills && !keys.is_sorted() {
        return Err(Rejection::new(Reason::MediaSetInvalid, "the stills are not in order of their time"));
    }
    Ok(())
}

/// A clip is one video with at most one track beside it, or stills.
pub(crate) fn check_kinds(kinds: &[MediaKind]) -> Result<(), Rejection> {
    let count = |wanted| kinds.iter().filter(|&&kind| kind == wanted).count();
    match (count(MediaKind::Still), count(MediaKind::Video), count(MediaKind::Track)) {
        (1.., 0, 0) | (0, 1, 0 | 1) => Ok(()),
        (stills, videos, tracks) => {
            let wanted = "a clip is one video with at most one track beside it, or stills";
            let detail = format!("{stills} stills, {videos} videos and {tracks} tracks make no clip: {wanted}");
            Err(Rejection::new(Reason::MediaSetInvalid, detail))
        }
    }
}

fn check_size(entry: &MediaEntry, settings: &AdmitSettings) -> Result<(), Rejection> {
    let limit = max_bytes(entry.kind, settings);
    match entry.size_bytes {
        0 => Err(of(entry, Reason::MediaEmpty, "the file is empty")),
        size if size > limit => Err(too_large(entry.name.as_str(), size, limit)),
        _ => Ok(()),
    }
}

/// The largest file of a kind.
pub(crate) fn max_bytes(kind: MediaKind, settings: &AdmitSettings) -> u64 {
    match kind {
        MediaKind::Still => settings.still_max_bytes,
        MediaKind::Video => settings.video_max_bytes,
        MediaKind::Track => settings.track_max_bytes,
    }
}

/// The refusal of a file over its limit.
pub(crate) fn too_large(name: &str, size_bytes: u64, max_bytes: u64) -> Rejection {
    let detail = format!("{name}: the file is {size_bytes} bytes, of which {max_bytes} are taken");
    Rejection::new(Reason::MediaTooLarge, detail)
}

fn of(entry: &MediaEntry, reason: Reason, what: &str) -> Rejection {
    Rejection::new(reason, format!("{}: {what}", entry.name))
}
