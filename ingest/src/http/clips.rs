//! `/v1/clips`: a manifest is judged before a byte of media comes; later, what became of the clip.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::json;
use waymark_datasets::{ClipId, Digest, DriverId, Reason, Rejection, UtcMillis};

use super::answer::{json_response, of_landed, of_refusal, of_upload};
use super::problem::Problem;
use super::service::Service;
use super::{bearer, body};
use crate::error::Fault;
use crate::judge::{Offer, Standing, judge};
use crate::receipt;
use crate::upload::{self, Upload, parts, refusal};
use crate::verdict::{self, Known};
use crate::{Error, landed};

/// `POST /v1/clips`: 201 with the clip's state and where to upload its files; 200 with the same for the same manifest
/// again, 409 for another one of the same clip.
pub(super) async fn create(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    check_media_type(&headers)?;
    let jws = body::read(body, service.admission.manifest_max_bytes).await?;
    let now = service.now();
    match judged(&service, jws, now).await? {
        Standing::Landed(clip_id) => {
            let clip = landed::open(&service.buckets.inbox, clip_id).await?.ok_or_else(Problem::no_such_clip)?;
            Ok(json_response(StatusCode::OK, &of_landed(&service, &clip).await?))
        }
        Standing::Offered(offer) => begin(&service, *offer, now).await,
    }
}

/// `GET /v1/clips/{clip}`.
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
    Ok(json_response(StatusCode::OK, &of_refusal(clip_id, &refusal)))
}

/// `GET /v1/clips/{clip}/receipt`: a compact JWS.
pub(super) async fn receipt(
    State(service): State<Arc<Service>>,
    Path(clip_id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (clip_id, driver) = asked(&service, &clip_id, &headers).await?;
    let inbox = &service.buckets.inbox;
    let clip = landed::open(inbox, clip_id).await?.filter(|clip| clip.driver == driver);
    let clip = clip.ok_or_else(Problem::no_such_clip)?;
    let receipt = receipt::issue(inbox, clip.clip_id, &service.key, service.now()).await?;
    let receipt = receipt.ok_or_else(Problem::no_such_clip)?;
    Ok(([(CONTENT_TYPE, "application/jose")], receipt).into_response())
}

/// `GET /.well-known/jwks.json`.
pub(super) async fn jwks(State(service): State<Arc<Service>>) -> Response {
    json_response(StatusCode::OK, &json!(service.key.jwks()))
}

/// Which clip is asked for, and by whom. What is no clip id names no clip.
async fn asked(service: &Service, clip_id: &str, headers: &HeaderMap) -> Result<(ClipId, DriverId), Problem> {
    let driver = bearer::driver(service, headers).await?;
    Ok((clip_id.parse().map_err(|_| Problem::no_such_clip())?, driver))
}

fn check_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if ["application/jose", "text/plain"].contains(&essence.as_str()) {
        return Ok(());
    }
    let detail = "a manifest is a compact JWS: send it as application/jose";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
}

/// Refusals are filed for devices that are enrolled; what anybody can send without end is counted only.
async fn judged(service: &Service, jws: Bytes, now: UtcMillis) -> Result<Standing, Problem> {
    let mut known = Known::nothing();
    match judge(jws, &service.context(now), &mut known).await {
        Ok(standing) => Ok(standing),
        Err(Fault::Failed(error)) => Err(error.into()),
        Err(Fault::Refused(rejection)) => {
            service.counters.refused(rejection.reason);
            tracing::info!(manifest_sha256 = %known.manifest_sha256, %rejection, "manifest refused");
            if known.driver.is_some() && rejection.reason != Reason::DeviceRevoked {
                verdict::refuse(&service.buckets.store, &known, &rejection).await?;
            }
            Err(rejection.into())
        }
    }
}

async fn begin(service: &Arc<Service>, offer: Offer, now: UtcMillis) -> Result<Response, Problem> {
    let (inbox, clip_id) = (&service.buckets.inbox, offer.manifest.clip_id);
    if let Some(before) = upload::find(inbox, clip_id).await? {
        if parts::is_complete(inbox, &before).await? || before.expires_at(service.settings.retention_hours) > now {
            return again(service, before, &offer).await;
        }
        upload::withdraw(inbox, &before).await?;
    }
    if let Some(why) = service.pressure()? {
        return Err(Problem::busy(why));
    }
    check_refusal(service, &offer).await?;
    let opened = upload::open(inbox, clip_id, &offer.jws, now).await?;
    let upload = opened.upload.ok_or_else(|| Problem::busy("another request withdrew this clip"))?;
    if !opened.is_new {
        return again(service, upload, &offer).await;
    }
    let mut response = json_response(StatusCode::CREATED, &of_upload(service, &upload).await?);
    if let Ok(location) = HeaderValue::from_str(&format!("/v1/clips/{clip_id}")) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// The clip is being uploaded: by this manifest, or by another one. What is complete is decided on now.
async fn again(service: &Arc<Service>, before: Upload, offer: &Offer) -> Result<Response, Problem> {
    if before.jws != offer.jws {
        let detail = "the same footage is being uploaded under another manifest of this device";
        return Err(Rejection::new(Reason::ClipIdTaken, detail).into());
    }
    let (inbox, clip_id) = (&service.buckets.inbox, before.clip_id());
    service.clone().settle(before).await?;
    if let Some(upload) = upload::find(inbox, clip_id).await? {
        return Ok(json_response(StatusCode::OK, &of_upload(service, &upload).await?));
    }
    if let Some(clip) = landed::open(inbox, clip_id).await? {
        return Ok(json_response(StatusCode::OK, &of_landed(service, &clip).await?));
    }
    let refusal = refusal::find(inbox, clip_id).await?.ok_or_else(Problem::no_such_clip)?;
    Ok(json_response(StatusCode::OK, &of_refusal(clip_id, &refusal)))
}

/// Media that were refused for what they are would be refused again; bytes that were damaged on the way may come
/// again.
async fn check_refusal(service: &Service, offer: &Offer) -> Result<(), Problem> {
    let refusal = refusal::find(&service.buckets.inbox, offer.manifest.clip_id).await.map_err(Error::from)?;
    match refusal {
        Some(refusal)
            if refusal.manifest_sha256 == Digest::of(&offer.jws) && refusal.reason != Reason::MediaMismatch =>
        {
            Err(Rejection::new(refusal.reason, refusal.detail).into())
        }
        _ => Ok(()),
    }
}
