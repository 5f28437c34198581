//! The truth as `waymark simulate` writes it, with the drives beside it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, ensure};
use waymark_datasets::MediaKind;
use waymark_simulate::truth::{self, BoxRow};
use waymark_vision::{TruthBox, probe};

use super::truth::{Footage, Media, bbox, bytes};

/// What every frame shows.
pub const BOXES: &str = "truth/boxes.parquet";

/// Reads the truth of each drive below `drives/`.
pub fn read(dir: &Path) -> anyhow::Result<Vec<Footage>> {
    let mut truths: BTreeMap<u32, BTreeMap<u32, Vec<TruthBox>>> = BTreeMap::new();
    for drive in numbers(&dir.join("drives"))? {
        truths.insert(drive, BTreeMap::new());
    }
    for row in truth::read::<BoxRow>(&dir.join("truth"))? {
        let truth = truths.get_mut(&row.drive).with_context(|| format!("there is no drives/{:03}", row.drive))?;
        let bbox = bbox([row.x_min_px, row.y_min_px, row.x_max_px, row.y_max_px])?;
        let shown = TruthBox { class: row.class, bbox, visible: row.visible_ppm, crowd: false };
        truth.entry(row.frame).or_default().push(shown);
    }
    ensure!(!truths.is_empty(), "there is no drive in drives/");
    truths.into_iter().map(|(drive, truth)| footage(dir, drive, truth)).collect()
}

/// The numbers of the drives in a folder.
fn numbers(drives: &Path) -> anyhow::Result<Vec<u32>> {
    let place = || drives.display().to_string();
    let entries: Result<Vec<_>, _> = std::fs::read_dir(drives).with_context(place)?.collect();
    let number = |entry: &std::fs::DirEntry| entry.file_name().to_str().and_then(|name| name.parse().ok());
    Ok(entries.with_context(place)?.iter().filter_map(number).collect())
}

/// A drive whose video has every frame that the truth speaks of.
fn footage(dir: &Path, drive: u32, truth: BTreeMap<u32, Vec<TruthBox>>) -> anyhow::Result<Footage> {
    let name = format!("drives/{drive:03}/drive.mp4");
    let file = dir.join(&name);
    let facts = probe(&name, &bytes(&file)?)?;
    ensure!(facts.kind == MediaKind::Video, "{name} is no video");
    let frames = u32::try_from(facts.frames).with_context(|| format!("{name} is too long"))?;
    if let Some((last, _)) = truth.last_key_value() {
        ensure!(*last < frames, "it speaks of frame {last} of {name}, which has {frames} frames");
    }
    Ok(Footage { media: Media::Video(file, frames), truth })
}
