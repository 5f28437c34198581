//! The map's API as OpenAPI 3.1, to be merged with that of the endpoint for drivers.

use utoipa::OpenApi;

use super::{images, pmtiles, snapshots, stac, style, table, tile, tilejson};

#[derive(OpenApi)]
#[openapi(
    paths(
        tile::tile,
        tilejson::tilejson,
        style::style,
        pmtiles::whole,
        snapshots::list,
        table::features,
        table::post_features,
        table::coverage,
        table::post_coverage,
        images::by_frame,
        stac::landing,
        stac::conformance,
        stac::collections,
        stac::collection,
        stac::items,
        stac::one,
        stac::get_search,
        stac::post_search,
    ),
    tags(
        (name = "tiles", description = "The map as vector tiles"),
        (name = "map", description = "Questions to the tables of a snapshot"),
        (name = "stac", description = "STAC API 1.0.0: frames as items"),
    )
)]
struct Document;

/// Every path of the map with its parameters and answers.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}
