//! STAC API 1.0.0 with OGC API Features: frames as items of one collection.
//!
//! Source: <https://github.com/radiantearth/stac-api-spec/tree/v1.0.0>. `place_position` and `place_distance` ask for
//! frames that look at a place, as Panoramax has it.

mod item;
mod search;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::answer::{JSON, Lasting, json as send};
use super::map::Map;
use super::params::Params;
use super::problem::Problem;
use crate::query::View;

pub(super) use item::{__path_one, by_id, one};
pub(super) use search::{__path_get_search, __path_items, __path_post_search, get_search, items, post_search};

/// The one collection.
const COLLECTION: &str = "frames";
/// Of the objects; the API is 1.0.0.
const STAC_VERSION: &str = "1.1.0";
const CONFORMS_TO: [&str; 7] = [
    "https://api.stacspec.org/v1.0.0/core",
    "https://api.stacspec.org/v1.0.0/collections",
    "https://api.stacspec.org/v1.0.0/ogcapi-features",
    "https://api.stacspec.org/v1.0.0/item-search",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
];

pub(super) fn router() -> Router<Arc<Map>> {
    Router::new()
        .route("/stac", get(landing))
        .route("/stac/conformance", get(conformance))
        .route("/stac/collections", get(collections))
        .route("/stac/collections/{collection}", get(collection))
        .route("/stac/collections/{collection}/items", get(items))
        .route("/stac/collections/{collection}/items/{item}", get(one))
        .route("/stac/search", get(get_search).post(post_search))
}

/// A link of STAC.
fn link(rel: &str, href: String, media_type: &str) -> Value {
    json!({ "rel": rel, "href": href, "type": media_type })
}

/// What the API has, and where.
#[utoipa::path(
    get, path = "/stac", tag = "stac",
    responses(
        (status = 200, description = "A STAC catalog", content_type = "application/json", body = Object),
        (status = 304, description = "You have it"),
        (status = 400, description = "An unknown parameter", content_type = "application/problem+json"),
    )
)]
pub(super) async fn landing(State(map): State<Arc<Map>>, uri: Uri, asked: HeaderMap) -> Result<Response, Problem> {
    Params::of_query(uri.query(), &[])?;
    let url = &map.public_url;
    let stac = format!("{url}/stac");
    let search = |method: &str| json!({ "rel": "search", "href": format!("{stac}/search"), "type": "application/geo+json", "method": method, "title": "Item search" });
    let landing = json!({
        "type": "Catalog",
        "stac_version": STAC_VERSION,
        "stac_extensions": [],
        "id": "waymark",
        "title": "Waymark",
        "description": "Redacted street-level frames, crowdsourced from dashcams.",
        "conformsTo": CONFORMS_TO,
        "links": [
            link("self", stac.clone(), JSON),
            link("root", stac.clone(), JSON),
            link("service-desc", format!("{url}/openapi.json"), "application/vnd.oai.openapi+json;version=3.1"),
            link("service-doc", format!("{url}/docs"), "text/html"),
            link("conformance", format!("{stac}/conformance"), JSON),
            link("data", format!("{stac}/collections"), JSON),
            link("child", format!("{stac}/collections/{COLLECTION}"), JSON),
            search("GET"),
            search("POST"),
        ],
    });
    Ok(send(&asked, JSON, &landing, Lasting::Checked))
}

/// The standards that are kept.
#[utoipa::path(
    get, path = "/stac/conformance", tag = "stac",
    responses(
        (status = 200, description = "Conformance classes", content_type = "application/json", body = Object),
        (status = 304, description = "You have it"),
        (status = 400, description = "An unknown parameter", content_type = "application/problem+json"),
    )
)]
pub(super) async fn conformance(uri: Uri, asked: HeaderMap) -> Result<Response, Problem> {
    Params::of_query(uri.query(), &[])?;
    Ok(send(&asked, JSON, &json!({ "conformsTo": CONFORMS_TO }), Lasting::Checked))
}

/// The one collection, in a list.
#[utoipa::path(
    get, path = "/stac/collections", tag = "stac",
    responses(
        (status = 200, description = "STAC collections", content_type = "application/json", body = Object),
        (status = 304, description = "You have it"),
        (status = 400, description = "An unknown parameter", content_type = "application/problem+json"),
    )
)]
pub(super) async fn collections(State(map): State<Arc<Map>>, uri: Uri, asked: HeaderMap) -> Result<Response, Problem> {
    Params::of_query(uri.query(), &[])?;
    let stac = format!("{}/stac", map.public_url);
    let list = json!({
        "collections": [frames(&map, &map.current().view)],
        "links": [link("self", format!("{stac}/collections"), JSON), link("root", stac, JSON)],
        "numberMatched": 1,
        "numberReturned": 1,
    });
    Ok(send(&asked, JSON, &list, Lasting::Checked))
}

/// All frames of the latest snapshot.
#[utoipa::path(
    get, path = "/stac/collections/{collection}", tag = "stac",
    params(("collection" = String, Path, description = "frames")),
    responses(
        (status = 200, description = "A STAC collection", content_type = "application/json", body = Object),
        (status = 304, description = "You have it"),
        (status = 400, description = "An unknown parameter", content_type = "application/problem+json"),
        (status = 404, description = "No such collection", content_type = "application/problem+json"),
    )
)]
pub(super) async fn collection(
    State(map): State<Arc<Map>>,
    Path(collection): Path<String>,
    uri: Uri,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    Params::of_query(uri.query(), &[])?;
    is_known(&collection)?;
    Ok(send(&asked, JSON, &frames(&map, &map.current().view), Lasting::Checked))
}

fn is_known(collection: &str) -> Result<(), Problem> {
    if collection == COLLECTION {
        return Ok(());
    }
    Err(Problem::not_found("collection_unknown", format!("there is one collection, {COLLECTION}")))
}

fn frames(map: &Map, view: &View) -> Value {
    let stac = format!("{}/stac", map.public_url);
    let own = format!("{stac}/collections/{COLLECTION}");
    let extent = view.extent().unwrap_or([-180.0, -90.0, 180.0, 90.0]);
    let times = view.epochs().map(|(first, last)| [first.start(), last.end()].map(|time| time.to_string()));
    let times = times.map_or_else(|| json!([null, null]), |times| json!(times));
    json!({
        "type": "Collection",
        "stac_version": STAC_VERSION,
        "stac_extensions": [],
        "id": COLLECTION,
        "title": "Frames",
        "description": "Stills taken from dashcam clips at known poses; faces and plates are redacted.",
        "keywords": ["street-level imagery", "dashcam"],
        "license": map.settings.license,
        "providers": [{ "name": map.settings.provider, "roles": ["processor", "host"], "url": map.public_url }],
        "extent": { "spatial": { "bbox": [extent] }, "temporal": { "interval": [times] } },
        "links": [
            link("self", own.clone(), JSON),
            link("root", stac.clone(), JSON),
            link("parent", stac, JSON),
            link("items", format!("{own}/items"), "application/geo+json"),
        ],
    })
}
