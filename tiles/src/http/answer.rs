//! Answers with what they are, how long they hold, and their names: whoever has one already is told so.

use axum::body::Body;
use axum::http::header::{ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use serde_json::Value;
use waymark_datasets::Digest;

/// How long an answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lasting {
    /// What a named snapshot says never changes.
    ForGood,
    /// The latest snapshot may be another one next time: ask again, by the name of what you have.
    Checked,
}

impl Lasting {
    /// That of an answer from a snapshot that was asked for by name, or was not.
    pub(super) fn of(is_named: bool) -> Self {
        if is_named { Self::ForGood } else { Self::Checked }
    }

    pub(super) fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::ForGood => "public, max-age=31536000, immutable",
            Self::Checked => "public, no-cache",
        })
    }
}

pub(super) const JSON: &str = "application/json";
pub(super) const GEOJSON: &str = "application/geo+json";
pub(super) const ARROW_STREAM: &str = "application/vnd.apache.arrow.stream";

/// A whole answer.
pub(super) fn answer(asked: &HeaderMap, (media_type, body): (&'static str, Bytes), lasting: Lasting) -> Response {
    let etag = etag(&Digest::of(&body));
    let mut response = if has_already(asked, &etag) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        Response::new(Body::from(body))
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, lasting.header());
    headers.insert(ETAG, etag);
    headers.insert(VARY, HeaderValue::from_static("Accept"));
    response
}

const VARY: HeaderName = axum::http::header::VARY;

pub(super) fn json(asked: &HeaderMap, media_type: &'static str, json: &Value, lasting: Lasting) -> Response {
    answer(asked, (media_type, json.to_string().into()), lasting)
}

/// The name of bytes: half of their hash is enough to tell them from all others.
pub(super) fn etag(digest: &Digest) -> HeaderValue {
    let name = digest.to_string();
    HeaderValue::try_from(format!("\"{}\"", &name[..32])).unwrap_or(HeaderValue::from_static("\"\""))
}

/// Whether the client says that it has what is named `etag`.
pub(super) fn has_already(asked: &HeaderMap, etag: &HeaderValue) -> bool {
    let names = asked.get_all(IF_NONE_MATCH).iter().filter_map(|names| names.to_str().ok());
    let etag = etag.to_str().unwrap_or_default();
    names
        .flat_map(|names| names.split(','))
        .map(str::trim)
        .any(|name| name == "*" || name.trim_start_matches("W/") == etag)
}

/// Whether the client takes gzip: a weight of nought means that it does not.
pub(super) fn takes_gzip(asked: &HeaderMap) -> bool {
    let weighed = |part: &str| {
        let (coding, weight) = part.split_once(';').unwrap_or((part, ""));
        let is_refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.trim().parse() == Ok(0.0));
        (matches!(coding.trim(), "gzip" | "x-gzip" | "*")).then_some(!is_refused)
    };
    let given = asked.get_all(ACCEPT_ENCODING).iter().filter_map(|codings| codings.to_str().ok());
    given.flat_map(|codings| codings.split(',')).find_map(weighed).unwrap_or(false)
}

/// Whether the client asks for Arrow rather than GeoJSON.
pub(super) fn wants_arrow(asked: &HeaderMap) -> bool {
    asked.get_all(ACCEPT).iter().filter_map(|types| types.to_str().ok()).any(|types| types.contains(ARROW_STREAM))
}
