//! `POST /v1/clips`: a manifest is judged before a byte of media comes.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use waymark_datasets::{Digest, Reason, Rejection, UtcMillis};

use super::answer::{ClipState, json_response, of_landed, of_new_upload, of_refusal, of_upload};
use super::body;
use super::problem::Problem;
use super::problems::{
    Conflict, Forbidden, Full, Malformed, Slow, TooLarge, TooMany, Unavailable, Unprocessable, WrongType,
};
use super::service::Service;
use crate::denylist::Denylist;
use crate::error::{Error, Fault};
use crate::judge::{self, Offer, Standing, judge};
use crate::quota::{self, Claim};
use crate::upload::{self, Upload, parts, refusal};
use crate::verdict::{self, Known};
use crate::{landed, nonce};

/// Announces a clip: its manifest is judged, and the answer says where its files go.
///
/// 201 for a new clip, 200 with the same for the same manifest again, 409 for another one of the same clip.
#[utoipa::path(post, path = "/v1/clips", tag = "clips",
    request_body(content = String, content_type = "application/jose", description = "The manifest, a compact JWS"),
    responses(
        (status = 201, description = "The upload is open", body = ClipState,
            headers(("Location" = String, description = "Where to ask for the clip"))),
        (status = 200, description = "The manifest was announced before; what became of its clip", body = ClipState),
        Malformed, Forbidden, Slow, Conflict, TooLarge, WrongType, Unprocessable, TooMany, Unavailable, Full,
    ))]
pub(super) async fn announce(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    check_media_type(&headers)?;
    service.turns.check()?;
    let jws = body::read(body, service.admission.manifest_max_bytes).await?;
    let mut known = Known::nothing();
    let opened = judge::open(jws, service.admission.manifest_max_bytes, &mut known);
    let turn = match &opened {
        Ok(offer) => {
            service.limits.check_device(&offer.device_id)?;
            service.turns.begin_announcing(&offer.device_id).await?
        }
        Err(_) => service.turns.begin().await?,
    };
    let work = async move |service: Arc<Service>| {
        let answer = decide(&service, opened, known).await;
        drop(turn);
        answer
    };
    service.work(work).await
}

async fn decide(
    service: &Arc<Service>,
    opened: Result<Offer, Rejection>,
    mut known: Known,
) -> Result<Response, Problem> {
    let (now, denied) = (service.now(), service.denylist().await?);
    match judged(service, opened, (now, &denied), &mut known).await? {
        Standing::Landed(clip_id) => {
            let clip = landed::open(&service.buckets.inbox, clip_id).await?.ok_or_else(Problem::no_such_clip)?;
            Ok(json_response(StatusCode::OK, &of_landed(service, &clip).await?))
        }
        Standing::Offered(offer) => begin(service, *offer, &known, now).await,
    }
}

/// Signed things come as what they are.
pub(super) fn check_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if ["application/jose", "text/plain"].contains(&essence.as_str()) {
        return Ok(());
    }
    let detail = "a compact JWS is wanted: send it as application/jose";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
}

async fn judged(
    service: &Service,
    opened: Result<Offer, Rejection>,
    (now, denied): (UtcMillis, &Denylist),
    known: &mut Known,
) -> Result<Standing, Problem> {
    let judgement = match opened {
        Ok(offer) => judge(offer, &service.context(now, denied), known).await,
        Err(rejection) => Err(rejection.into()),
    };
    match judgement {
        Ok(standing) => Ok(standing),
        Err(Fault::Failed(error)) => Err(error.into()),
        Err(Fault::Refused(rejection)) => Err(refuse(service, known, rejection).await?),
    }
}

