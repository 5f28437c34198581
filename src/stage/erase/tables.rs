//! Taking rows and images out of the bucket.

use waymark_datasets::erasure::{Erased, Tombstone};
use waymark_datasets::rows::{ClipRow, DetectionRow, FrameRow, VerdictRow};
use waymark_datasets::table::{Row, encode, read_rows};
use waymark_datasets::{Store, Table, processed_key, snapshot};

/// Removes images, and rows of frames, detections, verdicts and clips; a file without a row left goes as a whole.
pub async fn take_out(store: &Store, tombstone: &Tombstone, erased: &Erased) -> anyhow::Result<()> {
    let imagery = format!("{}/", snapshot::IMAGERY);
    for frame in tombstone.frames.iter().filter(|frame| frame.image_path.starts_with(&imagery)) {
        store.remove(&frame.image_path).await?;
    }
    for path in &tombstone.files {
        if is_of(path, Table::Frames) {
            keep_rows(store, path, |row: &FrameRow| !erased.has_frame(row)).await?;
        } else if is_of(path, Table::Detections) {
            keep_rows(store, path, |row: &DetectionRow| !erased.has_detection(row)).await?;
        } else if is_of(path, Table::Verdicts) {
            keep_rows(store, path, |row: &VerdictRow| !erased.has_verdict(row)).await?;
        } else if is_of(path, Table::Clips) {
            keep_rows(store, path, |row: &ClipRow| !erased.clips.contains(&row.clip_id)).await?;
        }
    }
    for clip in &tombstone.clips {
        store.remove(&processed_key(*clip)).await?;
    }
    Ok(())
}

fn is_of(path: &str, table: Table) -> bool {
    path.split('/').next() == Some(table.name())
}

async fn keep_rows<R: Row>(store: &Store, path: &str, keep: impl Fn(&R) -> bool) -> anyhow::Result<()> {
    let Some(mut rows) = read_rows::<R>(store, path).await? else { return Ok(()) };
    let before = rows.len();
    rows.retain(keep);
    if rows.is_empty() {
        store.remove(path).await?;
    } else if rows.len() < before {
        store.put(path, encode(&rows)?).await?;
    }
    Ok(())
}
