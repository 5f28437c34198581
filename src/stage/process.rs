//! From one landed clip to its published frames, detections and verdicts.

use std::collections::BTreeMap;

use anyhow::Context;
use bytes::Bytes;
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use waymark_datasets::rows::{DetectionRow, FrameRow, Verdict, VerdictRow};
use waymark_datasets::table::{Row, write_rows};
use waymark_datasets::{
    ClipId, Digest, Epoch, FrameId, MediaKind, Partition, Reason, Rejection, Slot, Store, UtcMillis,
};
use waymark_datasets::{Region, snapshot};
use waymark_ingest::{LandedClip, LandedMedia};
use waymark_vision::{Error as VisionError, Frame, Job, Outcome, Settings, Source, Still, Tally};

use crate::stage::bench::Bench;

/// What a clip came to, and by what: written last, create-only. A clip with this record is done for good.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClipRecord {
    /// Of this format: 1.
    pub version: u32,
    /// The clip.
    pub clip_id: ClipId,
    /// Name of the model pack.
    pub pack: String,
    /// SHA-256 of its `pack.toml`, which names every model file by hash.
    pub pack_sha256: Digest,
    /// Version of ONNX Runtime: inference may differ in the last bits between versions and kinds of CPU.
    pub onnxruntime: String,
    /// Frames in the media.
    pub frames_in: u64,
    /// Frames published.
    pub sampled: u64,
    /// Frames that nobody needs: too near to one that was taken.
    pub not_needed: u64,
    /// Frames taken while standing still.
    pub standing: u64,
    /// Frames where the track says nothing.
    pub outside: u64,
    /// Frames refused, by reason.
    pub refused: BTreeMap<Reason, u64>,
    /// Things redacted, by class.
    pub redacted: BTreeMap<String, u64>,
}

const VERSION: u32 = 1;

/// The key of a clip's record.
pub fn record_key(clip: ClipId) -> String {
    format!("processed/{clip}.json")
}

/// The record of a clip; none while it is not done.
pub async fn record(store: &Store, clip: ClipId) -> anyhow::Result<Option<ClipRecord>> {
    let key = record_key(clip);
    let Some(bytes) = store.get(&key).await? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).with_context(|| format!("object {key}"))
}

/// Processes one clip. Nothing of it counts before its record is written; what a killed run left is overwritten.
pub async fn process(
    store: &Store,
    clip: &LandedClip,
    (bench, settings): (&mut Bench, &Settings),
    progress: &ProgressBar,
) -> anyhow::Result<ClipRecord> {
    let source = source(clip).await?;
    let mut gathered = Gathered::default();
    let job = Job { source: &source, track: &clip.track, settings };
    let handle = Handle::current();
    let mut sink = |outcome| {
        let image = gathered.take(clip, outcome);
        progress.inc(1);
        image.map_or(Ok(()), |(key, jpeg)| handle.block_on(store.put(&key, jpeg)))
    };
    let done = tokio::task::block_in_place(|| waymark_vision::process(&job, &mut bench.detectors, &mut sink));
    let tally = match done {
        Ok(tally) => tally,
        Err(VisionError::Rejected(rejection)) => gathered.refuse_whole(clip, &rejection),
        Err(error) => return Err(error).with_context(|| format!("clip {}", clip.clip_id)),
    };
    gathered.write(store, clip).await?;
    let record = gathered.record(clip, bench, tally);
    let json = serde_json::to_vec_pretty(&record)?;
    store.create(&record_key(clip.clip_id), json.into()).await?;
    Ok(record)
}

async fn source(clip: &LandedClip) -> anyhow::Result<Source> {
    let kind = |kind| move |media: &&LandedMedia| media.kind == kind;
    if let Some(video) = clip.media.iter().find(kind(MediaKind::Video)) {
        let name = video.name.to_string();
        return Ok(Source::Video { name, bytes: clip.read(video).await?, start: clip.start });
    }
    let mut stills = Vec::new();
    for media in clip.media.iter().filter(kind(MediaKind::Still)) {
        let at = media.at.unwrap_or(clip.start);
        stills.push(Still { name: media.name.to_string(), bytes: clip.read(media).await?, at });
    }
    Ok(Source::Stills(stills))
}

/// Rows of one clip, until they are written.
#[derive(Default)]
struct Gathered {
    frames: Vec<FrameRow>,
    detections: Vec<(Partition, DetectionRow)>,
    verdicts: Vec<(Partition, VerdictRow)>,
}

impl Gathered {
    /// Notes what became of a frame; gives back the image to publish, with its key.
    fn take(&mut self, clip: &LandedClip, outcome: Outcome) -> Option<(String, Bytes)> {
        match outcome {
            Outcome::Refused { index, at, rejection } => {
                self.verdicts.push(refusal(clip, (index, at), &rejection));
                None
            }
            Outcome::Frame(frame) => {
                let row = frame_row(clip, &frame);
                let at = partition(&row);
                let detections = frame.detections.iter().zip(0..);
                self.detections.extend(detections.map(|(seen, index)| (at, detection_row(&row, seen, index))));
                self.verdicts.push((at, verdict(clip, (frame.index, Some(frame.at)), Verdict::Accepted, "")));
                let image = (row.image_path.clone(), frame.image.jpeg().clone());
                self.frames.push(row);
                Some(image)
            }
        }
    }

