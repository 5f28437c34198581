//! `waymark report`: say what is in a store, and draw it.

use std::path::Path;

use anyhow::Context;
use waymark_datasets::Store;
use waymark_datasets::rows::{CoverageRow, DetectionRow, FrameRow};

use super::Ask;
use crate::Done;
use crate::cli::Report;
use crate::picture;
use crate::stage::summary::{read_table, summary};

pub(super) async fn run(ask: &Ask, what: &Report) -> anyhow::Result<Done> {
    let store = Store::open(&what.store)?;
    let summary = summary(&store).await?;
    ask.say(&summary, &summary.to_string())?;
    if let Some(folder) = &what.pictures {
        draw(&store, folder).await?;
    }
    Ok(Done::Yes)
}

/// Draws `map.png`, and `frame.png` of the frame in which most was found.
async fn draw(store: &Store, folder: &Path) -> anyhow::Result<()> {
    let frames: Vec<FrameRow> = read_table(store).await?;
    if frames.is_empty() {
        eprintln!("waymark: there are no frames to draw");
        return Ok(());
    }
    std::fs::create_dir_all(folder).with_context(|| format!("folder {}", folder.display()))?;
    let coverage: Vec<CoverageRow> = read_table(store).await?;
    write(&folder.join("map.png"), &picture::map(&frames, &coverage)?)?;
    let detections: Vec<DetectionRow> = read_table(store).await?;
    let seen_in =
        |frame: &FrameRow| detections.iter().filter(|seen| seen.frame_id == frame.frame_id).collect::<Vec<_>>();
    let fullest = frames.iter().max_by_key(|frame| (seen_in(frame).len(), frame.frame_id));
    if let Some(frame) = fullest {
        let jpeg = store.get(&frame.image_path).await?.with_context(|| frame.image_path.clone())?;
        write(&folder.join("frame.png"), &picture::frame(&jpeg, &seen_in(frame))?)?;
    }
    Ok(())
}

fn write(file: &Path, png: &[u8]) -> anyhow::Result<()> {
    std::fs::write(file, png).with_context(|| file.display().to_string())?;
    eprintln!("drew {}", file.display());
    Ok(())
}
