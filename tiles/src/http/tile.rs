//! `/tiles/{z}/{x}/{y}.mvt`: ready bytes by their place, and as little as possible around them.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use waymark_datasets::Digest;

use super::answer::{Lasting, etag, has_already, takes_gzip};
use super::cors;
use super::map::{Edition, Map};
use super::params::Params;
use super::problem::Problem;
use crate::archive::{Encoding, TileCoord, unpack};
use crate::query::Refusal;

/// A tile of an edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TileKey {
    edition: u32,
    zoom: u8,
    x: u32,
    y: u32,
}

/// A tile that is ready to be sent.
#[derive(Debug, Clone)]
pub(super) struct Tile {
    bytes: Bytes,
    is_gzip: bool,
    etag: HeaderValue,
}

/// What a tile takes in memory besides its bytes.
const ENTRY_BYTES: usize = 256;
const ZOOM_MAX: u8 = 30;
const VECTOR_TILE: HeaderValue = HeaderValue::from_static("application/vnd.mapbox-vector-tile");

/// One vector tile; 204 where there is nothing.
#[utoipa::path(
    get, path = "/tiles/{z}/{x}/{y}.mvt", tag = "tiles",
    params(
        ("z" = u8, Path, description = "Zoom"), ("x" = u32, Path, description = "Column"),
        ("y" = u32, Path, description = "Row, from the north"),
        ("snapshot" = Option<String>, Query, description = "The snapshot; the latest if none"),
    ),
    responses(
        (status = 200, description = "A Mapbox vector tile 2.1", content_type = "application/vnd.mapbox-vector-tile"),
        (status = 204, description = "There is nothing here"),
        (status = 304, description = "You have it"),
        (status = 400, description = "Not a tile", content_type = "application/problem+json"),
        (status = 404, description = "No such snapshot, or no tiles of it", content_type = "application/problem+json"),
        (status = 503, description = "The storage failed", content_type = "application/problem+json"),
    )
)]
pub(super) async fn tile(State(map): State<Arc<Map>>, request: Request) -> Response {
    // Without the body: it could not wait for the store with us.
    let (request, _) = request.into_parts();
    let mut response = match request.method {
        Method::GET | Method::HEAD => match answer(&map, &request.uri, &request.headers).await {
            Ok(response) => response,
            Err(problem) => problem.into_response(),
        },
        Method::OPTIONS => return cors::preflight().await,
        _ => ([(ALLOW, "GET, HEAD, OPTIONS")], super::problem::method_not_allowed().await).into_response(),
    };
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, cors::ANY);
    response
}

async fn answer(map: &Map, uri: &Uri, asked: &HeaderMap) -> Result<Response, Problem> {
    let snapshot = snapshot(uri.query())?;
    let (zoom, x, y) = place(uri.path()).ok_or_else(|| {
        let detail = "expected /tiles/ZOOM/COLUMN/ROW.mvt, with column and row within the zoom";
        Refusal::new("tile_malformed", detail)
    })?;
    let edition = map.at(snapshot).await?;
    let key = TileKey { edition: edition.serial, zoom, x, y };
    let tile = match map.tiles.get(&key) {
        Some(known) => known,
        None => read(map, &edition, key).await?,
    };
    tile.map_or_else(|| Ok(nothing(snapshot.is_some())), |tile| of(&tile, asked, snapshot.is_some()))
}

/// Most clients name the snapshot that the TileJSON names, and nothing else.
fn snapshot(query: Option<&str>) -> Result<Option<Digest>, Refusal> {
    match query.and_then(|query| query.strip_prefix("snapshot=")).and_then(|id| id.parse().ok()) {
        Some(id) => Ok(Some(id)),
        None => Params::of_query(query, &["snapshot"])?.snapshot(),
    }
}

fn place(path: &str) -> Option<(u8, u32, u32)> {
    let mut parts = path.strip_prefix("/tiles/")?.splitn(3, '/');
    let (zoom, x, file) = (number(parts.next()?)?, number(parts.next()?)?, parts.next()?);
    let y = number(file.strip_suffix(".mvt").or_else(|| file.strip_suffix(".pbf"))?)?;
    let zoom = u8::try_from(zoom).ok().filter(|zoom| *zoom <= ZOOM_MAX)?;
    (x >> zoom == 0 && y >> zoom == 0).then_some((zoom, x, y))
}

/// Digits and nothing else: a tile has one address.
fn number(text: &str) -> Option<u32> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    is_plain.then(|| text.parse().ok())?
}

async fn read(map: &Map, edition: &Edition, key: TileKey) -> Result<Option<Tile>, Problem> {
    let archive = edition.archive()?;
    let found = match TileCoord::new(key.zoom, key.x, key.y) {
        Ok(at) => archive.tile(at).await?.filter(|tile| !tile.bytes.is_empty()),
        Err(_) => None,
    };
    let tile = found.map(|tile| Tile {
        etag: etag(&Digest::of(&tile.bytes)),
        is_gzip: tile.encoding == Encoding::Gzip,
        bytes: tile.bytes,
    });
    map.tiles.put(key, tile.clone(), ENTRY_BYTES + tile.as_ref().map_or(0, |tile| tile.bytes.len()));
    Ok(tile)
}

fn nothing(is_named: bool) -> Response {
    (StatusCode::NO_CONTENT, [(CACHE_CONTROL, Lasting::of(is_named).header())]).into_response()
}

fn of(tile: &Tile, asked: &HeaderMap, is_named: bool) -> Result<Response, Problem> {
    let is_packed = tile.is_gzip && takes_gzip(asked);
    let mut response = if has_already(asked, &tile.etag) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else if is_packed || !tile.is_gzip {
        Response::new(Body::from(tile.bytes.clone()))
    } else {
        let plain = unpack(&tile.bytes).map_err(|error| Problem::damaged(&error))?;
        Response::new(Body::from(plain))
    };
    let headers = response.headers_mut();
    headers.reserve(8);
    headers.insert(CONTENT_TYPE, VECTOR_TILE);
    if is_packed {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    headers.insert(ETAG, tile.etag.clone());
    headers.insert(CACHE_CONTROL, Lasting::of(is_named).header());
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    Ok(response)
}
