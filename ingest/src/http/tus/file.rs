//! One file: how much of it is there, adding to it, giving it up.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::task::JoinHandle;

use super::headers::{bytes, checksum};
use super::locate::{Located, Place, locate};
use super::{UPLOAD_EXPIRES, UPLOAD_LENGTH, UPLOAD_METADATA, UPLOAD_OFFSET};
use crate::http::problem::Problem;
use crate::http::receive::{End, Received, Reception, receive};
use crate::http::service::Service;
use crate::http::turns::Turn;
use crate::upload::{self, parts};

/// A file in more pieces is listed too slowly. At one piece in ten seconds this is a day and a half.
const PARTS_MAX: usize = 16_384;
/// A body with a checksum is held in memory until it matched.
const CHECKSUMMED_MAX_BYTES: u64 = 16 << 20;
/// How long the answer to the last byte waits for the decision on the clip; the decision is made in any case.
const DECISION_WAIT_MAX: Duration = Duration::from_secs(30);

/// `HEAD`: how much of the file is held.
pub(super) async fn head(service: &Arc<Service>, place: (&str, &str)) -> Result<Response, Problem> {
    let place = match locate(service, place).await? {
        Located::Landed(size) => {
            return Ok([(UPLOAD_OFFSET, size), (UPLOAD_LENGTH, size)].into_response());
        }
        Located::Open(place) => place,
    };
    if place.left_bytes() == 0 {
        // Whoever sent the last byte may have gone before the answer: to them this is the answer to it.
        decided(tokio::spawn(service.clone().settle(place.upload.clone(), None))).await;
    }
    let mut response = StatusCode::OK.into_response();
    let headers = response.headers_mut();
    headers.insert(UPLOAD_OFFSET, place.held.bytes.into());
    headers.insert(UPLOAD_LENGTH, place.entry.size_bytes.into());
    headers.extend(place.expires(service).map(|at| (UPLOAD_EXPIRES, at)));
    let metadata = parts::metadata(&service.buckets.inbox, &place.upload, place.entry.sha256).await?;
    headers.extend(metadata.and_then(|text| Some((UPLOAD_METADATA, text.as_ref().try_into().ok()?))));
    Ok(response)
}

/// `PATCH`: 204 with the new offset once every byte before it is durable.
pub(super) async fn patch(service: &Arc<Service>, place: (&str, &str), request: Request) -> Result<Response, Problem> {
    let (request, body) = request.into_parts();
    if !is_media(&request.headers) {
        let detail = "media come as application/offset+octet-stream";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    let offset = bytes(&request.headers, &UPLOAD_OFFSET)?;
    let turn = service.turns.begin().await?;
    match locate(service, place).await? {
        Located::Open(place) => {
            let turn = service.turns.narrow(turn, &place.upload.device_id).await?;
            append(service, (*place, turn), offset, (&request.headers, body)).await
        }
        Located::Landed(size) => {
            check_offset(offset, size)?;
            check_length(&request.headers, 0)?;
            Ok((StatusCode::NO_CONTENT, [(UPLOAD_OFFSET, size)]).into_response())
        }
    }
}

/// `DELETE`: 204 once the clip is withdrawn with all its files.
pub(super) async fn delete(service: &Arc<Service>, place: (&str, &str)) -> Result<Response, Problem> {
    match locate(service, place).await? {
        Located::Open(place) => {
            upload::withdraw(&service.buckets.inbox, &place.upload).await?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        Located::Landed(_) => Err(Problem::new(StatusCode::FORBIDDEN, "the clip has landed: it is no upload any more")),
    }
}

/// Whether the body is media.
pub(super) fn is_media(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| value == "application/offset+octet-stream")
}

/// Adds a body at `offset`, decides on the clip if that completed it, and answers with the new offset.
pub(super) async fn append(
    service: &Arc<Service>,
    (place, turn): (Place, Turn),
    offset: u64,
    (headers, body): (&HeaderMap, Body),
) -> Result<Response, Problem> {
    let checksum = checksum(headers)?;
    check_offset(offset, place.held.bytes)?;
    let left_bytes =
        if checksum.is_some() { place.left_bytes().min(CHECKSUMMED_MAX_BYTES) } else { place.left_bytes() };
    check_length(headers, left_bytes)?;
    if place.held.parts >= PARTS_MAX {
        let detail = "the file came in too many small pieces: terminate the upload, and send larger ones";
        return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, detail));
    }
    let (upload, digest) = (place.upload.clone(), place.entry.sha256);
    let (decider, size_bytes) = (service.clone(), place.entry.size_bytes);
    let (receiver, its) = (service.clone(), upload.clone());
    let reception =
        Reception { service: receiver, upload: its, digest, offset, left_bytes, checksum, turn: Some(turn) };
    // On a task of its own, to the decision: when a client goes away, its request's future is dropped.
    let receiving = tokio::spawn(async move {
        let mut received = receive(reception, body).await;
        let (is_whole, fresh) = (received.offset >= size_bytes, received.fresh.take());
        (received, is_whole.then(|| tokio::spawn(decider.settle(upload, fresh))))
    });
    let failed = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "receiving failed");
    let (Received { offset, end, turn, .. }, deciding) = receiving.await.map_err(failed)?;
    if let Some(deciding) = deciding {
        decided(deciding).await;
    }
    drop(turn);
    let mut response = answer(&end).into_response();
    response.headers_mut().insert(UPLOAD_OFFSET, offset.into());
    response.headers_mut().extend(place.expires(service).map(|at| (UPLOAD_EXPIRES, at)));
    Ok(response)
}

