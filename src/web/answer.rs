//! What is answered: JSON, or what is wrong (RFC 9457).

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;
use url::form_urlencoded;

/// For what may change: browsers ask every time.
pub(super) const CHECKED: HeaderValue = HeaderValue::from_static("no-cache");
/// For what was written once and for all; an hour, as whoever runs the server may still take it down.
pub(super) const SETTLED: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// An answer that says what is wrong.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    detail: String,
}

impl Problem {
    /// There is no such thing.
    pub(super) fn missing(detail: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, detail: detail.into() }
    }

    /// The question is not one.
    pub(super) fn malformed(detail: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, detail: detail.into() }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Problem {
    /// What failed is for our log: it may name our disks and buckets.
    fn from(error: E) -> Self {
        tracing::error!(error = format!("{:#}", error.into()), "a request failed");
        Self { status: StatusCode::SERVICE_UNAVAILABLE, detail: "the server's storage failed: try again".into() }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or("Error");
        let json = json!({ "title": title, "status": self.status.as_u16(), "detail": self.detail });
        let headers = [(CONTENT_TYPE, HeaderValue::from_static("application/problem+json")), (CACHE_CONTROL, CHECKED)];
        (self.status, headers, json.to_string()).into_response()
    }
}

/// `value` as JSON that may be kept as `caching` says.
pub(super) fn json(value: &impl Serialize, caching: HeaderValue) -> Result<Response, Problem> {
    let headers = [(CONTENT_TYPE, HeaderValue::from_static("application/json")), (CACHE_CONTROL, caching)];
    Ok((headers, serde_json::to_vec(value)?).into_response())
}

/// The parameter `name` of a question, which may have no other.
pub(super) fn parameter(uri: &Uri, name: &str) -> Result<Option<String>, Problem> {
    let given = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let mut found = None;
    for (given, value) in given {
        if given != name || found.replace(value.into_owned()).is_some() {
            return Err(Problem::malformed(format!("the only parameter here is {name}, once")));
        }
    }
    Ok(found)
}
