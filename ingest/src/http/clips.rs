//! `/v1/clips/{clip}`: what became of a clip, for its driver.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use waymark_datasets::{ClipId, DriverId};

use super::answer::{ClipState, json_response, of_landed, of_refusal, of_upload};
use super::bearer;
use super::problem::Problem;
use super::problems::{NotFound, TooMany, Unauthorized, Unavailable};
use super::service::Service;
use crate::landed;
use crate::receipt::{self, Jwks};
use crate::upload::{self, refusal};

/// What became of a clip: of its files, of each of its frames, and what they earned once their epoch is closed.
#[utoipa::path(get, path = "/v1/clips/{clip}", tag = "clips", security(("device" = [])),
    params(("clip" = String, Path, description = "The clip's id")),
    responses(
        (status = 200, description = "The clip's state", body = ClipState),
        Unauthorized, NotFound, TooMany, Unavailable,
    ))]
pub(super) async fn state(
    State(service): State<Arc<Service>>,
    Path(clip_id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (clip_id, driver) = asked(&service, &clip_id, &headers).await?;
    let inbox = &service.buckets.inbox;
    if let Some(upload) = upload::find(inbox, clip_id).await?.filter(|upload| upload.manifest.driver == driver) {
        return Ok(json_response(StatusCode::OK, &of_upload(&service, &upload).await?));
    }
    if let Some(clip) = landed::open(inbox, clip_id).await?.filter(|clip| clip.driver == driver) {
        return Ok(json_response(StatusCode::OK, &of_landed(&service, &clip).await?));
    }
    let refusal = refusal::find(inbox, clip_id).await?.filter(|refusal| refusal.driver == driver);
    let refusal = refusal.ok_or_else(Problem::no_such_clip)?;
    Ok(json_response(StatusCode::OK, &of_refusal(clip_id, refusal)))
}

/// That a clip landed, signed by the server: a compact JWS with its digests and the time of durability.
#[utoipa::path(get, path = "/v1/clips/{clip}/receipt", tag = "clips", security(("device" = [])),
    params(("clip" = String, Path, description = "The clip's id")),
    responses(
        (status = 200, description = "The receipt", body = String, content_type = "application/jose"),
        Unauthorized, NotFound, TooMany, Unavailable,
    ))]
pub(super) async fn receipt(
    State(service): State<Arc<Service>>,
    Path(clip_id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (clip_id, driver) = asked(&service, &clip_id, &headers).await?;
    let inbox = &service.buckets.inbox;
    let clip = landed::open(inbox, clip_id).await?.filter(|clip| clip.driver == driver);
    let receipt = receipt::issue(clip.ok_or_else(Problem::no_such_clip)?, &service.key)?;
    Ok(([(CONTENT_TYPE, "application/jose")], receipt).into_response())
}

/// The server's public key, as a JWK Set: receipts are checked with it.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "server",
    responses((status = 200, description = "The keys", body = Jwks), TooMany))]
pub(super) async fn jwks(State(service): State<Arc<Service>>) -> Response {
    json_response(StatusCode::OK, &service.key.jwks())
}

/// Which clip is asked for, and by whom. What is no clip id names no clip.
async fn asked(service: &Service, clip_id: &str, headers: &HeaderMap) -> Result<(ClipId, DriverId), Problem> {
    let driver = bearer::driver(service, headers).await?;
    Ok((clip_id.parse().map_err(|_| Problem::no_such_clip())?, driver))
}
