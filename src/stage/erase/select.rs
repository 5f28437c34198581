//! What a request covers: looked for in every table and in the inbox.

use std::collections::BTreeSet;

use anyhow::ensure;
use waymark_datasets::erasure::{Erased, ErasedFrame};
use waymark_datasets::rows::{ClipRow, FrameRow, VerdictRow};
use waymark_datasets::table::read_rows;
use waymark_datasets::{ClipId, DeviceId, Digest, DriverId, FrameId, Store, Table, processed_key};
use waymark_ingest::forget;

/// What is asked to be erased.
#[derive(Debug, Clone)]
pub enum What {
    /// All clips of a driver.
    Driver(DriverId),
    /// All clips of a device.
    Device(DeviceId),
    /// One clip.
    Clip(ClipId),
    /// Single frames.
    Frames(BTreeSet<FrameId>),
}

/// What there is of it.
#[derive(Default)]
pub struct Found {
    /// Clips as a whole.
    pub clips: BTreeSet<ClipId>,
    /// Manifests of verdicts.
    pub manifests: BTreeSet<Digest>,
    /// Published frames.
    pub frames: BTreeSet<ErasedFrame>,
    /// Files of tables with rows of them.
    pub files: BTreeSet<String>,
}

impl What {
    fn covers(&self, row: &FrameRow) -> bool {
        match self {
            Self::Driver(driver) => row.driver == *driver,
            Self::Device(device) => row.device_id == *device,
            Self::Clip(clip) => row.clip_id == *clip,
            Self::Frames(frames) => frames.contains(&row.frame_id),
        }
    }

    /// Whether what is known of a clip as a whole goes.
    fn covers_clip(&self, row: &ClipRow) -> bool {
        match self {
            Self::Driver(driver) => row.driver == *driver,
            Self::Device(device) => row.device_id == *device,
            Self::Clip(clip) => row.clip_id == *clip,
            Self::Frames(_) => false,
        }
    }

    /// Whether a verdict goes with its clip; those on single frames go with the frames.
    fn covers_verdict(&self, row: &VerdictRow) -> bool {
        match self {
            Self::Driver(driver) => row.driver.as_ref() == Some(driver),
            Self::Device(device) => row.device_id.as_ref() == Some(device),
            Self::Clip(clip) => row.clip_id == Some(*clip),
            Self::Frames(_) => false,
        }
    }
}

/// Looks for all that a request covers.
pub async fn select(store: &Store, inbox: &Store, what: &What) -> anyhow::Result<Found> {
    let mut found = Found::default();
    found.look_into_frames(store, |row| what.covers(row)).await?;
    if !matches!(what, What::Frames(_)) {
        found.clips.extend(found.frames.iter().map(|frame| frame.clip_id));
    }
    // The same picture may have been published twice, from footage that somebody signed again.
    let images: BTreeSet<Digest> = found.frames.iter().map(|frame| frame.image_sha256).collect();
    found.look_into_frames(store, |row| images.contains(&row.image_sha256)).await?;
    found.look_into_verdicts(store, what).await?;
    match what {
        What::Frames(frames) => check_published(store, frames, &found).await?,
        What::Clip(clip) => found.look_for_clip(store, inbox, *clip).await?,
        What::Driver(driver) => found.clips.extend(forget::find(inbox, |_, of| of == driver).await?),
        What::Device(device) => found.clips.extend(forget::find(inbox, |of, _| of == device).await?),
    }
    found.look_into_clips(store, what).await?;
    check_processed(store, &found).await?;
    Ok(found)
}

impl Found {
    async fn look_into_frames(&mut self, store: &Store, covers: impl Fn(&FrameRow) -> bool) -> anyhow::Result<()> {
        let detections: BTreeSet<String> =
            store.list(Table::Detections.name()).await?.into_iter().map(|object| object.path).collect();
        for object in store.list(Table::Frames.name()).await? {
            let rows: Vec<FrameRow> = read_rows(store, &object.path).await?.unwrap_or_default();
            let before = self.frames.len();
            for row in rows.into_iter().filter(&covers) {
                self.frames.insert(ErasedFrame {
                    frame_id: row.frame_id,
                    clip_id: row.clip_id,
                    image_path: row.image_path,
                    image_sha256: row.image_sha256,
                });
            }
            if self.frames.len() > before {
                // What is seen in the frames of a clip lies beside them, under the same name.
                let beside = object.path.replacen(Table::Frames.name(), Table::Detections.name(), 1);
                self.files.extend(detections.get(&beside).cloned());
                self.files.insert(object.path);
            }
        }
        Ok(())
    }

    async fn look_into_verdicts(&mut self, store: &Store, what: &What) -> anyhow::Result<()> {
        let frames: BTreeSet<FrameId> = self.frames.iter().map(|frame| frame.frame_id).collect();
        for object in store.list(Table::Verdicts.name()).await? {
            let rows: Vec<VerdictRow> = read_rows(store, &object.path).await?.unwrap_or_default();
            let mut is_covered = false;
            for row in &rows {
                let is_of_frame = row.frame_id.is_some_and(|frame| frames.contains(&frame));
                is_covered |= is_of_frame || what.covers_verdict(row);
                if what.covers_verdict(row) {
                    self.manifests.insert(row.manifest_sha256);
                    self.clips.extend(row.clip_id);
                }
            }
            if is_covered {
                self.files.insert(object.path);
            }
        }
        Ok(())
    }

    async fn look_into_clips(&mut self, store: &Store, what: &What) -> anyhow::Result<()> {
        for object in store.list(Table::Clips.name()).await? {
            let rows: Vec<ClipRow> = read_rows(store, &object.path).await?.unwrap_or_default();
            for row in rows {
                if what.covers_clip(&row) || self.clips.contains(&row.clip_id) {
                    self.clips.insert(row.clip_id);
                    self.files.insert(object.path.clone());
                }
            }
        }
        Ok(())
    }

    /// A clip that landed and was not processed is only in the inbox.
    async fn look_for_clip(&mut self, store: &Store, inbox: &Store, clip: ClipId) -> anyhow::Result<()> {
        let mut erased = Erased::default();
        erased.clips.insert(clip);
        let (_, is_there) = forget::remains(inbox, &erased).await?;
        if is_there.is_some() || store.get(&processed_key(clip)).await?.is_some() {
            self.clips.insert(clip);
        }
        Ok(())
    }
}

/// Frames that nobody published cannot be erased.
async fn check_published(store: &Store, wanted: &BTreeSet<FrameId>, found: &Found) -> anyhow::Result<()> {
    let known: BTreeSet<FrameId> = found.frames.iter().map(|frame| frame.frame_id).collect();
    let before = Erased::of_store(store).await?.frames;
    for frame in wanted {
        ensure!(known.contains(frame) || before.contains(frame), "frame {frame}: there is no such frame");
    }
    Ok(())
}

/// The raw footage of single frames goes with them, so nobody may need it any more.
async fn check_processed(store: &Store, found: &Found) -> anyhow::Result<()> {
    let clips: BTreeSet<ClipId> = found.frames.iter().map(|frame| frame.clip_id).collect();
    for clip in clips.difference(&found.clips) {
        let is_done = store.get(&processed_key(*clip)).await?.is_some();
        ensure!(is_done, "clip {clip} is still being processed: run `waymark build` first, or erase the whole clip");
    }
    Ok(())
}
