//! From one landed clip to its published frames, detections and verdicts.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, ensure};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use waymark_datasets::erasure::Erased;
use waymark_datasets::rows::{ClipRow, DetectionRow, FrameRow, Verdict, VerdictRow};
use waymark_datasets::table::{Row, write_rows};
use waymark_datasets::{ClipId, Digest, FrameId, MediaKind, Partition, Reason, Rejection, Role, Store, processed_key};
use waymark_ingest::plausible::TrustSettings;
use waymark_ingest::{LandedClip, LandedMedia};
use waymark_vision::{Error as VisionError, Job, Outcome, Settings, Source, Still, Tally};

use crate::stage::bench::Bench;
use crate::stage::rows::{acceptance, clip_row, detection_row, frame_row, landing, partition, refusal, verdict};

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

/// The record of a clip; none while it is not done.
pub async fn record(store: &Store, clip: ClipId) -> anyhow::Result<Option<ClipRecord>> {
    let key = processed_key(clip);
    let Some(bytes) = store.get(&key).await? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).with_context(|| format!("object {key}"))
}

/// How a clip is processed.
#[derive(Debug, Clone, Copy)]
pub struct Process<'a> {
    /// How frames are sampled, redacted and encoded.
    pub vision: &'a Settings,
    /// How its track is measured.
    pub trust: &'a TrustSettings,
}

/// Processes one clip. Nothing of it counts before its record is written; what a killed run left is overwritten.
/// `go_on` is asked after each frame: when it says no, the clip is given up, which is an error.
pub async fn process(
    store: &Store,
    clip: &LandedClip,
    (bench, settings): (&mut Bench, &Process<'_>),
    go_on: &(dyn Fn() -> bool + Sync),
) -> anyhow::Result<ClipRecord> {
    let source = source(clip).await?;
    let mut gathered = Gathered { erased: Erased::of_store(store).await?.frames, ..Gathered::default() };
    let job = Job { source: &source, track: &clip.track, settings: settings.vision };
    let handle = Handle::current();
    let mut sink = |outcome| -> anyhow::Result<()> {
        let image = gathered.take(clip, outcome);
        ensure!(go_on(), "stopped on the way");
        Ok(image.map_or(Ok(()), |(key, jpeg)| handle.block_on(store.put(&key, jpeg)))?)
    };
    let done = tokio::task::block_in_place(|| waymark_vision::process(&job, &mut bench.detectors, &mut sink));
    let tally = match done {
        Ok(tally) => tally,
        Err(VisionError::Rejected(rejection)) => gathered.refuse_whole(clip, &rejection),
        Err(error) => return Err(error).with_context(|| format!("clip {}", clip.clip_id)),
    };
    finish(store, clip, (bench, settings.trust), (&gathered, tally)).await
}

/// Refuses a clip that nobody lived to process; it is done for good then, like any other.
pub async fn dead_letter(
    store: &Store,
    clip: &LandedClip,
    (bench, trust): (&Bench, &TrustSettings),
    rejection: &Rejection,
) -> anyhow::Result<ClipRecord> {
    let mut gathered = Gathered::default();
    let tally = gathered.refuse_whole(clip, rejection);
    finish(store, clip, (bench, trust), (&gathered, tally)).await
}

async fn finish(
    store: &Store,
    clip: &LandedClip,
    (bench, trust): (&Bench, &TrustSettings),
    (gathered, tally): (&Gathered, Tally),
) -> anyhow::Result<ClipRecord> {
    gathered.write(store, clip).await?;
    write_rows::<ClipRow>(store, landing(clip), &clip.clip_id.to_string(), &[clip_row(clip, trust)]).await?;
    let record = gathered.record(clip, bench, tally);
    let json = serde_json::to_vec_pretty(&record)?;
    store.create(&processed_key(clip.clip_id), json.into()).await?;
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
    /// Frames that must not come back.
    erased: BTreeSet<FrameId>,
}

impl Gathered {
    /// Notes what became of a frame; gives back the image to publish, with its key.
    fn take(&mut self, clip: &LandedClip, outcome: Outcome) -> Option<(String, Bytes)> {
        match outcome {
            Outcome::Refused { index, at, rejection } => {
                self.verdicts.push(refusal(clip, (index, at), &rejection));
                None
            }
            Outcome::Frame(frame) if self.erased.contains(&FrameId::derive(clip.clip_id, frame.index)) => None,
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
        let verdicts: Vec<_> = self.verdicts.iter().cloned().chain([acceptance(clip)]).collect();
        write_partitions(store, &name, &verdicts).await?;
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
        for (_, row) in self.detections.iter().filter(|(_, row)| row.role == Role::Private) {
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
