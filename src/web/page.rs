//! The files of the page, as they were built into the program.

use std::sync::Arc;

use anyhow::{Context, ensure};
use axum::extract::State;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use include_dir::{Dir, include_dir};
use serde_json::json;
use url::Url;
use waymark_datasets::Digest;

use super::answer::{CHECKED, Problem, json as send};
use crate::config::PageSettings;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/web/dist");

/// Names below `assets/` carry a hash of what is in them.
const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// What the page is sent with.
pub(super) struct Page {
    policy: HeaderValue,
    basemap_style_url: Option<Url>,
}

impl Page {
    pub(super) fn new(settings: &PageSettings) -> anyhow::Result<Self> {
        let style = settings.basemap_style_url.as_deref().map(address).transpose()?;
        let origins: Vec<Url> = settings.basemap_origins.iter().map(|text| address(text)).collect::<Result<_, _>>()?;
        let others: Vec<String> = style.iter().chain(&origins).map(|url| url.origin().ascii_serialization()).collect();
        Ok(Self { policy: policy(&others.join(" "))?, basemap_style_url: style })
    }
}

fn address(text: &str) -> anyhow::Result<Url> {
    let url = Url::parse(text).with_context(|| format!("setting page: address {text:?}"))?;
    ensure!(matches!(url.scheme(), "http" | "https"), "setting page: {text:?} is no address of the web");
    Ok(url)
}

/// The page runs its own scripts only, and asks only us and, if there is one, whoever has the base map.
fn policy(others: &str) -> anyhow::Result<HeaderValue> {
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; worker-src 'self'; manifest-src 'self'; \
         connect-src 'self' {others}; img-src 'self' data: blob: {others}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    Ok(HeaderValue::try_from(policy)?)
}

/// `GET /page.json`.
pub(super) async fn settings(State(page): State<Arc<Page>>) -> Result<Response, Problem> {
    let style = page.basemap_style_url.as_ref().map(Url::as_str);
    send(&json!({ "basemap_style_url": style }), CHECKED)
}

/// `GET /` and whatever it is made of.
pub(super) async fn file(State(page): State<Arc<Page>>, uri: Uri, asked: HeaderMap) -> Result<Response, Problem> {
    let path = uri.path().trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
    let whole = FILES.get_file(path).ok_or_else(|| Problem::missing("there is nothing at this path"))?.contents();
    let packed = FILES.get_file(format!("{path}.gz")).filter(|_| takes_gzip(&asked));
    let contents = packed.map_or(whole, include_dir::File::contents);
    let mut response = if path.starts_with("assets/") {
        ([(CACHE_CONTROL, FOR_GOOD)], contents).into_response()
    } else {
        checked(contents, &asked)?
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, media_type(path));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(CONTENT_SECURITY_POLICY, page.policy.clone());
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if packed.is_some() {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

/// What keeps its name when it changes is named by its hash besides.
fn checked(contents: &'static [u8], asked: &HeaderMap) -> Result<Response, Problem> {
    let tag = HeaderValue::try_from(format!("\"{}\"", Digest::of(contents)))?;
    let has_it = asked.get(IF_NONE_MATCH) == Some(&tag);
    let headers = [(CACHE_CONTROL, CHECKED), (ETAG, tag)];
    Ok(if has_it { (StatusCode::NOT_MODIFIED, headers).into_response() } else { (headers, contents).into_response() })
}

fn takes_gzip(asked: &HeaderMap) -> bool {
    let given = asked.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_gzip = |coding: &str| coding.split(';').next().is_some_and(|name| name.trim().eq_ignore_ascii_case("gzip"));
    given.split(',').any(|coding| is_gzip(coding) && !coding.replace(' ', "").ends_with(";q=0"))
}

fn media_type(path: &str) -> HeaderValue {
    HeaderValue::from_static(match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    })
}
