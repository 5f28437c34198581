//! `/tiles.json`: TileJSON 3.0.0, <https://github.com/mapbox/tilejson-spec/tree/master/3.0.0>.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde_json::{Value, json};

use super::answer::{JSON, Lasting, json};
use super::map::{Edition, Map};
use super::params::Params;
use super::problem::Problem;
use crate::archive::Bounds;

/// Where the tiles are, for MapLibre, QGIS and whoever reads TileJSON 3.0.0.
#[utoipa::path(
    get, path = "/tiles.json", tag = "tiles",
    params(("snapshot" = Option<String>, Query, description = "The snapshot; the latest if none")),
    responses(
        (status = 200, description = "TileJSON 3.0.0", content_type = "application/json", body = Object),
        (status = 304, description = "You have it"),
        (status = 400, description = "An unknown parameter", content_type = "application/problem+json"),
        (status = 404, description = "No such snapshot, or no tiles of it", content_type = "application/problem+json"),
        (status = 503, description = "The storage failed", content_type = "application/problem+json"),
    )
)]
pub(super) async fn tilejson(State(map): State<Arc<Map>>, uri: Uri, asked: HeaderMap) -> Result<Response, Problem> {
    let snapshot = Params::of_query(uri.query(), &["snapshot"])?.snapshot()?;
    let edition = map.at(snapshot).await?;
    Ok(json(&asked, JSON, &of(&map.public_url, &edition)?, Lasting::of(snapshot.is_some())))
}

/// The tiles of one snapshot; their addresses name it, so that a map never mixes two.
fn of(public_url: &str, edition: &Edition) -> Result<Value, Problem> {
    let (id, archive) = (edition.id()?, edition.archive()?);
    let header = archive.header();
    let ((zoom_min, zoom_max), Bounds { west_deg, south_deg, east_deg, north_deg }) = (header.zooms, header.bounds);
    let centre = [(west_deg + east_deg) / 2.0, (south_deg + north_deg) / 2.0];
    let metadata: Value = serde_json::from_slice(archive.metadata()).unwrap_or_default();
    let layers = metadata["vector_layers"].as_array().cloned().unwrap_or_default();
    Ok(json!({
        "tilejson": "3.0.0",
        "name": "waymark",
        "description": "Street-level coverage, frames and map features",
        "version": "1.0.0",
        "scheme": "xyz",
        "tiles": [format!("{public_url}/tiles/{{z}}/{{x}}/{{y}}.mvt?snapshot={id}")],
        "minzoom": zoom_min,
        "maxzoom": zoom_max,
        "bounds": [west_deg, south_deg, east_deg, north_deg],
        "center": [centre[0], centre[1], header.center_zoom()],
        "vector_layers": layers,
        "snapshot": id,
    }))
}
