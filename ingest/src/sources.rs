//! From what a driver points at to the files of one clip.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use waymark_datasets::{MediaKind, Reason, Rejection};

use crate::error::SignError;
use crate::fixes::TrackFormat;
use crate::manifest::MediaName;

/// One file of a clip.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) origin: Origin,
    pub(crate) name: MediaName,
    pub(crate) kind: MediaKind,
}

/// Where its bytes are.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    /// On the driver's machine.
    File(PathBuf),
    /// In memory: what was left of a file.
    Made(Bytes),
}

impl Origin {
    pub(crate) fn size_bytes(&self) -> io::Result<u64> {
        match self {
            Self::File(path) => Ok(fs::metadata(path)?.len()),
            Self::Made(bytes) => Ok(bytes.len() as u64),
        }
    }

    pub(crate) fn read(&self) -> io::Result<Bytes> {
        match self {
            Self::File(path) => fs::read(path).map(Bytes::from),
            Self::Made(bytes) => Ok(bytes.clone()),
        }
    }

    /// For messages.
    pub(crate) fn path(&self) -> PathBuf {
        match self {
            Self::File(path) => path.clone(),
            Self::Made(_) => PathBuf::from("memory"),
        }
    }

    fn beside(&self) -> Option<PathBuf> {
        if let Self::File(path) = self { beside(path) } else { None }
    }
}

impl Source {
    /// The MIME type that goes with the file's extension.
    pub(crate) fn media_type(&self) -> &'static str {
        match self.name.extension().as_str() {
            "jpg" | "jpeg" => "image/jpeg",
            "mp4" | "m4v" | "360" => "video/mp4",
            "mov" => "video/quicktime",
            "mkv" => "video/matroska",
            "webm" => "video/webm",
            "avi" => "video/vnd.avi",
            "ts" | "mts" => "video/mp2t",
            "gpx" => "application/gpx+xml",
            "csv" => "text/csv",
            "nmea" | "nma" | "txt" | "log" => "text/plain",
            _ => "application/octet-stream",
        }
    }
}

/// Files and folders, as files: the stills of a folder, or its videos if it has no stills, and the track beside a
/// video. Whatever else lies in a folder is ignored; a file that is named is always taken.
pub(crate) fn gather(inputs: &[PathBuf]) -> Result<Vec<Source>, SignError> {
    let mut sources = Vec::new();
    for input in inputs {
        if input.is_dir() {
            sources.extend(footage_in(input)?);
        } else {
            sources.push(source(input)?);
        }
    }
    let has = |kind| sources.iter().any(|source: &Source| source.kind == kind);
    if !has(MediaKind::Track) && has(MediaKind::Video) {
        let videos = sources.iter().filter(|source| source.kind == MediaKind::Video);
        let beside = videos.map(|video| &video.origin).find_map(Origin::beside);
        sources.extend(beside.map(|path| source(&path)).transpose()?);
    }
    // A video comes before its track; stills are put in order when their times are known.
    sources.sort_by_key(|source| source.kind == MediaKind::Track);
    Ok(sources)
}

const VIDEO_EXTENSIONS: [&str; 8] = ["mp4", "m4v", "mov", "mkv", "webm", "avi", "ts", "360"];
const TRACK_EXTENSIONS: [&str; 6] = ["gpx", "nmea", "csv", "GPX", "NMEA", "CSV"];

fn footage_in(folder: &Path) -> Result<Vec<Source>, SignError> {
    let failed = |source| SignError::Io { path: folder.into(), source };
    let mut stills = Vec::new();
    let mut videos = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
        match extension.as_deref() {
            Some("jpg" | "jpeg") if path.is_file() => stills.push(source(&path)?),
            Some(other) if VIDEO_EXTENSIONS.contains(&other) && path.is_file() => videos.push(source(&path)?),
            _ => {}
        }
    }
    let mut footage = if stills.is_empty() { videos } else { stills };
    footage.sort_by(|a, b| a.name.cmp(&b.name));
    if footage.is_empty() {
        let detail = format!("{}: the folder has no JPEG and no video", folder.display());
        return Err(Rejection::new(Reason::MediaSetInvalid, detail).into());
    }
    Ok(footage)
}

fn source(path: &Path) -> Result<Source, SignError> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = MediaName::try_from(name)?;
    let kind = match name.extension().as_str() {
        "jpg" | "jpeg" => MediaKind::Still,
        _ if TrackFormat::of(name.as_str()).is_some() => MediaKind::Track,
        _ => MediaKind::Video,
    };
    Ok(Source { origin: Origin::File(path.into()), name, kind })
}

/// The track of the same name next to a video.
fn beside(video: &Path) -> Option<PathBuf> {
    TRACK_EXTENSIONS.iter().map(|extension| video.with_extension(extension)).find(|path| path.is_file())
}
