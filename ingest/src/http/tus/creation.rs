//! Creating an upload by naming its clip and file, as stock clients do: the address exists since the manifest does.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use waymark_datasets::{ClipId, Digest, Reason, Rejection};

use super::file::{append, is_media};
use super::headers::{bytes, named};
use super::locate::{Located, locate};
use super::{UPLOAD_EXPIRES, UPLOAD_LENGTH, UPLOAD_METADATA, UPLOAD_OFFSET, tus_max_bytes};
use crate::http::answer::upload_path;
use crate::http::problem::Problem;
use crate::http::service::Service;
use crate::upload::{self, parts};
use crate::{Manifest, landed, manifest::MediaEntry};

/// `POST`: 201 with the address of the file; media that come along are taken if nothing of the file is there yet.
pub(super) async fn create(service: &Arc<Service>, request: Request) -> Result<Response, Problem> {
    let (request, body) = request.into_parts();
    let headers = &request.headers;
    let length = bytes(headers, &UPLOAD_LENGTH)?;
    if length > tus_max_bytes(service) {
        let detail = format!("the file is {length} bytes, of which {} are taken", tus_max_bytes(service));
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    let turn = service.turns.begin().await?;
    let (clip_id, digest) = file_of(service, headers, length).await?;
    let located = locate(service, (&clip_id.to_string(), &digest.to_string())).await?;
    let mut response = match located {
        Located::Open(place) => {
            let turn = service.turns.narrow(turn, &place.upload.device_id).await?;
            let metadata = headers.get(UPLOAD_METADATA).map(|value| Bytes::copy_from_slice(value.as_bytes()));
            parts::set_metadata(&service.buckets.inbox, (&place.upload, digest), metadata.unwrap_or_default()).await?;
            let (expires, held_bytes) = (place.expires(service), place.held.bytes);
            let mut created = match (is_media(headers), held_bytes) {
                (true, 0) => append(service, (*place, turn), 0, (headers, body)).await?,
                (true, _) => [(UPLOAD_OFFSET, held_bytes)].into_response(),
                (false, _) => StatusCode::CREATED.into_response(),
            };
            created.headers_mut().extend(expires.map(|at| (UPLOAD_EXPIRES, at)));
            created
        }
        Located::Landed(size) => [(UPLOAD_OFFSET, size)].into_response(),
    };
    if response.status().is_success() {
        *response.status_mut() = StatusCode::CREATED;
    }
    let location = HeaderValue::from_str(&upload_path(clip_id, digest));
    response.headers_mut().extend(location.ok().map(|location| (LOCATION, location)));
    Ok(response)
}

/// The file that the metadata name, which must be as long as it was signed.
async fn file_of(service: &Service, headers: &HeaderMap, length: u64) -> Result<(ClipId, Digest), Problem> {
    let named = named(headers)?;
    let nothing = || Problem::new(StatusCode::NOT_FOUND, "there is no such clip: post its manifest first");
    let clip_id: ClipId = named.clip.parse().map_err(|_| nothing())?;
    let media = media_of(service, clip_id).await?.ok_or_else(nothing)?;
    let file = media.iter().find(|(name, ..)| *name == named.file);
    let (_, size_bytes, digest) = file
        .ok_or_else(|| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "the manifest of the clip names no such file"))?;
    if length != *size_bytes {
        let detail = format!("the manifest says {size_bytes} bytes, Upload-Length says {length}");
        return Err(Rejection::new(Reason::MediaMismatch, detail).into());
    }
    Ok((clip_id, *digest))
}

type Media = Vec<(String, u64, Digest)>;

/// Name, size and SHA-256 of the files of a clip that is being uploaded or has landed.
async fn media_of(service: &Service, clip_id: ClipId) -> Result<Option<Media>, Problem> {
    let inbox = &service.buckets.inbox;
    let of_entry = |entry: &MediaEntry| (entry.name.to_string(), entry.size_bytes, entry.sha256);
    let of_manifest = |manifest: &Manifest| manifest.media.iter().map(of_entry).collect();
    if let Some(upload) = upload::find(inbox, clip_id).await? {
        return Ok(Some(of_manifest(&upload.manifest)));
    }
    let clip = landed::open(inbox, clip_id).await?;
    Ok(clip.map(|clip| clip.media.iter().map(|m| (m.name.to_string(), m.size_bytes, m.digest)).collect()))
}
