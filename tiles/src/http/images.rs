//! Redacted images: those of a snapshot and no others.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::Response;
use waymark_datasets::snapshot::{self, FileRef, IMAGERY};
use waymark_datasets::{FrameId, Partition};

use super::answer::{etag, has_already};
use super::map::{Edition, Map};
use super::params::Params;
use super::problem::Problem;
use super::stac;
use super::told::tell;
use crate::access::Metered;
use crate::query::Held;

/// An image never changes, but it may be taken down: a day, then ask again.
const CACHED: HeaderValue = HeaderValue::from_static("public, max-age=86400");

/// The redacted image of a frame.
#[utoipa::path(
    get, path = "/v1/frames/{frame}/image", tag = "map",
    params(
        ("frame" = String, Path, description = "Id of a frame: 32 hexadecimal digits"),
        ("snapshot" = Option<String>, Query, description = "The snapshot; the latest if none"),
    ),
    responses(
        (status = 200, description = "A JPEG without faces and plates", content_type = "image/jpeg"),
        (status = 304, description = "You have it"),
        (status = 400, description = "An unknown parameter", content_type = "application/problem+json"),
        (status = 404, description = "No such frame in the snapshot", content_type = "application/problem+json"),
        (status = 503, description = "The storage failed", content_type = "application/problem+json"),
    )
)]
pub(super) async fn by_frame(
    State(map): State<Arc<Map>>,
    Path(frame): Path<String>,
    is_metered: Option<Extension<Metered>>,
    asked: Parts,
) -> Result<Response, Problem> {
    let (uri, asked) = (&asked.uri, &asked.headers);
    let edition = map.at(Params::of_query(uri.query(), &["snapshot"])?.snapshot()?).await?;
    let Ok(frame) = frame.parse::<FrameId>() else { return Err(missing()) };
    let part = map.shelf.index(&edition.view).await?.part_of(frame).ok_or_else(missing)?;
    let part = map.shelf.part(&edition.view.parts()[part]).await?;
    let name = format!("{frame}.jpg");
    let is_it = |file: &&FileRef| file.path.starts_with(IMAGERY) && file.path.rsplit('/').next() == Some(&name);
    let file = part.files.iter().find(is_it).ok_or_else(missing)?;
    let mut response = image(&map, file, asked).await?;
    if is_metered.is_some() {
        let row = stac::by_id(&map, &edition, frame).await?;
        tell(&mut response, row.as_slice());
    }
    Ok(response)
}

/// An image by the key that tables give.
pub(super) async fn by_path(State(map): State<Arc<Map>>, uri: Uri, asked: HeaderMap) -> Result<Response, Problem> {
    let edition = map.at(Params::of_query(uri.query(), &["snapshot"])?.snapshot()?).await?;
    let key = uri.path().trim_start_matches('/');
    let held = partition(&edition, key).ok_or_else(missing)?;
    let part = map.shelf.part(held).await?;
    let at = part.files.binary_search_by(|file| file.path.as_str().cmp(key)).map_err(|_| missing())?;
    image(&map, &part.files[at], &asked).await
}

fn partition<'a>(edition: &'a Edition, key: &str) -> Option<&'a Held> {
    let at = Partition::parse(key)?;
    edition.view.parts().iter().find(|held| at == Partition::of(held.epoch, held.region))
}

async fn image(map: &Map, file: &FileRef, asked: &HeaderMap) -> Result<Response, Problem> {
    let name = etag(&file.sha256);
    let mut response = if has_already(asked, &name) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        Response::new(Body::from(snapshot::file(map.shelf.store(), file).await?))
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
    headers.insert(CACHE_CONTROL, CACHED);
    headers.insert(ETAG, name);
    Ok(response)
}

fn missing() -> Problem {
    Problem::not_found("image_unknown", "there is no such image in this snapshot")
}
