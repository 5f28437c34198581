//! The map over HTTP, from what is published and nothing else.
//!
//! | path | |
//! |---|---|
//! | `GET /tiles/{z}/{x}/{y}.mvt` (or `.pbf`) | a vector tile |
//! | `GET /tiles.json`, `/style.json` | TileJSON 3.0.0; a MapLibre style (`?theme=dark`) |
//! | `GET /map.pmtiles` | all tiles as one archive, by ranges |
//! | `GET /v1/snapshots` | every version of the map |
//! | `GET`, `POST /v1/features`, `/v1/coverage` | things and slots in an area: GeoJSON or Arrow |
//! | `GET /v1/frames/{frame}/image`, `/imagery/…` | a redacted image |
//! | `GET /stac` and below | STAC API 1.0.0: frames as items |
//!
//! Each request is answered from one snapshot: the latest, or the one that `?snapshot=` names. What a named snapshot
//! says never changes and may be kept for good.

mod answer;
mod area;
mod cors;
mod images;
mod map;
mod openapi;
mod params;
mod pmtiles;
pub(crate) mod problem;
mod range;
mod settings;
mod snapshots;
mod stac;
mod style;
mod table;
mod tile;
mod tilejson;
mod told;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{any, get};

pub use map::Map;
pub use openapi::openapi;
pub use settings::MapSettings;

/// Every path of the map, answered by `map`; to be merged with other routers.
pub fn router(map: Arc<Map>) -> Router {
    let pages = Router::new()
        .route("/tiles.json", get(tilejson::tilejson))
        .route("/style.json", get(style::style))
        .route("/map.pmtiles", get(pmtiles::whole))
        .route("/v1/snapshots", get(snapshots::list))
        .route("/v1/features", get(table::features).post(table::post_features))
        .route("/v1/coverage", get(table::coverage).post(table::post_coverage))
        .route("/v1/frames/{frame}/image", get(images::by_frame))
        .route("/imagery/{*path}", get(images::by_path))
        .merge(stac::router())
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(from_fn(cors::allow));
    // Tiles carry their headers with them: no layer is to cost them time.
    let tiles = Router::new().route("/tiles/{z}/{x}/{file}", any(tile::tile));
    pages.merge(tiles).with_state(map)
}
