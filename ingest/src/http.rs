//! The endpoint that drivers upload to: manifest first, then media by tus 1.0.0, then verdicts and receipts.
//!
//! | path | |
//! |---|---|
//! | `POST /v1/clips` | a manifest is judged; answers where to upload its files |
//! | `GET /v1/clips/{clip}` | what became of the clip (for its driver) |
//! | `GET /v1/clips/{clip}/receipt` | that it landed, signed by the server (for its driver) |
//! | `HEAD`, `PATCH`, `DELETE`, `OPTIONS /v1/clips/{clip}/media/{sha256}` | one file, by tus |
//! | `POST`, `OPTIONS /v1/uploads` | where clients of tus create an upload, by clip and file name |
//! | `GET /.well-known/jwks.json` | the key of receipts |
//! | `GET /healthz`, `/readyz`, `/metrics` | for whoever runs it |
//!
//! Whoever knows the address of a file may add to it: what lands is decided by the signed hash, not by who sent it.
//! Handlers read the clock that the roof passes in; nothing below them does.

mod answer;
mod bearer;
mod body;
mod clips;
mod cors;
mod counters;
mod health;
mod problem;
mod receive;
mod serve;
mod service;
mod settings;
mod tus;
mod watch;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, get, post};

pub use counters::Counters;
pub use serve::serve;
pub use service::{Buckets, Hooks, Service};
pub use settings::ServeSettings;

/// Every path of the endpoint, answered by `service`.
pub fn router(service: Arc<Service>) -> Router {
    Router::new()
        .route("/v1/clips", post(clips::create))
        .route("/v1/clips/{clip}", get(clips::state))
        .route("/v1/clips/{clip}/receipt", get(clips::receipt))
        .route("/v1/clips/{clip}/media/{digest}", any(tus::file))
        .route("/v1/uploads", any(tus::uploads))
        .route("/.well-known/jwks.json", get(clips::jwks))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(from_fn(cors::allow))
        .layer(from_fn_with_state(service.clone(), watch::watch))
        .with_state(service)
}
