//! The paths of tus and what they answer. Every method of a path goes the same way, so that rules which hold for all of
//! tus stand in one place; what is here is what each method means.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use utoipa_axum::router::{UtoipaMethodRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

use super::{file, other_of_file, other_of_uploads, uploads};
use crate::http::problems::{
    ChecksumMismatch, Conflict, Forbidden, Full, Gone, Malformed, NotFound, TooLarge, TooMany, Unavailable,
    Unprocessable, WrongType, WrongVersion,
};
use crate::http::service::Service;

type Routes = UtoipaMethodRouter<Arc<Service>>;
type Here = State<Arc<Service>>;
type Place = Path<(String, String)>;

/// `/v1/clips/{clip}/media/{sha256}`.
pub(in crate::http) fn file_routes() -> Routes {
    routes!(file_head, file_patch, file_delete, file_options, file_post).map(|routes| routes.fallback(other_of_file))
}

/// `/v1/uploads`.
pub(in crate::http) fn upload_routes() -> Routes {
    routes!(uploads_post, uploads_options).map(|routes| routes.fallback(other_of_uploads))
}

/// How much of a file is held: `Upload-Offset`.
#[utoipa::path(head, path = "/v1/clips/{clip}/media/{sha256}", tag = "media",
    params(("clip" = String, Path, description = "The clip's id"),
        ("sha256" = String, Path, description = "The file's SHA-256"),
        ("Tus-Resumable" = String, Header, description = "1.0.0")),
    responses(
        (status = 200, description = "The file's offset and length", headers(
            ("Upload-Offset" = u64, description = "Bytes held, durably"),
            ("Upload-Length" = u64, description = "Bytes of the whole file"),
            ("Upload-Expires" = String, description = "When it is given up unless the clip is complete"))),
        Malformed, NotFound, Gone, WrongVersion, TooMany, Unavailable,
    ))]
async fn file_head(service: Here, place: Place, request: Request) -> Response {
    file(service, place, request).await
}

/// Adds to a file at `Upload-Offset`; every byte before the answered offset is durable.
#[utoipa::path(patch, path = "/v1/clips/{clip}/media/{sha256}", tag = "media",
    params(("clip" = String, Path, description = "The clip's id"),
        ("sha256" = String, Path, description = "The file's SHA-256"),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("Upload-Offset" = u64, Header, description = "Bytes held, as HEAD told"),
        ("Upload-Checksum" = Option<String>, Header, description = "sha1 or sha256, a space, the digest in base64")),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses(
        (status = 204, description = "Stored", headers(("Upload-Offset" = u64, description = "Bytes held, durably"))),
        Malformed, NotFound, Conflict, Gone, WrongVersion, TooLarge, WrongType, TooMany, ChecksumMismatch, Unavailable,
        Full,
    ))]
async fn file_patch(service: Here, place: Place, request: Request) -> Response {
    file(service, place, request).await
}

/// Withdraws the clip: without this file it is none.
#[utoipa::path(delete, path = "/v1/clips/{clip}/media/{sha256}", tag = "media",
    params(("clip" = String, Path, description = "The clip's id"),
        ("sha256" = String, Path, description = "The file's SHA-256"),
        ("Tus-Resumable" = String, Header, description = "1.0.0")),
    responses(
        (status = 204, description = "Withdrawn"),
        Malformed, Forbidden, NotFound, Gone, WrongVersion, TooMany, Unavailable,
    ))]
async fn file_delete(service: Here, place: Place, request: Request) -> Response {
    file(service, place, request).await
}

/// Versions and extensions of tus.
#[utoipa::path(options, path = "/v1/clips/{clip}/media/{sha256}", tag = "media",
    params(("clip" = String, Path, description = "The clip's id"),
        ("sha256" = String, Path, description = "The file's SHA-256")),
    responses((status = 204, description = "In Tus-Version, Tus-Extension, Tus-Max-Size, Tus-Checksum-Algorithm"),
        Malformed))]
async fn file_options(service: Here, place: Place, request: Request) -> Response {
    file(service, place, request).await
}

/// Another method, for clients that cannot send it: `X-HTTP-Method-Override` names it.
#[utoipa::path(post, path = "/v1/clips/{clip}/media/{sha256}", tag = "media",
    params(("clip" = String, Path, description = "The clip's id"),
        ("sha256" = String, Path, description = "The file's SHA-256"),
        ("X-HTTP-Method-Override" = String, Header, description = "HEAD, PATCH, DELETE or OPTIONS"),
        ("Tus-Resumable" = String, Header, description = "1.0.0")),
    responses(
        (status = 200, description = "As HEAD answers"),
        (status = 204, description = "As the other methods answer"),
        Malformed, Forbidden, NotFound, Conflict, Gone, WrongVersion, TooLarge, WrongType, TooMany, ChecksumMismatch,
        Unavailable, Full,
    ))]
async fn file_post(service: Here, place: Place, request: Request) -> Response {
    file(service, place, request).await
}

/// Finds the address of a file by clip and name, as stock clients of tus create an upload; media may come along.
#[utoipa::path(post, path = "/v1/uploads", tag = "media",
    params(("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("Upload-Length" = u64, Header, description = "As the manifest says"),
        ("Upload-Metadata" = String, Header, description = "clip BASE64,filename BASE64"),
        ("Upload-Checksum" = Option<String>, Header, description = "sha1 or sha256, a space, the digest in base64")),
    responses(
        (status = 201, description = "The upload is open", headers(
            ("Location" = String, description = "The file's address"),
            ("Upload-Offset" = u64, description = "Bytes held, if any"),
            ("Upload-Expires" = String, description = "When it is given up unless the clip is complete"))),
        Malformed, NotFound, Conflict, Gone, WrongVersion, TooLarge, Unprocessable, TooMany, ChecksumMismatch,
        Unavailable, Full,
    ))]
async fn uploads_post(service: Here, request: Request) -> Response {
    uploads(service, request).await
}

/// Versions and extensions of tus.
#[utoipa::path(options, path = "/v1/uploads", tag = "media",
    responses((status = 204, description = "In Tus-Version, Tus-Extension, Tus-Max-Size, Tus-Checksum-Algorithm"),
        Malformed))]
async fn uploads_options(service: Here, request: Request) -> Response {
    uploads(service, request).await
}
