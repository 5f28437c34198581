//! What is answered when it is not what was asked for: RFC 9457, with the reason code of the verdict.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use waymark_datasets::{Reason, Rejection};

use super::problems::ProblemDetails;
use crate::error::{Error, Fault};

/// An answer that says what is wrong.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    reason: Option<Reason>,
    detail: String,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// When to try again after the server was busy, in seconds. Clients add jitter of their own.
const RETRY_AFTER_S: u16 = 5;

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, reason: None, detail: detail.into(), headers: Vec::new() }
    }

    pub(super) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Nobody showed who they are, or not well enough.
    pub(super) fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail)
            .with(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"waymark\""))
    }

    /// The server has too much to do: the same again, later.
    pub(super) fn busy(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail).with(RETRY_AFTER, RETRY_AFTER_S.into())
    }

    /// Too much was asked for: the same again, in so many seconds.
    pub(super) fn held_back(rejection: &Rejection, retry_after_s: u64) -> Self {
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, rejection.detail.clone());
        Self { reason: Some(rejection.reason), ..problem.with(RETRY_AFTER, retry_after_s.into()) }
    }

    pub(super) fn no_such_clip() -> Self {
        Self::new(StatusCode::NOT_FOUND, "there is no such clip, or it is not yours")
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        let status = match rejection.reason {
            Reason::ManifestMalformed => StatusCode::BAD_REQUEST,
            Reason::SignatureInvalid
            | Reason::DeviceUnknown
            | Reason::DeviceRevoked
            | Reason::DriverMismatch
            | Reason::InvitationInvalid => StatusCode::FORBIDDEN,
            Reason::ClipIdTaken
            | Reason::ChainForked
            | Reason::DeviceRotated
            | Reason::DeviceTaken
            | Reason::InvitationUsed => StatusCode::CONFLICT,
            Reason::InvitationExpired | Reason::ClipErased => StatusCode::GONE,
            Reason::MediaTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self { reason: Some(rejection.reason), ..Self::new(status, rejection.detail) }
    }
}

impl Problem {
    /// What failed is for our log: it may name our disks and buckets.
    pub(super) fn of_failure(error: &Error) -> Self {
        tracing::error!(%error, "a request failed");
        match error {
            Error::Store(error) if error.is_full() => {
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "the server has no room left: try again later")
                    .with(RETRY_AFTER, (RETRY_AFTER_S * 12).into())
            }
            Error::Denylist { .. } => Self::busy("no clip is taken until the denylist can be read again"),
            Error::Store(_) => Self::busy("the server's storage failed: try again"),
            _ => Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the server failed: nothing was decided, try again"),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::of_failure(&error)
    }
}

impl From<waymark_datasets::StoreError> for Problem {
    fn from(error: waymark_datasets::StoreError) -> Self {
        Error::from(error).into()
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused(rejection) => rejection.into(),
            Fault::Failed(error) => error.into(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let details = ProblemDetails {
            kind: self.reason.map(|reason| format!("urn:waymark:reason:{reason}")),
            title: self.status.canonical_reason().unwrap_or("Error").into(),
            status: self.status.as_u16(),
            detail: self.detail,
            reason: self.reason.map(|reason| reason.to_string()),
        };
        // Text and numbers always have a form in JSON.
        let mut response = Response::new(Body::from(serde_json::to_vec(&details).unwrap_or_default()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(self.headers);
        response
    }
}

/// What the framework refuses, such as an address that is no UTF-8, is a problem like any other.
pub(super) async fn instead_of_text(response: Response) -> Response {
    let is_text = |value: &HeaderValue| value.as_bytes().starts_with(b"text/plain");
    let status = response.status();
    if status.is_client_error() && response.headers().get(CONTENT_TYPE).is_some_and(is_text) {
        return Problem::new(status, "the request does not read").into_response();
    }
    response
}

pub(super) async fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "there is nothing at this path")
}

pub(super) async fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "the path exists, but not for this method")
}
