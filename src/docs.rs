//! `/openapi.json`, and `/docs` that shows it: one page without anything from elsewhere.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue};
use axum::response::IntoResponse;
use axum::routing::get;
use utoipa::openapi::OpenApi;

const PAGE: &str = include_str!("docs/page.html");
/// The page has its own script and style, and asks this server alone.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; connect-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
     frame-ancestors 'none'; base-uri 'none'",
);
const HOUR: HeaderValue = HeaderValue::from_static("max-age=3600");

/// The document as a file, and as a page to read.
pub fn routes(api: &OpenApi) -> anyhow::Result<Router> {
    let json = bytes::Bytes::from(api.to_json()?);
    let document = move || async move { shown("application/json", json.clone()).into_response() };
    let page = || async {
        let mut page = shown("text/html; charset=utf-8", PAGE.into()).into_response();
        page.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY);
        page
    };
    Ok(Router::new().route("/openapi.json", get(document)).route("/docs", get(page)))
}

fn shown(media_type: &'static str, body: bytes::Bytes) -> ([(HeaderName, HeaderValue); 2], bytes::Bytes) {
    ([(CONTENT_TYPE, HeaderValue::from_static(media_type)), (CACHE_CONTROL, HOUR)], body)
}
