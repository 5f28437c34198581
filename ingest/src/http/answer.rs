//! What is said of a clip: its state, its files, the verdicts on its frames.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use waymark_datasets::rows::VerdictRow;
use waymark_datasets::table::read_rows;
use waymark_datasets::{Cell, ClipId, Digest, Epoch, Fix, Partition, Region, Store, Table, processed_key};

use super::service::Service;
use crate::error::Error;
use crate::landed::LandedClip;
use crate::manifest::MediaName;
use crate::upload::refusal::Refusal;
use crate::upload::{Upload, parts};

/// A clip that is being uploaded: `awaiting_media`, or `received` while its whole files wait for a decision.
pub(super) async fn of_upload(service: &Service, upload: &Upload) -> Result<Value, Error> {
    let held = parts::held_of_all(&service.buckets.inbox, upload).await?;
    let clip_id = upload.clip_id();
    let mut is_complete = true;
    let mut media = Vec::with_capacity(upload.manifest.media.len());
    for entry in &upload.manifest.media {
        let offset = held.get(&entry.sha256).map_or(0, |held| held.bytes);
        is_complete &= offset >= entry.size_bytes;
        media.push(file(clip_id, (&entry.name, entry.size_bytes, entry.sha256), offset));
    }
    let state = if is_complete { "received" } else { "awaiting_media" };
    let expires_at = upload.expires_at(service.settings.retention_hours);
    Ok(json!({ "clip": clip_id, "state": state, "expires_at_ms": expires_at, "media": media }))
}

/// A clip that landed: `landed`, or `processed` with the verdict on each of its frames.
pub(super) async fn of_landed(service: &Service, clip: &LandedClip) -> Result<Value, Error> {
    let store = &service.buckets.store;
    let media = clip.media.iter();
    let media: Vec<Value> =
        media.map(|m| file(clip.clip_id, (&m.name, m.size_bytes, m.digest), m.size_bytes)).collect();
    let mut json = json!({ "clip": clip.clip_id, "state": "landed", "media": media });
    if store.get(&processed_key(clip.clip_id)).await?.is_some() {
        json["state"] = json!("processed");
        json["frames"] = json!(frames(store, clip).await?);
    }
    Ok(json)
}

/// A clip that was uploaded and refused.
pub(super) fn of_refusal(clip_id: ClipId, refusal: &Refusal) -> Value {
    json!({ "clip": clip_id, "state": "refused", "reason": refusal.reason, "detail": refusal.detail })
}

/// Where a file is uploaded to, relative to the server.
pub(super) fn upload_path(clip_id: ClipId, digest: Digest) -> String {
    format!("/v1/clips/{clip_id}/media/{digest}")
}

pub(super) fn json_response(status: StatusCode, json: &Value) -> Response {
    let mut response = Response::new(Body::from(json.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn file(clip_id: ClipId, (name, size_bytes, digest): (&MediaName, u64, Digest), offset: u64) -> Value {
    let url = upload_path(clip_id, digest);
    json!({ "name": name, "size_bytes": size_bytes, "sha256": digest, "offset": offset, "upload_url": url })
}

/// Verdicts on frames lie where the frames are: in the regions that the track touches.
async fn frames(store: &Store, clip: &LandedClip) -> Result<Vec<Value>, Error> {
    let partitions: BTreeSet<Partition> = clip.track.fixes().iter().flat_map(touched).collect();
    let mut rows: Vec<VerdictRow> = Vec::new();
    for at in partitions {
        let key = Table::Verdicts.key(at, &clip.clip_id.to_string());
        rows.extend(read_rows::<VerdictRow>(store, &key).await?.unwrap_or_default());
    }
    rows.sort_by_key(|row| row.frame_index);
    let frame = |row: &VerdictRow| json!({ "frame": row.frame_id, "index": row.frame_index, "verdict": row.verdict, "detail": row.detail });
    Ok(rows.iter().map(frame).collect())
}

/// A cell at the rim of a region may lie in it though the position does not.
fn touched(fix: &Fix) -> [Partition; 2] {
    let epoch = Epoch::of(fix.at);
    let cell = Cell::at(fix.position);
    [Region::at(fix.position), cell.region()].map(|region| Partition::of(epoch, region))
}
