//! What lies in a folder: videos with their tracks, and folders of stills.

use std::collections::BTreeMap;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use waymark_datasets::Digest;

/// Footage that is one clip when it is signed.
#[derive(Debug, Clone)]
pub struct Found {
    /// Where it lies below the folder; tells it from others.
    pub source: String,
    /// The files.
    pub inputs: Vec<PathBuf>,
    /// Changes when a file is added, grows or is written again.
    pub print: Digest,
}

/// As in a memory card's `DCIM/100MEDIA/…`.
const DEPTH_MAX: usize = 6;
const VIDEOS: [&str; 9] = ["mp4", "m4v", "mov", "mkv", "webm", "avi", "ts", "mts", "360"];
const TRACKS: [&str; 3] = ["gpx", "nmea", "csv"];
const STILLS: [&str; 2] = ["jpg", "jpeg"];

/// Everything below `folder` that can be a clip, in order of the paths. What is hidden, and links, are passed over.
pub fn find(folder: &Path) -> io::Result<Vec<Found>> {
    let mut found = Vec::new();
    find_in(folder, (folder, DEPTH_MAX), &mut found)?;
    found.sort_by(|a, b| a.source.cmp(&b.source));
    Ok(found)
}

fn find_in(top: &Path, (folder, depth): (&Path, usize), found: &mut Vec<Found>) -> io::Result<()> {
    let (mut videos, mut tracks, mut stills) = (Vec::new(), BTreeMap::new(), Vec::new());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if is_hidden(&entry) {
            continue;
        }
        if kind.is_dir() && depth > 0 {
            find_in(top, (&path, depth - 1), found)?;
        } else if kind.is_file() {
            let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
            match extension.as_deref() {
                Some(video) if VIDEOS.contains(&video) => videos.push(path),
                Some(track) if TRACKS.contains(&track) => drop(tracks.insert(path.with_extension(""), path)),
                Some(still) if STILLS.contains(&still) => stills.push(path),
                _ => {}
            }
        }
    }
    for video in videos {
        let track = tracks.get(&video.with_extension("")).cloned();
        let source = below(top, &video);
        found.extend(of(source, [video].into_iter().chain(track).collect())?);
    }
    if !stills.is_empty() {
        stills.sort();
        found.extend(of(format!("{}/", below(top, folder)), stills)?);
    }
    Ok(())
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with('.')
}

fn below(top: &Path, path: &Path) -> String {
    path.strip_prefix(top).unwrap_or(path).to_string_lossy().into_owned()
}

/// None when a file has just gone.
fn of(source: String, inputs: Vec<PathBuf>) -> io::Result<Option<Found>> {
    let mut text = String::new();
    for input in &inputs {
        let known = match fs::metadata(input) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            known => known?,
        };
        let written = known.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        text.extend([input.to_string_lossy(), format!("\n{} {}\n", known.len(), written.as_nanos()).into()]);
    }
    Ok(Some(Found { source, inputs, print: Digest::of(text.as_bytes()) }))
}
