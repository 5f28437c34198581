//! `/v1/features` and `/v1/coverage`: rows in an area, as GeoJSON or as an Arrow stream.

mod row;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::LINK;
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::Response;
use serde_json::{Value, json};
use waymark_datasets::Epoch;
use waymark_datasets::rows::{CoverageRow, FeatureRow};

use super::answer::{ARROW_STREAM, GEOJSON, Lasting, answer, json, wants_arrow};
use super::area::{AREA, Start, area, next_link, start};
use super::map::Map;
use super::params::Params;
use super::problem::Problem;
use super::told::tell;
use crate::query::{Page, Question, search};
use row::{Published, stream};

/// Names that every table knows.
const COMMON: [&str; 4] = ["snapshot", "epoch", "limit", "token"];

/// Things on the map in an area.
#[utoipa::path(
    get, path = "/v1/features", tag = "map",
    params(
        ("bbox" = Option<String>, Query, description = "west,south,east,north in degrees; west > east crosses the antimeridian"),
        ("polygon" = Option<String>, Query, description = "WKT or GeoJSON"),
        ("line" = Option<String>, Query, description = "WKT or GeoJSON; with buffer_m"),
        ("buffer_m" = Option<f64>, Query, description = "Up to so far from the line"),
        ("point" = Option<String>, Query, description = "longitude,latitude; with radius_m"),
        ("radius_m" = Option<f64>, Query, description = "Up to so far from the point"),
        ("cell" = Option<String>, Query, description = "An H3 cell up to resolution 12"),
        ("class" = Option<String>, Query, description = "Classes with commas between them"),
        ("state" = Option<String>, Query, description = "present, new, gone; present,new if not given"),
        ("seen_since" = Option<String>, Query, description = "Last seen then or later (RFC 3339)"),
        ("epoch" = Option<String>, Query, description = "As of this ISO week, such as 2026-W47"),
        ("snapshot" = Option<String>, Query, description = "The snapshot; the latest if none"),
        ("limit" = Option<u32>, Query, description = "Rows of a page, up to 10000; 1000 if not given"),
        ("token" = Option<String>, Query, description = "Where the page begins: from the link `next`"),
    ),
    responses(
        (status = 200, description = "GeoJSON, or an Arrow stream if that is accepted", content(
            (Object = "application/geo+json"), (Vec<u8> = "application/vnd.apache.arrow.stream"))),
        (status = 304, description = "You have it"),
        (status = 400, description = "A parameter is wrong", content_type = "application/problem+json"),
        (status = 404, description = "No such snapshot", content_type = "application/problem+json"),
        (status = 422, description = "An area that is invalid or too large", content_type = "application/problem+json"),
        (status = 503, description = "The storage failed", content_type = "application/problem+json"),
    )
)]
pub(super) async fn features(State(map): State<Arc<Map>>, uri: Uri, asked: HeaderMap) -> Result<Response, Problem> {
    let params = Params::of_query(uri.query(), &names::<FeatureRow>())?;
    table::<FeatureRow>(map, params, (asked, false)).await
}

/// The same by `POST`: the parameters as JSON, so that an area may be long.
#[utoipa::path(
    post, path = "/v1/features", tag = "map",
    request_body(content = Object, description = "The parameters of GET by name", content_type = "application/json"),
    responses(
        (status = 200, description = "GeoJSON, or an Arrow stream if that is accepted", content(
            (Object = "application/geo+json"), (Vec<u8> = "application/vnd.apache.arrow.stream"))),
        (status = 304, description = "You have it"),
        (status = 400, description = "A parameter is wrong", content_type = "application/problem+json"),
        (status = 404, description = "No such snapshot", content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", content_type = "application/problem+json"),
        (status = 422, description = "An area that is invalid or too large", content_type = "application/problem+json"),
        (status = 503, description = "The storage failed", content_type = "application/problem+json"),
    )
)]
pub(super) async fn post_features(
    State(map): State<Arc<Map>>,
    asked: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let params = Params::of_body(body, &names::<FeatureRow>()).await?;
    table::<FeatureRow>(map, params, (asked, true)).await
}

