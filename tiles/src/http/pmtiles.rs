//! `/map.pmtiles`: all tiles of a snapshot as one archive, which readers in a browser fetch by ranges.

use std::ops::Range;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::Response;
use bytes::Bytes;
use futures::stream;

use super::answer::{Lasting, etag, has_already};
use super::map::{Edition, Map};
use super::params::Params;
use super::problem::Problem;
use super::range::{Wanted, wanted};
use crate::Error;

/// Bytes in memory at a time for each who reads.
const PIECE_BYTES: u64 = 1 << 20;

/// All tiles as one PMTiles archive (version 3), or a range of it.
#[utoipa::path(
    get, path = "/map.pmtiles", tag = "tiles",
    params(("snapshot" = Option<String>, Query, description = "The snapshot; the latest if none")),
    responses(
        (status = 200, description = "The archive", content_type = "application/vnd.pmtiles"),
        (status = 206, description = "A range of it", content_type = "application/vnd.pmtiles"),
        (status = 304, description = "You have it"),
        (status = 400, description = "An unknown parameter", content_type = "application/problem+json"),
        (status = 404, description = "No such snapshot, or no tiles of it", content_type = "application/problem+json"),
        (status = 416, description = "A range beyond its end", content_type = "application/problem+json"),
        (status = 503, description = "The storage failed", content_type = "application/problem+json"),
    )
)]
pub(super) async fn whole(State(map): State<Arc<Map>>, uri: Uri, asked: HeaderMap) -> Result<Response, Problem> {
    let snapshot = Params::of_query(uri.query(), &["snapshot"])?.snapshot()?;
    let edition = map.at(snapshot).await?;
    let size_bytes = edition.archive()?.size_bytes();
    let name = etag(&edition.id()?);
    let (status, range) = match wanted(&asked, &name, size_bytes) {
        _ if has_already(&asked, &name) => (StatusCode::NOT_MODIFIED, 0..0),
        Wanted::Whole => (StatusCode::OK, 0..size_bytes),
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Wanted::Unsatisfiable => return Err(Problem::unsatisfiable(size_bytes)),
    };
    let mut response = Response::new(body(edition, range.clone()).await?);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/vnd.pmtiles"));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(CACHE_CONTROL, Lasting::of(snapshot.is_some()).header());
    headers.insert(ETAG, name);
    if status != StatusCode::NOT_MODIFIED {
        headers.insert(CONTENT_LENGTH, (range.end - range.start).into());
    }
    if status == StatusCode::PARTIAL_CONTENT {
        let text = format!("bytes {}-{}/{size_bytes}", range.start, range.end - 1);
        headers.insert(CONTENT_RANGE, HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("")));
    }
    Ok(response)
}

/// The first piece is read before anything is promised; the others as the client takes them.
async fn body(edition: Arc<Edition>, range: Range<u64>) -> Result<Body, Problem> {
    let first = piece(&edition, &range).await?;
    let rest = range.start + first.len() as u64..range.end;
    let pieces = stream::try_unfold((edition, Some(first), rest), |(edition, first, rest)| async move {
        if let Some(first) = first {
            return Ok(Some((first, (edition, None, rest))));
        }
        if rest.is_empty() {
            return Ok::<_, Error>(None);
        }
        // The status is out: if this fails the answer is cut, which the client sees by its length.
        let bytes = piece(&edition, &rest).await?;
        let rest = rest.start + bytes.len() as u64..rest.end;
        Ok(Some((bytes, (edition, None, rest))))
    });
    Ok(Body::from_stream(pieces))
}

async fn piece(edition: &Edition, range: &Range<u64>) -> Result<Bytes, Error> {
    match &edition.archive {
        Some(archive) if !range.is_empty() => {
            archive.bytes(range.start..range.end.min(range.start + PIECE_BYTES)).await
        }
        _ => Ok(Bytes::new()),
    }
}
