//! `GET /v1/nonce`: what a device signs to show that it signed lately.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use waymark_datasets::UtcMillis;

use super::answer::json_response;
use super::problem::Problem;
use super::problems::{TooMany, Unavailable};
use super::service::Service;
use crate::nonce;

/// A nonce of this server.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Nonce {
    /// What goes into the manifest, as it is.
    nonce: String,
    /// Until when a clip must be announced, in milliseconds since 1970.
    #[schema(value_type = i64)]
    expires_at_ms: UtcMillis,
    /// Whether this server refuses manifests without one.
    is_required: bool,
}

/// A fresh nonce for one manifest or many; the server keeps no list of them.
#[utoipa::path(get, path = "/v1/nonce", tag = "clips",
    responses((status = 200, description = "A nonce", body = Nonce), TooMany, Unavailable))]
pub(super) async fn nonce(State(service): State<Arc<Service>>) -> Result<Response, Problem> {
    let expires_at_ms = service.now().plus_ms(i64::from(service.settings.nonce_valid_s) * 1_000);
    let is_required = service.settings.nonce_required;
    let nonce = Nonce { nonce: nonce::issue(&service.key, expires_at_ms)?, expires_at_ms, is_required };
    Ok(json_response(StatusCode::OK, &nonce))
}
