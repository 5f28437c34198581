//! What is answered when it is not what was asked for: RFC 9457, in the shape of the endpoint for drivers.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_RANGE, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use waymark_datasets::StoreError;
use waymark_datasets::snapshot::SnapshotError;

use crate::query::Refusal;

/// An answer that says what is wrong.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    reason: &'static str,
    detail: String,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// When to try again after the server was busy, in seconds.
const RETRY_AFTER_S: u16 = 5;

impl Problem {
    pub(crate) fn new(status: StatusCode, reason: &'static str, detail: impl Into<String>) -> Self {
        Self { status, reason, detail: detail.into(), headers: Vec::new() }
    }

    pub(crate) fn not_found(reason: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, reason, detail)
    }

    /// The server has too much to do, or its storage has: the same again, later.
    pub(crate) fn busy(detail: impl Into<String>) -> Self {
        let mut problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail);
        problem.headers.push((RETRY_AFTER, RETRY_AFTER_S.into()));
        problem
    }

    /// A range of bytes beyond the end of `size_bytes`.
    pub(super) fn unsatisfiable(size_bytes: u64) -> Self {
        let detail = format!("there are {size_bytes} bytes");
        let mut problem = Self::new(StatusCode::RANGE_NOT_SATISFIABLE, "range_unsatisfiable", detail);
        if let Ok(range) = HeaderValue::try_from(format!("bytes */{size_bytes}")) {
            problem.headers.push((CONTENT_RANGE, range));
        }
        problem
    }

    /// Something published is not what it should be.
    pub(super) fn damaged(reason: &str) -> Self {
        tracing::error!(reason, "something published is damaged");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "damaged", "something published is damaged")
    }

    /// What failed is for our log: it may name our disks and buckets.
    fn of_failure(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "a request failed");
        Self::busy("the server's storage failed: try again")
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal.reason {
            "area_too_large" | "geometry_invalid" | "geometry_too_detailed" | "line_too_long" => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            _ => StatusCode::BAD_REQUEST,
        };
        Self::new(status, refusal.reason, refusal.detail)
    }
}

impl From<SnapshotError> for Problem {
    fn from(error: SnapshotError) -> Self {
        Self::of_failure(&error)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::of_failure(&error)
    }
}

impl From<crate::Error> for Problem {
    fn from(error: crate::Error) -> Self {
        Self::of_failure(&error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let json = json!({
            "type": format!("urn:waymark:reason:{}", self.reason),
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "detail": self.detail,
            "reason": self.reason,
        });
        let mut response = Response::new(Body::from(json.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(self.headers);
        response
    }
}

pub(super) async fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "the path exists, but not for this method")
}
