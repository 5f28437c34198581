//! What is answered when it is not what was asked for: RFC 9457, in the shape of the endpoint for drivers.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::json;

/// An answer that says what is wrong: a code for programs and a sentence for people.
pub(crate) fn problem(status: StatusCode, reason: &str, detail: &str) -> Response {
    let json = json!({
        "type": format!("urn:waymark:reason:{reason}"),
        "title": status.canonical_reason().unwrap_or("Error"),
        "status": status.as_u16(),
        "detail": detail,
        "reason": reason,
    });
    let mut response = Response::new(Body::from(json.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