/// Counts a refusal, and files it for a device that proved who it is. Of what strangers can send without end, only so
/// much is filed; what nobody signed is filed for nobody.
async fn refuse(service: &Service, known: &Known, rejection: Rejection) -> Result<Problem, Error> {
    service.counters.refused(rejection.reason);
    tracing::info!(manifest_sha256 = %known.manifest_sha256, %rejection, "manifest refused");
    let has_left = [Reason::DeviceRevoked, Reason::DeviceRotated].contains(&rejection.reason);
    let is_stranger = known.driver.is_none() || has_left;
    if known.device_id.is_some() && (!is_stranger || service.limits.may_file_stranger()) {
        verdict::refuse(&service.buckets.store, known, &rejection).await?;
    }
    Ok(rejection.into())
}

async fn begin(service: &Arc<Service>, offer: Offer, known: &Known, now: UtcMillis) -> Result<Response, Problem> {
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
    if service.settings.nonce_required
        && let Err(rejection) = nonce::check(&service.key, offer.manifest.nonce.as_deref(), now)
    {
        return Err(refuse(service, known, rejection).await?);
    }
    let opened = open_within_quota(service, &offer, now).await?;
    let upload = opened.upload.ok_or_else(|| Problem::busy("another request withdrew this clip"))?;
    if !opened.is_new {
        return again(service, upload, &offer).await;
    }
    let mut response = json_response(StatusCode::CREATED, &of_new_upload(service, &upload));
    if let Ok(location) = HeaderValue::from_str(&format!("/v1/clips/{clip_id}")) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// The upload is noted with its device's share while it is opened. What a crash leaves of the two is an upload that is
/// not counted, or a count that is looked at once it stands in the way.
async fn open_within_quota(service: &Service, offer: &Offer, now: UtcMillis) -> Result<upload::Opened, Problem> {
    let (inbox, manifest) = (&service.buckets.inbox, &offer.manifest);
    let bytes = manifest.media.iter().fold(0_u64, |sum, entry| sum.saturating_add(entry.size_bytes));
    let claim = Claim { device: &offer.device_id, clip_id: manifest.clip_id, bytes };
    if let Some(exceeded) = quota::exceeded(inbox, claim, now, &service.settings.limits).await? {
        service.counters.refused(Reason::QuotaExceeded);
        let rejection = Rejection::new(Reason::QuotaExceeded, exceeded.detail);
        return Err(Problem::held_back(&rejection, exceeded.retry_after_s));
    }
    let Offer { jws, device_id, manifest } = offer.clone();
    let upload = Upload { jws, device_id, manifest, opened_at: now };
    let (_, opened) = tokio::try_join!(quota::note(inbox, claim, now), upload::open(inbox, upload))?;
    Ok(opened)
}

/// The clip is being uploaded: by this manifest, or by another one. What is complete is decided on now.
async fn again(service: &Arc<Service>, before: Upload, offer: &Offer) -> Result<Response, Problem> {
    if before.jws != offer.jws {
        let detail = "the same footage is being uploaded under another manifest of this device";
        return Err(Rejection::new(Reason::ClipIdTaken, detail).into());
    }
    let (inbox, clip_id) = (&service.buckets.inbox, before.clip_id());
    service.clone().settle(before, None).await?;
    if let Some(upload) = upload::find(inbox, clip_id).await? {
        return Ok(json_response(StatusCode::OK, &of_upload(service, &upload).await?));
    }
    if let Some(clip) = landed::open(inbox, clip_id).await? {
        return Ok(json_response(StatusCode::OK, &of_landed(service, &clip).await?));
    }
    let refusal = refusal::find(inbox, clip_id).await?.ok_or_else(Problem::no_such_clip)?;
    Ok(json_response(StatusCode::OK, &of_refusal(clip_id, refusal)))
}

/// Media that were refused for what they are would be refused again; bytes that were damaged on the way may come
/// again.
async fn check_refusal(service: &Service, offer: &Offer) -> Result<(), Problem> {
    let refusal = refusal::find(&service.buckets.inbox, offer.manifest.clip_id).await?;
    match refusal {
        Some(refusal)
            if refusal.manifest_sha256 == Digest::of(&offer.jws) && refusal.reason != Reason::MediaMismatch =>
        {
            Err(Rejection::new(refusal.reason, refusal.detail).into())
        }
        _ => Ok(()),
    }
}