/// Waits for the decision on a clip. The bytes are stored, whatever becomes of it: a failed one was logged and is made
/// up for later.
async fn decided<T>(deciding: JoinHandle<T>) {
    if tokio::time::timeout(DECISION_WAIT_MAX, deciding).await.is_err() {
        tracing::warn!("the decision on a clip takes long");
    }
}

fn check_offset(offset: u64, held_bytes: u64) -> Result<(), Problem> {
    if offset == held_bytes {
        return Ok(());
    }
    let detail = format!("the offset is {held_bytes}, not {offset}");
    Err(Problem::new(StatusCode::CONFLICT, detail).with(UPLOAD_OFFSET, held_bytes.into()))
}

fn check_length(headers: &HeaderMap, left_bytes: u64) -> Result<(), Problem> {
    if headers.contains_key(CONTENT_LENGTH) && bytes(headers, &CONTENT_LENGTH)? > left_bytes {
        let detail = format!("at most {left_bytes} more bytes are taken with this request");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    Ok(())
}

fn answer(end: &End) -> Result<StatusCode, Problem> {
    let problem = |status, detail: &str| Err(Problem::new(status, detail));
    match end {
        End::Whole => Ok(StatusCode::NO_CONTENT),
        End::CutOff => problem(StatusCode::BAD_REQUEST, "the body ended early; what came of it is stored"),
        // Stock clients resume after a 503, but not after a 408.
        End::TooSlow => Err(Problem::busy("the body came too slowly; what came of it is stored")),
        End::TooLong => problem(StatusCode::PAYLOAD_TOO_LARGE, "there was more than is taken with this request"),
        End::ChecksumDiffers => problem(checksum_mismatch(), "the checksum does not match; nothing was stored"),
        End::Overtaken => problem(StatusCode::CONFLICT, "another client wrote at this offset"),
        End::Busy => Err(Problem::busy("too much is being uploaded at once")),
        End::Closing => Err(Problem::busy("the server shuts down; what came is stored")),
        End::Failed(error) => Err(Problem::of_failure(error)),
    }
}

/// 460, which tus has for itself.
fn checksum_mismatch() -> StatusCode {
    StatusCode::from_u16(460).unwrap_or(StatusCode::BAD_REQUEST)
}
