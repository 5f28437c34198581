//! Real footage and models, where they are at hand.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The folder of real assets; says so and gives nothing where they are not present.
pub fn assets() -> Option<PathBuf> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/assets"));
    if folder.is_dir() {
        return Some(folder.to_path_buf());
    }
    // Written past the harness, which would swallow it: a skip is loud.
    std::io::stderr().write_all(b"skipped: assets not present\n").unwrap();
    None
}

/// The frames of the dashcam drive, in order of time.
pub fn drive(assets: &Path) -> Vec<PathBuf> {
    let entries: io::Result<Vec<_>> = fs::read_dir(assets.join("images/bee_sf")).unwrap().collect();
    let mut frames: Vec<PathBuf> = entries.unwrap().into_iter().map(|entry| entry.path()).collect();
    frames.retain(|file| file.extension().is_some_and(|extension| extension == "jpg"));
    frames.sort();
    frames
}

/// A short drive: the first eight frames, about 60 m.
pub fn short_drive(assets: &Path) -> Vec<PathBuf> {
    drive(assets).into_iter().take(8).collect()
}
