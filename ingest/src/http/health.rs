//! For whoever runs the server.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use super::problem::Problem;
use super::service::Service;

/// The process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// New clips are taken: the buckets can be reached, and there is room.
pub(super) async fn ready(State(service): State<Arc<Service>>) -> Result<&'static str, Problem> {
    service.buckets.inbox.get("keys/server.pem").await?;
    service.buckets.store.get("latest").await?;
    service.pressure()?.map_or(Ok("ready\n"), |why| Err(Problem::busy(why)))
}

/// The counters, for Prometheus.
pub(super) async fn metrics(State(service): State<Arc<Service>>) -> impl IntoResponse {
    let free_bytes = service.buckets.inbox.free_bytes().ok().flatten();
    let mut gauges =
        vec![("waymark_backlog_clips", "Clips that wait to be processed.", (service.hooks.backlog)() as u64)];
    gauges.extend(free_bytes.map(|bytes| ("waymark_disk_free_bytes", "Room on the disk of the inbox.", bytes)));
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], service.counters.render(&gauges))
}
