//! Item search: by box, geometry, time and id, or by the place that a frame looks at.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde_json::{Value, json};
use waymark_datasets::FrameId;
use waymark_datasets::rows::FrameRow;

use super::super::answer::{GEOJSON, JSON, Lasting, json as send};
use super::super::area::{Start, next_link, start};
use super::super::map::{Edition, Map};
use super::super::params::Params;
use super::super::problem::Problem;
use super::super::told::tell;
use super::item::{beside, by_id, of};
use super::{COLLECTION, is_known, link};
use crate::query::limits::IDS_MAX;
use crate::query::{Area, Found, Held, Question, Refusal, interval, look_at, search};

/// Names of item search; those of the items of a collection are the first four and the last five.
const NAMES: [&str; 11] = [
    "bbox",
    "datetime",
    "limit",
    "token",
    "ids",
    "collections",
    "intersects",
    "snapshot",
    "place_position",
    "place_distance",
    "place_fov_tolerance",
];
const ITEMS_NAMES: [&str; 8] =
    ["bbox", "datetime", "limit", "token", "snapshot", "place_position", "place_distance", "place_fov_tolerance"];
/// Items of a page, unless asked otherwise.
const PAGE_ITEMS: usize = 100;
/// As Panoramax has it: from so near to so far, in metres, and so wide, in degrees.
const PLACE_DISTANCE_M: [f64; 2] = [3.0, 15.0];
const PLACE_FOV_DEG: f64 = 30.0;