/// Slots in an area: how often and when each was passed, and its best frame.
#[utoipa::path(
    get, path = "/v1/coverage", tag = "map",
    params(
        ("bbox" = Option<String>, Query, description = "west,south,east,north in degrees; west > east crosses the antimeridian"),
        ("polygon" = Option<String>, Query, description = "WKT or GeoJSON"),
        ("line" = Option<String>, Query, description = "WKT or GeoJSON; with buffer_m"),
        ("buffer_m" = Option<f64>, Query, description = "Up to so far from the line"),
        ("point" = Option<String>, Query, description = "longitude,latitude; with radius_m"),
        ("radius_m" = Option<f64>, Query, description = "Up to so far from the point"),
        ("cell" = Option<String>, Query, description = "An H3 cell up to resolution 12"),
        ("seen_since" = Option<String>, Query, description = "Last seen then or later (RFC 3339)"),
        ("epoch" = Option<String>, Query, description = "As of this ISO week, such as 2026-W47"),
        ("snapshot" = Option<String>, Query, description = "The snapshot; the latest if none"),
        ("limit" = Option<u32>, Query, description = "Rows of a page, up to 10000; 1000 if not given"),
        ("token" = Option<String>, Query, description = "Where the page begins: from the link `next`"),
    ),
    responses(
        (status = 200, description = "GeoJSON, or an Arrow stream if that is accepted", content(
            (Object = "application/geo+json"), (Vec<u8> = "application/vnd.apache.arrow.stream"))),
        (status = 304, description = "You have it"),
        (status = 400, description = "A parameter is wrong", content_type = "application/problem+json"),
        (status = 404, description = "No such snapshot", content_type = "application/problem+json"),
        (status = 422, description = "An area that is invalid or too large", content_type = "application/problem+json"),
        (status = 503, description = "The storage failed", content_type = "application/problem+json"),
    )
)]
pub(super) async fn coverage(State(map): State<Arc<Map>>, uri: Uri, asked: HeaderMap) -> Result<Response, Problem> {
    let params = Params::of_query(uri.query(), &names::<CoverageRow>())?;
    table::<CoverageRow>(map, params, (asked, false)).await
}

/// The same by `POST`: the parameters as JSON, so that an area may be long.
#[utoipa::path(
    post, path = "/v1/coverage", tag = "map",
    request_body(content = Object, description = "The parameters of GET by name", content_type = "application/json"),
    responses(
        (status = 200, description = "GeoJSON, or an Arrow stream if that is accepted", content(
            (Object = "application/geo+json"), (Vec<u8> = "application/vnd.apache.arrow.stream"))),
        (status = 304, description = "You have it"),
        (status = 400, description = "A parameter is wrong", content_type = "application/problem+json"),
        (status = 404, description = "No such snapshot", content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", content_type = "application/problem+json"),
        (status = 422, description = "An area that is invalid or too large", content_type = "application/problem+json"),
        (status = 503, description = "The storage failed", content_type = "application/problem+json"),
    )
)]
pub(super) async fn post_coverage(
    State(map): State<Arc<Map>>,
    asked: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let params = Params::of_body(body, &names::<CoverageRow>()).await?;
    table::<CoverageRow>(map, params, (asked, true)).await
}

fn names<R: Published>() -> Vec<&'static str> {
    [&AREA[..], &COMMON, R::NAMES].concat()
}

async fn table<R: Published>(
    map: Arc<Map>,
    params: Params,
    (asked, is_post): (HeaderMap, bool),
) -> Result<Response, Problem> {
    let until: Option<Epoch> = params.word("epoch")?;
    let (area, is_wanted, limit) = (area(&params)?, R::wanted(&params)?, params.limit()?);
    let Start { edition, from, is_named } = start(&map, &params).await?;
    map.work(async move |map| {
        let question = Question { area, until, is_possible: Box::new(|_| true), is_wanted, limit, from };
        let page: Page<R> = search(&map.shelf, &edition.view, &question).await?;
        let address = format!("{}{}", map.public_url, R::PATH);
        let next = page.next.zip(edition.view.id).map(|next| next_link(&address, &params, is_post, next));
        let lasting = Lasting::of(is_named && !is_post);
        let mut response = if wants_arrow(&asked) {
            answer(&asked, (ARROW_STREAM, stream(&page)?), lasting)
        } else {
            json(&asked, GEOJSON, &collection(&map, &page, (&next, edition.view.id)), lasting)
        };
        // An Arrow stream has no place for it.
        let link = next.as_ref().and_then(|next| next["href"].as_str()).filter(|_| !is_post);
        if let Some(link) = link.and_then(|href| HeaderValue::try_from(format!("<{href}>; rel=\"next\"")).ok()) {
            response.headers_mut().insert(LINK, link);
        }
        tell(&mut response, &page.rows);
        Ok(response)
    })
    .await
}

fn collection<R: Published>(
    map: &Map,
    page: &Page<R>,
    (next, snapshot): (&Option<Value>, Option<waymark_datasets::Digest>),
) -> Value {
    let features: Vec<Value> = page.rows.iter().map(|row| row.feature(&map.public_url)).collect();
    json!({
        "type": "FeatureCollection",
        "snapshot": snapshot,
        "numberReturned": features.len(),
        "features": features,
        "links": next.iter().collect::<Vec<_>>(),
    })
}
