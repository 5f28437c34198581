//! Frames as STAC items in one Parquet file.
//!
//! Source: <https://github.com/radiantearth/stac-geoparquet-spec>, version 1.1: the fields of an item are columns, its
//! properties among them, and the collection is in the metadata of the file.

use std::io::Write;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, TimeUnit};
use serde::Serialize;
use serde_json::json;
use waymark_datasets::geoparquet::{GeoTable, Kind};
use waymark_datasets::rows::FrameRow;

use crate::Error;

const STAC_VERSION: &str = "1.1.0";
const COLLECTION: &str = "frames";
const EXTENSIONS: [&str; 2] = [
    "https://stac-extensions.github.io/view/v1.0.0/schema.json",
    "https://stac-extensions.github.io/perspective-imagery/v1.0.0/schema.json",
];

/// A file of items that grows.
pub struct StacTable<W: Write + Send> {
    table: GeoTable<W>,
    images: String,
}

impl<W: Write + Send> StacTable<W> {
    /// A file without items; `images` is what comes before the key of an image to make its address.
    ///
    /// # Errors
    /// [`Error::Table`] if it cannot be begun.
    pub fn new(out: W, images: &str) -> Result<Self, Error> {
        let images = if images.is_empty() { String::new() } else { format!("{}/", images.trim_end_matches('/')) };
        Ok(Self { table: GeoTable::new(COLLECTION, (columns(), Some(Kind::Point)), out)?, images })
    }

    /// Adds frames. Called region by region in order, the file is sorted by cell.
    ///
    /// # Errors
    /// [`Error::Table`] if the file cannot be written.
    pub fn append(&mut self, frames: &[FrameRow]) -> Result<(), Error> {
        let mut sorted: Vec<&FrameRow> = frames.iter().collect();
        sorted.sort_by_key(|row| (row.h3_cell, row.heading_octant, row.captured_at_ms, row.frame_id));
        let items: Vec<Item<'_>> = sorted.iter().map(|row| item(row, &self.images)).collect();
        let shapes: Vec<geo::Geometry> = sorted.iter().map(|row| row.position().point().into()).collect();
        Ok(self.table.append(&items, &shapes)?)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// [`Error::Table`] if its end cannot be written.
    pub fn finish(mut self) -> Result<W, Error> {
        let collection = json!({
            "type": "Collection", "stac_version": STAC_VERSION, "id": COLLECTION, "title": "Frames",
            "description": "Redacted stills from dashcams, each with its place and direction of view",
            "license": "other", "links": [],
            "extent": { "spatial": { "bbox": [self.table.bbox()] }, "temporal": { "interval": [[null, null]] } },
        });
        let stac = json!({ "version": "1.1.0", "collections": { COLLECTION: collection } });
        self.table.note("stac-geoparquet", stac.to_string());
        Ok(self.table.finish()?)
    }
}

#[derive(Serialize)]
struct Item<'a> {
    r#type: &'a str,
    stac_version: &'a str,
    stac_extensions: [&'a str; 2],
    id: String,
    collection: &'a str,
    datetime: i64,
    links: [Link<'a>; 0],
    assets: Assets<'a>,
    #[serde(rename = "view:azimuth")]
    azimuth_deg: f64,
    #[serde(rename = "view:off_nadir")]
    off_nadir_deg: f64,
    #[serde(rename = "pers:interior_orientation")]
    camera: Camera,
    #[serde(rename = "waymark:clip")]
    clip: String,
    #[serde(rename = "waymark:frame_index")]
    frame_index: u32,
    #[serde(rename = "waymark:h3_cell")]
    h3_cell: String,
    #[serde(rename = "waymark:quality_ppm")]
    quality_ppm: u32,
    #[serde(rename = "waymark:accuracy_mm")]
    accuracy_mm: u32,
}

#[derive(Serialize)]
struct Link<'a> {
    href: &'a str,
    rel: &'a str,
}

#[derive(Serialize)]
struct Assets<'a> {
    image: Asset<'a>,
}

#[derive(Serialize)]
struct Asset<'a> {
    href: String,
    r#type: &'a str,
    title: &'a str,
    roles: [&'a str; 2],
}

#[derive(Serialize)]
struct Camera {
    sensor_array_dimensions: [u32; 2],
    field_of_view: Option<f64>,
}

fn item<'a>(row: &FrameRow, images: &str) -> Item<'a> {
    let href = format!("{images}{}", row.image_path);
    let image = Asset { href, r#type: "image/jpeg", title: "Redacted frame", roles: ["data", "visual"] };
    Item {
        r#type: "Feature",
        stac_version: STAC_VERSION,
        stac_extensions: EXTENSIONS,
        id: row.frame_id.to_string(),
        collection: COLLECTION,
        datetime: row.captured_at_ms.millis(),
        links: [],
        assets: Assets { image },
        azimuth_deg: row.heading_deg.degrees(),
        off_nadir_deg: 90.0,
        camera: Camera { sensor_array_dimensions: [row.width_px, row.height_px], field_of_view: row.hfov_deg },
        clip: row.clip_id.to_string(),
        frame_index: row.frame_index,
        h3_cell: row.h3_cell.to_string(),
        quality_ppm: row.quality_ppm.into(),
        accuracy_mm: row.accuracy_mm,
    }
}

fn columns() -> Vec<FieldRef> {
    let field = |name: &str, kind: DataType| Arc::new(Field::new(name, kind, false));
    let text = |name: &str| field(name, DataType::Utf8);
    let list = |kind: DataType| DataType::List(field("element", kind));
    let record = |fields: Vec<FieldRef>| DataType::Struct(fields.into());
    let asset = vec![text("href"), text("type"), text("title"), field("roles", list(DataType::Utf8))];
    let camera = vec![
        field("sensor_array_dimensions", list(DataType::UInt32)),
        Arc::new(Field::new("field_of_view", DataType::Float64, true)),
    ];
    vec![
        text("type"),
        text("stac_version"),
        field("stac_extensions", list(DataType::Utf8)),
        text("id"),
        text("collection"),
        field("datetime", DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))),
        field("links", list(record(vec![text("href"), text("rel")]))),
        field("assets", record(vec![field("image", record(asset))])),
        field("view:azimuth", DataType::Float64),
        field("view:off_nadir", DataType::Float64),
        field("pers:interior_orientation", record(camera)),
        text("waymark:clip"),
        field("waymark:frame_index", DataType::UInt32),
        text("waymark:h3_cell"),
        field("waymark:quality_ppm", DataType::UInt32),
        field("waymark:accuracy_mm", DataType::UInt32),
    ]
}