/// Frames by where, when and what they look at.
#[utoipa::path(
    get, path = "/stac/search", tag = "stac",
    params(
        ("bbox" = Option<String>, Query, description = "west,south,east,north in degrees; west > east crosses the antimeridian"),
        ("intersects" = Option<String>, Query, description = "A GeoJSON geometry"),
        ("datetime" = Option<String>, Query, description = "RFC 3339, or an interval with a / in it"),
        ("ids" = Option<String>, Query, description = "Ids with commas between them"),
        ("collections" = Option<String>, Query, description = "frames"),
        ("place_position" = Option<String>, Query, description = "longitude,latitude of a place that frames look at"),
        ("place_distance" = Option<String>, Query, description = "nearest-farthest in metres; 3-15 if not given"),
        ("place_fov_tolerance" = Option<f64>, Query, description = "2 to 180 degrees; 30 if not given"),
        ("snapshot" = Option<String>, Query, description = "The snapshot; the latest if none"),
        ("limit" = Option<u32>, Query, description = "Items of a page, up to 10000; 100 if not given"),
        ("token" = Option<String>, Query, description = "Where the page begins: from the link `next`"),
    ),
    responses(
        (status = 200, description = "STAC items", content_type = "application/geo+json", body = Object),
        (status = 304, description = "You have it"),
        (status = 400, description = "A parameter is wrong", content_type = "application/problem+json"),
        (status = 404, description = "No such snapshot", content_type = "application/problem+json"),
        (status = 422, description = "A geometry that is invalid or too large", content_type = "application/problem+json"),
        (status = 503, description = "The storage failed", content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn get_search(
    State(map): State<Arc<Map>>,
    uri: Uri,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let params = Params::of_query(uri.query(), &NAMES)?;
    found(map, params, (asked, "/stac/search"), false).await
}

/// The same by `POST`: the parameters as JSON.
#[utoipa::path(
    post, path = "/stac/search", tag = "stac",
    request_body(content = Object, description = "The parameters of GET by name", content_type = "application/json"),
    responses(
        (status = 200, description = "STAC items", content_type = "application/geo+json", body = Object),
        (status = 304, description = "You have it"),
        (status = 400, description = "A parameter is wrong", content_type = "application/problem+json"),
        (status = 404, description = "No such snapshot", content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", content_type = "application/problem+json"),
        (status = 422, description = "A geometry that is invalid or too large", content_type = "application/problem+json"),
        (status = 503, description = "The storage failed", content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn post_search(
    State(map): State<Arc<Map>>,
    asked: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let params = Params::of_body(body, &NAMES).await?;
    found(map, params, (asked, "/stac/search"), true).await
}

/// The items of a collection.
#[utoipa::path(
    get, path = "/stac/collections/{collection}/items", tag = "stac",
    params(
        ("collection" = String, Path, description = "frames"),
        ("bbox" = Option<String>, Query, description = "west,south,east,north in degrees; west > east crosses the antimeridian"),
        ("datetime" = Option<String>, Query, description = "RFC 3339, or an interval with a / in it"),
        ("place_position" = Option<String>, Query, description = "longitude,latitude of a place that frames look at"),
        ("place_distance" = Option<String>, Query, description = "nearest-farthest in metres; 3-15 if not given"),
        ("place_fov_tolerance" = Option<f64>, Query, description = "2 to 180 degrees; 30 if not given"),
        ("snapshot" = Option<String>, Query, description = "The snapshot; the latest if none"),
        ("limit" = Option<u32>, Query, description = "Items of a page, up to 10000; 100 if not given"),
        ("token" = Option<String>, Query, description = "Where the page begins: from the link `next`"),
    ),
    responses(
        (status = 200, description = "STAC items", content_type = "application/geo+json", body = Object),
        (status = 304, description = "You have it"),
        (status = 400, description = "A parameter is wrong", content_type = "application/problem+json"),
        (status = 404, description = "No such collection or snapshot", content_type = "application/problem+json"),
        (status = 503, description = "The storage failed", content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn items(
    State(map): State<Arc<Map>>,
    Path(collection): Path<String>,
    uri: Uri,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    is_known(&collection)?;
    let params = Params::of_query(uri.query(), &ITEMS_NAMES)?;
    found(map, params, (asked, "/stac/collections/frames/items"), false).await
}

async fn found(
    map: Arc<Map>,
    params: Params,
    (asked, path): (HeaderMap, &'static str),
    is_post: bool,
) -> Result<Response, Problem> {
    let (question, ids) = (question(&params)?, ids(&params)?);
    let Start { edition, from, is_named } = start(&map, &params).await?;
    map.work(async move |map| {
        let address = format!("{}{path}", map.public_url);
        let (rows, next) = match ids {
            Some(ids) => (by_ids(&map, &edition, (&question, &ids)).await?, None),
            None => {
                let page = search(&map.shelf, &edition.view, &Question { from, ..question }).await?;
                (page.rows, page.next.zip(edition.view.id))
            }
        };
        let items: Vec<Value> = rows.iter().map(|row| of(&map.public_url, row, beside(row))).collect();
        let mut links = links(&map.public_url, &address);
        links.extend(next.map(|next| next_link(&address, &params, is_post, next)));
        let json =
            json!({ "type": "FeatureCollection", "numberReturned": items.len(), "features": items, "links": links });
        let mut response = send(&asked, GEOJSON, &json, Lasting::of(is_named && !is_post));
        tell(&mut response, &rows);
        Ok(response)
    })
    .await
}

/// Where an answer belongs.
fn links(public_url: &str, address: &str) -> Vec<Value> {
    let (stac, collection) = (format!("{public_url}/stac"), format!("{public_url}/stac/collections/{COLLECTION}"));
    let mut links = vec![link("root", stac, JSON), link("self", address.to_owned(), GEOJSON)];
    if address.starts_with(&collection) {
        links.extend(["collection", "parent"].map(|rel| link(rel, collection.clone(), JSON)));
    }
    links
}

/// Those of some ids that are in the snapshot and fit the rest of the question, in order of id.
async fn by_ids(
    map: &Map,
    edition: &Edition,
    (asked, ids): (&Question<FrameRow>, &[FrameId]),
) -> Result<Vec<Found<FrameRow>>, Problem> {
    let mut rows = Vec::new();
    for id in ids {
        let row = by_id(map, edition, *id).await?;
        rows.extend(
            row.filter(|row| asked.area.holds(row.position().point().0, row.h3_cell) && (asked.is_wanted)(row)),
        );
    }
    rows.truncate(asked.limit);
    Ok(rows)
}

/// What is asked for, from the beginning.
fn question(params: &Params) -> Result<Question<FrameRow>, Refusal> {
    if params.has("bbox") && params.has("intersects") {
        return Err(Refusal::new("area_ambiguous", "give bbox or intersects"));
    }
    let box_ = params.bbox()?.map(Area::of_box).transpose()?;
    let shape = params.geometry("intersects")?.map(Area::of_geometry).transpose()?;
    let given = box_.or(shape).unwrap_or_else(Area::everywhere);
    let (from_ms, to_ms) = params.text("datetime")?.map(interval).transpose()?.unwrap_or((i64::MIN, i64::MAX));
    let is_known = params.texts("collections")?.is_none_or(|names| names.iter().any(|name| name == COLLECTION));
    let (area, looks) = match place(params)? {
        None => (given, None),
        Some((disc, looks)) => (disc, Some((given, looks))),
    };
    let is_in_time =
        move |held: &Held| is_known && held.epoch.start().millis() <= to_ms && held.epoch.end().millis() >= from_ms;
    let is_wanted = move |row: &FrameRow| {
        let looks = looks
            .as_ref()
            .is_none_or(|(given, looks)| given.holds(row.position().point().0, row.h3_cell) && looks(row));
        is_known && (from_ms..=to_ms).contains(&row.captured_at_ms.millis()) && looks
    };
    let limit = if params.has("limit") { params.limit()? } else { PAGE_ITEMS };
    let (is_possible, is_wanted) = (Box::new(is_in_time), Box::new(is_wanted));
    Ok(Question { area, until: None, is_possible, is_wanted, limit, from: Default::default() })
}

type Looks = Box<dyn Fn(&FrameRow) -> bool + Send + Sync>;

/// Frames that look at a place: those around it, and which of them do.
fn place(params: &Params) -> Result<Option<(Area, Looks)>, Refusal> {
    let Some(place) = params.position("place_position")? else {
        let alone = ["place_distance", "place_fov_tolerance"].into_iter().find(|name| params.has(name));
        return alone.map_or(Ok(None), |name| {
            Err(Refusal::new("area_incomplete", format_args!("{name} needs place_position")))
        });
    };
    let reach_m = match params.text("place_distance")? {
        None => PLACE_DISTANCE_M,
        Some(text) => {
            let ends = text.split_once('-').and_then(|(near, far)| Some([near.parse().ok()?, far.parse().ok()?]));
            let ends = ends.filter(|[near, far]: &[f64; 2]| *near >= 0.0 && near <= far);
            ends.ok_or_else(|| Refusal::parameter("place_distance", "metres such as 3-15"))?
        }
    };
    let tolerance_deg = params.number("place_fov_tolerance")?.unwrap_or(PLACE_FOV_DEG);
    if !(2.0..=180.0).contains(&tolerance_deg) {
        return Err(Refusal::parameter("place_fov_tolerance", "2 to 180 degrees"));
    }
    let area = Area::of_disc(place, reach_m[1])?;
    Ok(Some((area, Box::new(move |row| look_at(row.position(), row.heading_deg, place, (&reach_m, tolerance_deg))))))
}

fn ids(params: &Params) -> Result<Option<Vec<FrameId>>, Refusal> {
    let Some(names) = params.texts("ids")? else { return Ok(None) };
    if names.len() > IDS_MAX {
        return Err(Refusal::new("ids_too_many", format_args!("ids: at most {IDS_MAX}")));
    }
    // What is no id of ours is in no snapshot.
    let mut ids: Vec<FrameId> = names.iter().filter_map(|name| name.parse().ok()).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(Some(ids))
}