    /// The decoder gave up on the whole clip, which its header did not show.
    fn refuse_whole(&mut self, clip: &LandedClip, rejection: &Rejection) -> Tally {
        *self = Self::default();
        self.verdicts.push(refusal(clip, (0, Some(clip.start)), rejection));
        Tally { frames_in: 1, refused: 1, ..Tally::default() }
    }

    async fn write(&self, store: &Store, clip: &LandedClip) -> anyhow::Result<()> {
        let name = clip.clip_id.to_string();
        let frames: Vec<_> = self.frames.iter().map(|row| (partition(row), row.clone())).collect();
        write_partitions(store, &name, &self.detections).await?;
        write_partitions(store, &name, &self.verdicts).await?;
        write_partitions(store, &name, &frames).await
    }

    fn record(&self, clip: &LandedClip, bench: &Bench, tally: Tally) -> ClipRecord {
        let mut refused = BTreeMap::new();
        for (_, row) in &self.verdicts {
            if let Verdict::Refused(reason) = row.verdict {
                *refused.entry(reason).or_default() += 1;
            }
        }
        let mut redacted = BTreeMap::new();
        for (_, row) in self.detections.iter().filter(|(_, row)| row.role == waymark_datasets::Role::Private) {
            *redacted.entry(row.class.to_string()).or_default() += 1;
        }
        ClipRecord {
            version: VERSION,
            clip_id: clip.clip_id,
            pack: bench.pack.name().into(),
            pack_sha256: bench.pack.digest(),
            onnxruntime: bench.onnxruntime.clone(),
            frames_in: tally.frames_in,
            sampled: tally.sampled,
            not_needed: tally.not_needed,
            standing: tally.standing,
            outside: tally.outside,
            refused,
            redacted,
        }
    }
}

async fn write_partitions<R: Row + Clone>(store: &Store, name: &str, rows: &[(Partition, R)]) -> anyhow::Result<()> {
    let mut partitions: BTreeMap<Partition, Vec<R>> = BTreeMap::new();
    rows.iter().for_each(|(at, row)| partitions.entry(*at).or_default().push(row.clone()));
    for (at, rows) in partitions {
        write_rows(store, at, name, &rows).await?;
    }
    Ok(())
}

fn partition(row: &FrameRow) -> Partition {
    Partition::of(Epoch::of(row.captured_at_ms), row.h3_cell.region())
}

fn frame_row(clip: &LandedClip, frame: &Frame) -> FrameRow {
    let frame_id = FrameId::derive(clip.clip_id, frame.index);
    let slot = Slot::at(frame.pose.position, frame.pose.heading);
    let (epoch, region, jpeg) = (Epoch::of(frame.at), slot.cell.region(), frame.image.jpeg());
    FrameRow {
        frame_id,
        clip_id: clip.clip_id,
        frame_index: frame.index,
        device_id: clip.device_id.clone(),
        driver: clip.driver.clone(),
        captured_at_ms: frame.at,
        h3_cell: slot.cell,
        heading_octant: slot.octant,
        latitude_deg: frame.pose.position.latitude,
        longitude_deg: frame.pose.position.longitude,
        altitude_m: frame.pose.altitude_m,
        heading_deg: frame.pose.heading,
        speed_mps: frame.pose.speed_mps,
        accuracy_mm: frame.pose.accuracy_mm,
        width_px: frame.width_px,
        height_px: frame.height_px,
        quality_ppm: frame.quality,
        sharpness_ppm: frame.sharpness,
        exposure_ppm: frame.exposure,
        redacted_ppm: frame.redacted,
        image_path: format!("{}/epoch={epoch}/region={region}/{frame_id}.jpg", snapshot::IMAGERY),
        image_sha256: Digest::of(jpeg),
        image_bytes: jpeg.len() as u64,
    }
}

fn detection_row(frame: &FrameRow, seen: &waymark_vision::Detection, index: u32) -> DetectionRow {
    let (refined_class, refined_score_ppm) = seen.refined.clone().unzip();
    DetectionRow {
        frame_id: frame.frame_id,
        detection_index: index,
        clip_id: frame.clip_id,
        h3_cell: frame.h3_cell,
        class: seen.class.clone(),
        role: seen.role,
        score_ppm: seen.score,
        x_min_px: seen.bbox.x_min_px,
        y_min_px: seen.bbox.y_min_px,
        x_max_px: seen.bbox.x_max_px,
        y_max_px: seen.bbox.y_max_px,
        refined_class,
        refined_score_ppm,
        model: seen.model.clone(),
    }
}

/// A refused frame has no pose: it is filed with the first fix of its clip.
fn refusal(clip: &LandedClip, frame: (u32, Option<UtcMillis>), rejection: &Rejection) -> (Partition, VerdictRow) {
    let first = clip.track.first();
    let at = Partition::of(Epoch::of(first.at), Region::at(first.position));
    (at, verdict(clip, frame, Verdict::Refused(rejection.reason), &rejection.detail))
}

fn verdict(clip: &LandedClip, frame: (u32, Option<UtcMillis>), verdict: Verdict, detail: &str) -> VerdictRow {
    VerdictRow {
        clip_id: Some(clip.clip_id),
        frame_id: Some(FrameId::derive(clip.clip_id, frame.0)),
        frame_index: Some(frame.0),
        device_id: Some(clip.device_id.clone()),
        driver: Some(clip.driver.clone()),
        captured_at_ms: frame.1,
        verdict,
        detail: detail.into(),
        manifest_sha256: clip.manifest_sha256,
    }
}
