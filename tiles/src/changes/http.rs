//! `GET /v1/changes`: the feed, page by page.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};
use utoipa::OpenApi;
use waymark_datasets::{Digest, Store};

use super::difference::Change;
use super::log::{self, ChangesError, Entry};
use crate::http::problem::Problem;

/// Where the feed is read from.
#[derive(Debug, Clone)]
pub struct Changes {
    store: Store,
}

impl Changes {
    /// The feed of a store.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

/// The paths of the feed, to be merged with other routers.
pub fn changes_router(changes: Changes) -> Router {
    Router::new().route("/v1/changes", get(changes_page)).with_state(Arc::new(changes))
}

/// What the paths of the feed take and answer.
#[must_use]
pub fn changes_openapi() -> utoipa::openapi::OpenApi {
    #[derive(OpenApi)]
    #[openapi(paths(changes_page))]
    struct Document;
    Document::openapi()
}

/// Changes of one page, at most.
const CHANGES_MAX: usize = 10_000;
/// Changes of one page, unless asked otherwise.
const CHANGES: usize = 1_000;
/// Entries of one page, at most.
const ENTRIES_MAX: usize = 100;

/// The place where a page begins: an entry, and how many of its changes were told before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cursor {
    sequence: u64,
    offset: usize,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.sequence, self.offset)
    }
}

impl FromStr for Cursor {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (sequence, offset) = text.split_once('.').ok_or(())?;
        let cursor = Self { sequence: sequence.parse().map_err(|_| ())?, offset: offset.parse().map_err(|_| ())? };
        if cursor.sequence > 0 { Ok(cursor) } else { Err(()) }
    }
}

/// What is asked for.
#[derive(Debug, Default)]
struct Asked {
    since: Option<String>,
    limit: Option<usize>,
}

impl Asked {
    /// Reads the part of an address behind the question mark; the error is a sentence.
    fn parse(query: &str) -> Result<Self, String> {
        let mut asked = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "since" => asked.since = Some(value.into_owned()),
                "limit" => {
                    let limit = value.parse().ok().filter(|limit| (1..=CHANGES_MAX).contains(limit));
                    asked.limit = Some(limit.ok_or_else(|| format!("limit: expected 1 to {CHANGES_MAX}"))?);
                }
                _ => return Err(format!("{name:?} is no parameter here: expected since or limit")),
            }
        }
        Ok(asked)
    }
}

/// What changed on the map since a snapshot, or since the page before.
#[utoipa::path(
    get, path = "/v1/changes", tag = "map",
    params(
        ("since" = Option<String>, Query, description = "A snapshot, or `next` of a page; from the first entry if none"),
        ("limit" = Option<usize>, Query, description = "Changes of the page, at most 10000; 1000 if none"),
    ),
    responses(
        (status = 200, description = "Entries of the feed, and where to go on", content_type = "application/json",
            body = Object),
        (status = 400, description = "A parameter is malformed", content_type = "application/problem+json"),
        (status = 404, description = "The feed knows no such snapshot", content_type = "application/problem+json"),
        (status = 503, description = "The storage failed", content_type = "application/problem+json"),
    )
)]
async fn changes_page(State(changes): State<Arc<Changes>>, uri: Uri) -> Response {
    let asked = match Asked::parse(uri.query().unwrap_or_default()) {
        Ok(asked) => asked,
        Err(detail) => return Problem::new(StatusCode::BAD_REQUEST, "parameter_malformed", detail).into_response(),
    };
    let limit = asked.limit.unwrap_or(CHANGES);
    let from = match since(&changes.store, asked.since.as_deref()).await {
        Ok(Some(from)) => from,
        Ok(None) => {
            let detail = "the feed knows no such snapshot, or the cursor is none of its own: begin without `since`";
            return Problem::not_found("snapshot_unknown", detail).into_response();
        }
        Err(error) => return failed(&error),
    };
    page(&changes.store, from, limit).await.unwrap_or_else(|error| failed(&error))
}

/// Where to begin; none if nobody knows.
async fn since(store: &Store, text: Option<&str>) -> Result<Option<Cursor>, ChangesError> {
    let begin = |sequence| Cursor { sequence, offset: 0 };
    let Some(text) = text else { return Ok(Some(begin(1))) };
    if let Ok(snapshot) = text.parse::<Digest>() {
        return Ok(log::sequence_of(store, snapshot).await?.map(|sequence| begin(sequence + 1)));
    }
    Ok(text.parse().ok())
}

async fn page(store: &Store, from: Cursor, limit: usize) -> Result<Response, ChangesError> {
    let (mut at, mut left) = (from, limit);
    let mut entries = Vec::new();
    let mut is_latest = false;
    while left > 0 && entries.len() < ENTRIES_MAX {
        let Some(mut entry) = log::read(store, at.sequence).await? else {
            is_latest = true;
            break;
        };
        let first = at.offset.min(entry.changes.len());
        let end = entry.changes.len().min(first + left);
        let told: Vec<Change> = entry.changes.drain(first..end).collect();
        let is_whole = entry.changes.len() == first;
        left -= told.len();
        entries.push(shown(&entry, first == 0, &json!(told)));
        at = if is_whole {
            Cursor { sequence: at.sequence + 1, offset: 0 }
        } else {
            Cursor { sequence: at.sequence, offset: end }
        };
    }
    let body = json!({ "entries": entries, "next": at.to_string(), "is_latest": is_latest });
    let mut response = Response::new(Body::from(body.to_string()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    Ok(response)
}

/// Regions and erasures are told with the first part of an entry.
fn shown(entry: &Entry, is_first: bool, changes: &Value) -> Value {
    let (regions, erasures) =
        if is_first { (json!(entry.regions), json!(entry.erasures)) } else { (json!([]), json!([])) };
    json!({
        "sequence": entry.sequence, "from": entry.from, "to": entry.to,
        "erasures": erasures, "regions": regions, "changes": changes,
    })
}

/// What failed is for our log.
fn failed(error: &ChangesError) -> Response {
    tracing::error!(%error, "the feed of changes cannot be read");
    Problem::busy("the server's storage failed: try again").into_response()
}
