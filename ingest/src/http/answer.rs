//! What is said of a clip: its state, its files, the verdicts on its frames and what they earned.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use waymark_datasets::rows::{Verdict, VerdictRow};
use waymark_datasets::table::read_rows;
use waymark_datasets::{
    Amount, Cell, ClipId, Digest, Epoch, Fix, FrameId, Partition, Reason, Region, Store, Table, UtcMillis,
    processed_key,
};

use super::earned::earned;
use super::problem::Problem;
use super::service::Service;
use crate::error::Error;
use crate::landed::LandedClip;
use crate::manifest::MediaName;
use crate::upload::Upload;
use crate::upload::parts::{self, Held};
use crate::upload::refusal::Refusal;

/// What became of a clip.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ClipState {
    /// Its id.
    #[schema(value_type = String)]
    clip: ClipId,
    /// How far it is.
    state: State,
    /// When its upload is given up unless it is complete, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    expires_at_ms: Option<UtcMillis>,
    /// Its files, in the order of the manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    media: Option<Vec<FileState>>,
    /// What was decided on each of its frames, once it is processed.
    #[serde(skip_serializing_if = "Option::is_none")]
    frames: Option<Vec<FrameState>>,
    /// What its frames earned together in smallest units, once their epochs are closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    earned: Option<Amount>,
    /// Why it was refused: a reason code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    reason: Option<Reason>,
    /// What was wrong with it, in one sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// How far a clip is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// Files are missing.
    AwaitingMedia,
    /// All files are there, and a decision is awaited.
    Received,
    /// It is in the inbox, durably.
    Landed,
    /// Its frames were decided on.
    Processed,
    /// It was refused.
    Refused,
}

/// One file of a clip.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FileState {
    /// Its name in the bundle.
    #[schema(value_type = String)]
    name: MediaName,
    /// Its size.
    size_bytes: u64,
    /// Its SHA-256.
    #[schema(value_type = String)]
    sha256: Digest,
    /// How much of it is held, durably.
    offset: u64,
    /// Where it is uploaded to by tus, relative to this server.
    upload_url: String,
}

/// What was decided on one frame.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FrameState {
    /// Its id.
    #[schema(value_type = Option<String>)]
    frame: Option<FrameId>,
    /// Its index in the clip.
    index: Option<u32>,
    /// `accepted`, or a reason code.
    #[schema(value_type = String)]
    verdict: Verdict,
    /// What was wrong with it; empty when accepted.
    detail: String,
    /// What it earned in smallest units, once its epoch is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    earned: Option<Amount>,
}

/// A clip that is being uploaded: awaiting media, or received while its whole files wait for a decision.
pub(super) async fn of_upload(service: &Service, upload: &Upload) -> Result<ClipState, Error> {
    let held = parts::held_of_all(&service.buckets.inbox, upload).await?;
    Ok(of_holding(service, upload, &held))
}

/// A clip of which nothing came yet.
pub(super) fn of_new_upload(service: &Service, upload: &Upload) -> ClipState {
    of_holding(service, upload, &BTreeMap::new())
}

fn of_holding(service: &Service, upload: &Upload, held: &BTreeMap<Digest, Held>) -> ClipState {
    let clip_id = upload.clip_id();
    let mut is_complete = true;
    let mut media = Vec::with_capacity(upload.manifest.media.len());
    for entry in &upload.manifest.media {
        let offset = held.get(&entry.sha256).map_or(0, |held| held.bytes);
        is_complete &= offset >= entry.size_bytes;
        media.push(file(clip_id, (&entry.name, entry.size_bytes, entry.sha256), offset));
    }
    let state = if is_complete { State::Received } else { State::AwaitingMedia };
    let expires_at_ms = Some(upload.expires_at(service.settings.retention_hours));
    ClipState { expires_at_ms, media: Some(media), ..bare(clip_id, state) }
}

