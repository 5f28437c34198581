//! The pictures of a report. Of imagery, only what is published is read: redacted JPEGs.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use bytes::Bytes;
use waymark_datasets::rows::{DetectionRow, FrameRow};
use waymark_datasets::{FrameId, Role, Store};

use crate::compare::Comparison;
use crate::picture::{self, MapContent, Shot};
use crate::stage::summary::{Published, read_table};

/// The detections of each frame.
type Seen<'a> = BTreeMap<FrameId, Vec<&'a DetectionRow>>;

/// Draws `map.png`, `frame.png` of the frame in which most was redacted and found, and `contact-sheet.jpg`.
pub(super) async fn draw(
    store: &Store,
    (published, truth): (&Published, Option<&Comparison>),
    folder: &Path,
) -> anyhow::Result<()> {
    if published.frames.is_empty() {
        eprintln!("waymark: there are no frames to draw");
        return Ok(());
    }
    std::fs::create_dir_all(folder).with_context(|| format!("folder {}", folder.display()))?;
    let Published { frames, coverage, features } = published;
    write(&folder.join("map.png"), &picture::map(&MapContent { frames, coverage, features, truth })?)?;
    let detections: Vec<DetectionRow> = read_table(store).await?;
    let mut seen = Seen::new();
    detections.iter().for_each(|row| seen.entry(row.frame_id).or_default().push(row));
    let number = |frame: &FrameRow| {
        seen.get(&frame.frame_id).into_iter().flatten().filter(|seen| seen.role != Role::Context).count()
    };
    if let Some(fullest) = frames.iter().max_by_key(|frame| (number(frame), frame.frame_id)) {
        let jpeg = image(store, fullest).await?;
        write(&folder.join("frame.png"), &picture::frame(&shot(fullest, &jpeg, &seen))?)?;
    }
    let mut chosen = Vec::new();
    for frame in picture::telling(frames, &seen) {
        chosen.push((frame, image(store, frame).await?));
    }
    let shots: Vec<Shot<'_>> = chosen.iter().map(|(frame, jpeg)| shot(frame, jpeg, &seen)).collect();
    write(&folder.join("contact-sheet.jpg"), &picture::contact_sheet(&shots)?)
}

async fn image(store: &Store, frame: &FrameRow) -> anyhow::Result<Bytes> {
    store.get(&frame.image_path).await?.with_context(|| frame.image_path.clone())
}

fn shot<'a>(frame: &'a FrameRow, jpeg: &'a Bytes, seen: &'a Seen<'a>) -> Shot<'a> {
    Shot { frame, jpeg, seen: seen.get(&frame.frame_id).map_or(&[], Vec::as_slice) }
}

fn write(file: &Path, picture: &[u8]) -> anyhow::Result<()> {
    std::fs::write(file, picture).with_context(|| file.display().to_string())?;
    eprintln!("drew {}", file.display());
    Ok(())
}
