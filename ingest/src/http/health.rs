//! For whoever runs the server.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use super::problem::Problem;
use super::problems::Unavailable;
use super::service::Service;

/// The process answers.
#[utoipa::path(get, path = "/healthz", tag = "server",
    responses((status = 200, description = "It lives", body = String, content_type = "text/plain")))]
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// New clips are taken: the buckets can be reached, the denylist can be believed, and there is room.
#[utoipa::path(get, path = "/readyz", tag = "server",
    responses((status = 200, description = "It takes clips", body = String, content_type = "text/plain"), Unavailable))]
pub(super) async fn ready(State(service): State<Arc<Service>>) -> Result<&'static str, Problem> {
    service.buckets.inbox.get("keys/server.pem").await?;
    service.buckets.store.get("latest").await?;
    service.denylist().await?;
    service.pressure()?.map_or(Ok("ready\n"), |why| Err(Problem::busy(why)))
}

/// The counters, for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "server",
    responses((status = 200, description = "Prometheus text", body = String, content_type = "text/plain")))]
pub(super) async fn metrics(State(service): State<Arc<Service>>) -> impl IntoResponse {
    let free_bytes = service.buckets.inbox.free_bytes().ok().flatten();
    let mut gauges =
        vec![("waymark_backlog_clips", "Clips that wait to be processed.", (service.hooks.backlog)() as u64)];
    gauges.extend(free_bytes.map(|bytes| ("waymark_disk_free_bytes", "Room on the disk of the inbox.", bytes)));
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], service.counters.render(&gauges))
}