/// A clip that landed, or was processed: then with the verdict on each of its frames.
pub(super) async fn of_landed(service: &Service, clip: &LandedClip) -> Result<ClipState, Error> {
    let store = &service.buckets.store;
    let media = clip.media.iter();
    let media = media.map(|m| file(clip.clip_id, (&m.name, m.size_bytes, m.digest), m.size_bytes)).collect();
    let state = ClipState { media: Some(media), ..bare(clip.clip_id, State::Landed) };
    if store.get(&processed_key(clip.clip_id)).await?.is_none() {
        return Ok(state);
    }
    let verdicts = verdicts(store, clip).await?;
    let epoch_of = |row: &VerdictRow| Epoch::of(row.captured_at_ms.unwrap_or(clip.start));
    let paid = earned(service, clip.clip_id, verdicts.iter().map(epoch_of).collect()).await?;
    let frames: Vec<FrameState> =
        verdicts.iter().map(|row| frame(row, paid.of_frame(epoch_of(row), row.frame_id))).collect();
    let earned = frames.iter().map(|frame| frame.earned).sum::<Option<Amount>>().filter(|_| !frames.is_empty());
    Ok(ClipState { state: State::Processed, frames: Some(frames), earned, ..state })
}

/// A clip that was uploaded and refused.
pub(super) fn of_refusal(clip_id: ClipId, refusal: Refusal) -> ClipState {
    ClipState { reason: Some(refusal.reason), detail: Some(refusal.detail), ..bare(clip_id, State::Refused) }
}

/// Where a file is uploaded to, relative to the server.
pub(super) fn upload_path(clip_id: ClipId, digest: Digest) -> String {
    format!("/v1/clips/{clip_id}/media/{digest}")
}

pub(super) fn json_response(status: StatusCode, value: &impl Serialize) -> Response {
    let json = match serde_json::to_vec(value) {
        Ok(json) => json,
        Err(error) => {
            tracing::error!(%error, "an answer has no form in JSON");
            return Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the answer cannot be written").into_response();
        }
    };
    let mut response = Response::new(Body::from(json));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn bare(clip: ClipId, state: State) -> ClipState {
    let (expires_at_ms, media, frames) = (None, None, None);
    ClipState { clip, state, expires_at_ms, media, frames, earned: None, reason: None, detail: None }
}

fn file(clip_id: ClipId, (name, size_bytes, sha256): (&MediaName, u64, Digest), offset: u64) -> FileState {
    FileState { name: name.clone(), size_bytes, sha256, offset, upload_url: upload_path(clip_id, sha256) }
}

fn frame(row: &VerdictRow, earned: Option<Amount>) -> FrameState {
    let (frame, index, verdict) = (row.frame_id, row.frame_index, row.verdict);
    FrameState { frame, index, verdict, detail: row.detail.clone(), earned }
}

/// Verdicts on frames lie where the frames are: in the regions that the track touches.
async fn verdicts(store: &Store, clip: &LandedClip) -> Result<Vec<VerdictRow>, Error> {
    let partitions: BTreeSet<Partition> = clip.track.fixes().iter().flat_map(touched).collect();
    let mut rows: Vec<VerdictRow> = Vec::new();
    for at in partitions {
        let key = Table::Verdicts.key(at, &clip.clip_id.to_string());
        rows.extend(read_rows::<VerdictRow>(store, &key).await?.unwrap_or_default());
    }
    // The one on the clip as a whole is said by its state.
    rows.retain(|row| row.frame_id.is_some());
    rows.sort_by_key(|row| row.frame_index);
    Ok(rows)
}

/// A cell at the rim of a region may lie in it though the position does not.
fn touched(fix: &Fix) -> [Partition; 2] {
    let epoch = Epoch::of(fix.at);
    let cell = Cell::at(fix.position);
    [Region::at(fix.position), cell.region()].map(|region| Partition::of(epoch, region))
}
