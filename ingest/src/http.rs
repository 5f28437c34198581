//! The endpoint that drivers upload to: manifest first, then media by tus 1.0.0, then verdicts and receipts.
//!
//! | path | |
//! |---|---|
//! | `POST /v1/clips` | a manifest is judged; answers where to upload its files |
//! | `GET /v1/clips/{clip}` | what became of the clip (for its driver) |
//! | `GET /v1/clips/{clip}/receipt` | that it landed, signed by the server (for its driver) |
//! | `HEAD`, `PATCH`, `DELETE`, `OPTIONS /v1/clips/{clip}/media/{sha256}` | one file, by tus |
//! | `POST`, `OPTIONS /v1/uploads` | where clients of tus create an upload, by clip and file name |
//! | `GET /v1/nonce` | what a device signs to show that it signed lately |
//! | `POST /v1/devices`, `POST /v1/devices/{device}/rotation` | a device enrols itself; a key hands over to a new one |
//! | `GET /.well-known/jwks.json` | the key of receipts |
//! | `GET /healthz`, `/readyz`, `/metrics` | for whoever runs it |
//!
//! Who reads shows a token by the device's key that is made for this server (`aud`): for the address in
//! [`Service::new`], which the roof takes from `--public-url`. A token for another server is none here.
//! Whoever knows the address of a file may add to it: what lands is decided by the signed hash, not by who sent it.
//! Handlers read the clock that the roof passes in; nothing below them does.

mod announce;
mod answer;
mod bearer;
mod body;
mod clips;
mod cors;
mod counters;
mod devices;
mod earned;
mod health;
mod limits;
mod line;
mod nonce;
mod openapi;
mod paces;
mod problem;
mod problems;
mod receive;
mod serve;
mod service;
mod settings;
mod turns;
mod tus;
mod watch;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use counters::Counters;
pub use serve::{listen, serve};
pub use service::{Buckets, Hooks, Service};
pub use settings::{LimitSettings, ServeSettings};

/// Every path of the endpoint, answered by `service`.
pub fn router(service: Arc<Service>) -> Router {
    let (routes, _) = paths().split_for_parts();
    routes
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(map_response(problem::instead_of_text))
        .layer(from_fn_with_state(service.clone(), limits::per_address))
        .layer(from_fn(cors::allow))
        .layer(from_fn_with_state(service.clone(), watch::watch))
        .with_state(service)
}

/// The same paths as an OpenAPI 3.1 document.
#[must_use]
pub fn api() -> OpenApi {
    openapi::complete(paths().into_openapi())
}

/// Paths and document are one declaration, with each handler.
fn paths() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::with_openapi(openapi::frame())
        .routes(routes!(announce::announce))
        .routes(routes!(clips::state))
        .routes(routes!(clips::receipt))
        .routes(tus::file_routes())
        .routes(tus::upload_routes())
        .routes(routes!(nonce::nonce))
        .routes(routes!(devices::enrol))
        .routes(routes!(devices::rotate))
        .routes(routes!(clips::jwks))
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
}
