//! tus 1.0.0 (<https://tus.io/protocols/resumable-upload>): core, creation, creation-with-upload, checksum,
//! expiration, termination.
//!
//! An upload is one file of a clip whose manifest was accepted, at an address that follows from both. Its length is
//! the one that was signed. Terminating one file withdraws the clip: without it, it is none.

mod creation;
mod file;
mod headers;
mod locate;
mod routes;

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::header::{ALLOW, CACHE_CONTROL};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::problem::Problem;
use super::service::Service;

pub(super) use headers::{Checksum, Checksumming};
pub(super) use routes::{file_routes, upload_routes};

const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");
const EXTENSIONS: HeaderValue =
    HeaderValue::from_static("creation,creation-with-upload,checksum,expiration,termination");
const ALGORITHMS: HeaderValue = HeaderValue::from_static("sha1,sha256");

const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
const TUS_EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
const TUS_MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
const TUS_CHECKSUM_ALGORITHM: HeaderName = HeaderName::from_static("tus-checksum-algorithm");
const METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const UPLOAD_CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");

const OF_FILE: &str = "HEAD, PATCH, DELETE, OPTIONS";
const OF_UPLOADS: &str = "POST, OPTIONS";

/// One file of a clip.
async fn file(
    State(service): State<Arc<Service>>,
    Path((clip, digest)): Path<(String, String)>,
    request: Request,
) -> Response {
    let place = (clip.as_str(), digest.as_str());
    let answered = match method_of(&request) {
        Ok(Method::OPTIONS) => return options(&service),
        Ok(Method::HEAD) => file::head(&service, place).await,
        Ok(Method::PATCH) => file::patch(&service, place, request).await,
        Ok(Method::DELETE) => file::delete(&service, place).await,
        Ok(_) => Err(not_allowed(OF_FILE)),
        Err(problem) => Err(problem),
    };
    finish(answered)
}

/// Where uploads are created.
async fn uploads(State(service): State<Arc<Service>>, request: Request) -> Response {
    let answered = match method_of(&request) {
        Ok(Method::OPTIONS) => return options(&service),
        Ok(Method::POST) => creation::create(&service, request).await,
        Ok(_) => Err(not_allowed(OF_UPLOADS)),
        Err(problem) => Err(problem),
    };
    finish(answered)
}

/// A method that these paths do not have, unless another one is meant.
async fn other_of_file(service: State<Arc<Service>>, place: Path<(String, String)>, request: Request) -> Response {
    if names_a_method(&request) { file(service, place, request).await } else { finish(Err(not_allowed(OF_FILE))) }
}

/// A method that these paths do not have, unless another one is meant.
async fn other_of_uploads(service: State<Arc<Service>>, request: Request) -> Response {
    if names_a_method(&request) { uploads(service, request).await } else { finish(Err(not_allowed(OF_UPLOADS))) }
}

fn names_a_method(request: &Request) -> bool {
    let meant = request.headers().get(METHOD_OVERRIDE);
    meant.is_some_and(|name| Method::from_bytes(name.as_bytes()).is_ok())
}

/// The method that is meant, once the version is agreed on; a question for our versions needs none.
fn method_of(request: &Request) -> Result<Method, Problem> {
    let meant = request.headers().get(METHOD_OVERRIDE);
    let unknown = |_| Problem::new(StatusCode::BAD_REQUEST, "X-HTTP-Method-Override names no method");
    let meant = meant.map(|name| Method::from_bytes(name.as_bytes())).transpose().map_err(unknown)?;
    let method = meant.unwrap_or_else(|| request.method().clone());
    if method == Method::OPTIONS || request.headers().get(TUS_RESUMABLE) == Some(&VERSION) {
        return Ok(method);
    }
    let detail = "say Tus-Resumable: 1.0.0, the only version there is";
    Err(Problem::new(StatusCode::PRECONDITION_FAILED, detail).with(TUS_VERSION, VERSION))
}

fn not_allowed(methods: &'static str) -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "tus has no use for this method here")
        .with(ALLOW, HeaderValue::from_static(methods))
}

fn options(service: &Service) -> Response {
    let max_bytes = tus_max_bytes(service);
    let headers = [
        (TUS_RESUMABLE, VERSION),
        (TUS_VERSION, VERSION),
        (TUS_EXTENSION, EXTENSIONS),
        (TUS_MAX_SIZE, max_bytes.into()),
        (TUS_CHECKSUM_ALGORITHM, ALGORITHMS),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// The largest file that any clip may have.
fn tus_max_bytes(service: &Service) -> u64 {
    let rules = &service.admission;
    rules.video_max_bytes.max(rules.still_max_bytes).max(rules.track_max_bytes)
}

fn finish(answered: Result<Response, Problem>) -> Response {
    let mut response = answered.unwrap_or_else(IntoResponse::into_response);
    response.headers_mut().insert(TUS_RESUMABLE, VERSION);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
