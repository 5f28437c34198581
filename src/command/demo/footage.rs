//! Footage of one's own: one device, one driver.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::{Drives, Walk};

const DRIVER: &str = "demo";

/// Makes a key and enrols it unless there is one, and signs every clip.
pub(super) async fn drives(demo: &Walk<'_>, footage: &Path) -> anyhow::Result<Drives> {
    let (clips, key) = (clips(footage)?, format!("{}/device.key", demo.out));
    if !Path::new(&key).exists() {
        demo.step(&["device", "new", "--out", &key]).await?;
    }
    demo.enrol(&key, (DRIVER, 1)).await?;
    let mut bundles = Vec::new();
    for (name, footage) in clips {
        let (bundle, footage) = (format!("{}/bundles/{name}", demo.out), footage.display().to_string());
        demo.step(&["device", "sign", "--key", &key, "--driver", DRIVER, &footage, "--out", &bundle]).await?;
        if Path::new(&bundle).exists() {
            bundles.push(bundle);
        }
    }
    Ok(Drives { bundles, truths: Vec::new() })
}

/// Every video is a clip, and all JPEGs together are one.
fn clips(footage: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    const VIDEO: [&str; 6] = ["mp4", "mov", "mkv", "avi", "webm", "ts"];
    let place = || footage.display().to_string();
    if footage.is_file() {
        return Ok(vec![("clip".into(), footage.into())]);
    }
    let entries: Result<Vec<_>, _> = std::fs::read_dir(footage).with_context(place)?.collect();
    let mut files: Vec<PathBuf> = entries.with_context(place)?.into_iter().map(|entry| entry.path()).collect();
    files.sort();
    let ending = |file: &Path| file.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let mut clips = Vec::new();
    if files.iter().any(|file| matches!(ending(file).as_str(), "jpg" | "jpeg")) {
        clips.push(("stills".into(), footage.to_path_buf()));
    }
    for video in files.into_iter().filter(|file| VIDEO.contains(&ending(file).as_str())) {
        let name = video.file_stem().with_context(place)?.to_string_lossy().into_owned();
        clips.push((name, video));
    }
    if clips.is_empty() {
        bail!("{}: there are neither JPEGs nor videos in it", footage.display());
    }
    Ok(clips)
}
