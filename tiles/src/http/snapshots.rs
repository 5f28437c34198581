//! `/v1/snapshots`: every version of the map, for whoever wants to go back in time.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use futures::future::try_join_all;
use serde_json::{Value, json};
use waymark_datasets::{Digest, UtcMillis, snapshot};

use super::answer::{JSON, Lasting, json};
use super::map::Map;
use super::params::Params;
use super::problem::Problem;
use crate::archive::index_key;
use crate::query::View;

/// Snapshots of one answer, latest first.
const SNAPSHOTS_MAX: usize = 100;
/// How many are opened side by side.
const AT_ONCE: usize = 16;
/// About what is kept of one.
const SUMMARY_BYTES: usize = 1_024;

/// The snapshots, latest first: when each was published, and which epochs it has.
#[utoipa::path(
    get, path = "/v1/snapshots", tag = "map",
    responses(
        (status = 200, description = "The latest hundred", content_type = "application/json", body = Object),
        (status = 304, description = "You have it"),
        (status = 400, description = "An unknown parameter", content_type = "application/problem+json"),
        (status = 503, description = "The storage failed", content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(State(map): State<Arc<Map>>, uri: Uri, asked: HeaderMap) -> Result<Response, Problem> {
    Params::of_query(uri.query(), &[])?;
    let mut history = snapshot::history(map.shelf.store()).await?;
    history.reverse();
    let mut snapshots: Vec<Value> = Vec::new();
    let shown = &history[..history.len().min(SNAPSHOTS_MAX)];
    for some in shown.chunks(AT_ONCE) {
        snapshots.extend(try_join_all(some.iter().map(|(id, at)| one(&map, *id, *at))).await?);
    }
    let latest = map.current().view.id;
    let answer = json!({ "latest": latest, "total": history.len(), "snapshots": snapshots });
    Ok(json(&asked, JSON, &answer, Lasting::Checked))
}

/// Opened once: a snapshot never changes, but for tiles that may be built later.
async fn one(map: &Map, id: Digest, published_at: UtcMillis) -> Result<Value, Problem> {
    if let Some(known) = map.summaries.get(&id) {
        return Ok(known);
    }
    let store = map.shelf.store();
    let view = View::open(store, id).await?;
    let has_tiles = store.size_bytes(&index_key(id)).await?.is_some();
    let parts = view.parts();
    let mut epochs: Vec<_> = parts.iter().map(|part| part.epoch).collect();
    epochs.dedup();
    let summary = json!({
        "snapshot": id,
        "published_at": published_at.to_string(),
        "epochs": epochs,
        "bbox": view.extent(),
        "files": parts.iter().map(|part| part.reference.files).sum::<u64>(),
        "size_bytes": parts.iter().fold(0, |sum: u64, part| sum.saturating_add(part.reference.size_bytes)),
        "has_tiles": has_tiles,
    });
    if has_tiles {
        map.summaries.put(id, summary.clone(), SUMMARY_BYTES + epochs.len() * 8);
    }
    Ok(summary)
}
