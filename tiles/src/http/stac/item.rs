//! A frame as a STAC item.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde_json::{Value, json};
use waymark_datasets::FrameId;
use waymark_datasets::rows::FrameRow;

use super::super::answer::{GEOJSON, JSON, Lasting, json as send};
use super::super::map::{Edition, Map};
use super::super::params::Params;
use super::super::problem::Problem;
use super::{COLLECTION, STAC_VERSION, is_known, link};
use crate::query::{Found, Sheaf};

const EXTENSIONS: [&str; 2] = [
    "https://stac-extensions.github.io/view/v1.0.0/schema.json",
    "https://stac-extensions.github.io/perspective-imagery/v1.0.0/schema.json",
];

/// One frame.
#[utoipa::path(
    get, path = "/stac/collections/{collection}/items/{item}", tag = "stac",
    params(
        ("collection" = String, Path, description = "frames"),
        ("item" = String, Path, description = "Id of a frame: 32 hexadecimal digits"),
        ("snapshot" = Option<String>, Query, description = "The snapshot; the latest if none"),
    ),
    responses(
        (status = 200, description = "A STAC item", content_type = "application/geo+json", body = Object),
        (status = 304, description = "You have it"),
        (status = 400, description = "An unknown parameter", content_type = "application/problem+json"),
        (status = 404, description = "No such frame in the snapshot", content_type = "application/problem+json"),
        (status = 503, description = "The storage failed", content_type = "application/problem+json"),
    )
)]
pub(in crate::http) async fn one(
    State(map): State<Arc<Map>>,
    Path((collection, item)): Path<(String, String)>,
    uri: Uri,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let snapshot = Params::of_query(uri.query(), &["snapshot"])?.snapshot()?;
    is_known(&collection)?;
    let edition = map.at(snapshot).await?;
    map.work(async move |map| {
        let found = match item.parse() {
            Ok(id) => by_id(&map, &edition, id).await?,
            Err(_) => None,
        };
        let missing = || Problem::not_found("frame_unknown", "there is no such frame in this snapshot");
        let found = found.ok_or_else(missing)?;
        let json = of(&map.public_url, &found, along(&map, &edition, &found).await?);
        Ok(send(&asked, GEOJSON, &json, Lasting::of(snapshot.is_some())))
    })
    .await
}

/// A frame of a snapshot by its id.
pub(in crate::http) async fn by_id(
    map: &Map,
    edition: &Edition,
    id: FrameId,
) -> Result<Option<Found<FrameRow>>, Problem> {
    let Some(part) = map.shelf.index(&edition.view).await?.part_of(id) else { return Ok(None) };
    let among = map.shelf.rows::<FrameRow>(&edition.view, &Sheaf(vec![part])).await?;
    let at = among.rows().iter().position(|row| row.frame_id == id);
    Ok(at.map(|at| Found { among, at }))
}

/// The frames of the same clip before and after one, wherever they lie.
async fn along(map: &Map, edition: &Edition, row: &FrameRow) -> Result<[Option<FrameId>; 2], Problem> {
    let mut nearest: [Option<(u32, FrameId)>; 2] = [None; 2];
    for part in map.shelf.index(&edition.view).await?.parts_of(row.clip_id) {
        let among = map.shelf.rows::<FrameRow>(&edition.view, &Sheaf(vec![part])).await?;
        let [before, after] = among.neighbours(row).map(|row| row.map(|row| (row.frame_index, row.frame_id)));
        // None is less than anything.
        nearest[0] = nearest[0].max(before);
        nearest[1] = [nearest[1], after].into_iter().flatten().min();
    }
    Ok(nearest.map(|neighbour| neighbour.map(|(_, frame)| frame)))
}

/// The frames of the same clip before and after one, as far as they lie in the same partition: what a list can afford.
pub(super) fn beside(found: &Found<FrameRow>) -> [Option<FrameId>; 2] {
    found.among.neighbours(found).map(|row| row.map(|row| row.frame_id))
}

/// The item, with links to the frames before and after it along the drive.
pub(super) fn of(public_url: &str, row: &FrameRow, neighbours: [Option<FrameId>; 2]) -> Value {
    let stac = format!("{public_url}/stac");
    let collection = format!("{stac}/collections/{COLLECTION}");
    let item = |frame: FrameId| format!("{collection}/items/{frame}");
    let mut links = vec![
        link("self", item(row.frame_id), GEOJSON),
        link("root", stac, JSON),
        link("parent", collection.clone(), JSON),
        link("collection", collection.clone(), JSON),
    ];
    for (rel, neighbour) in ["prev", "next"].into_iter().zip(neighbours) {
        links.extend(neighbour.map(|frame| link(rel, item(frame), GEOJSON)));
    }
    let [longitude, latitude] = [row.position().longitude_deg(), row.position().latitude_deg()];
    json!({
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": EXTENSIONS,
        "id": row.frame_id,
        "collection": COLLECTION,
        "geometry": { "type": "Point", "coordinates": [longitude, latitude] },
        "bbox": [longitude, latitude, longitude, latitude],
        "properties": properties(row),
        "links": links,
        "assets": { "image": {
            "href": format!("{public_url}/{}", row.image_path),
            "type": "image/jpeg",
            "title": "Redacted frame",
            "roles": ["data", "visual"],
        } },
    })
}

fn properties(row: &FrameRow) -> Value {
    let mut camera = json!({ "sensor_array_dimensions": [row.width_px, row.height_px] });
    if let Some(hfov_deg) = row.hfov_deg {
        camera["field_of_view"] = json!(hfov_deg);
    }
    json!({
        "datetime": row.captured_at_ms.to_string(),
        "view:azimuth": row.heading_deg,
        "view:off_nadir": 90,
        "pers:interior_orientation": camera,
        "waymark:clip": row.clip_id,
        "waymark:frame_index": row.frame_index,
        "waymark:h3_cell": row.h3_cell.to_string(),
        "waymark:heading_octant": row.heading_octant,
        "waymark:accuracy_mm": row.accuracy_mm,
        "waymark:speed_mps": row.speed_mps,
        "waymark:quality_ppm": row.quality_ppm,
        "waymark:redacted_ppm": row.redacted_ppm,
    })
}
