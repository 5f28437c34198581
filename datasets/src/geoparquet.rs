//! GeoParquet 1.1: a WKB column, a `bbox` covering column, and the `geo` metadata that names both.
//!
//! Written here rather than by the `geoparquet` crate, which wants GeoArrow arrays all the way up;
//! source: <https://geoparquet.org/releases/v1.1.0/>.

mod table;

use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray, Float64Array, RecordBatch, StructArray};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema};
use geo::{BoundingRect, Geometry, Rect};
use serde_json::json;
use wkb::writer::{WriteOptions, write_geometry};

pub use table::GeoTable;

/// The geometry type of a whole table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One point a row.
    Point,
    /// The outline of an H3 cell: a polygon, or two in a multipolygon where it crosses the antimeridian.
    CellOutline,
}

const GEOMETRY: &str = "geometry";
const BBOX: &str = "bbox";

/// The two columns that every table with a position ends in.
pub(crate) fn fields() -> [FieldRef; 2] {
    [
        Arc::new(Field::new(GEOMETRY, DataType::Binary, false)),
        Arc::new(Field::new(BBOX, DataType::Struct(corners()), false)),
    ]
}

/// The corners in the order that the standard gives.
fn corners() -> Fields {
    ["xmin", "ymin", "xmax", "ymax"].into_iter().map(|name| Field::new(name, DataType::Float64, false)).collect()
}

/// `batch` with the columns `geometry` and `bbox`, and the text of its `geo` metadata.
pub(crate) fn append(batch: &RecordBatch, kind: Kind, shapes: &[Geometry]) -> Result<(RecordBatch, String), String> {
    let encoded: Result<Vec<Vec<u8>>, String> = shapes.iter().map(to_wkb).collect();
    let boxes: Option<Vec<Rect>> = shapes.iter().map(BoundingRect::bounding_rect).collect();
    let boxes = boxes.ok_or("an empty geometry")?;
    let [geometry, bbox] = fields();
    let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
    columns.push(Arc::new(BinaryArray::from_iter_values(encoded?)));
    columns.push(Arc::new(StructArray::new(corners(), corner_columns(&boxes), None)));
    let fields: Fields = batch.schema().fields().iter().cloned().chain([geometry, bbox]).collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(|error| error.to_string())?;
    Ok((batch, metadata(kind, &boxes)))
}

fn to_wkb(shape: &Geometry) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    write_geometry(&mut bytes, shape, &WriteOptions::default()).map_err(|error| error.to_string())?;
    Ok(bytes)
}

fn corner_columns(boxes: &[Rect]) -> Vec<ArrayRef> {
    let column =
        |corner: fn(&Rect) -> f64| -> ArrayRef { Arc::new(Float64Array::from_iter_values(boxes.iter().map(corner))) };
    vec![column(|b| b.min().x), column(|b| b.min().y), column(|b| b.max().x), column(|b| b.max().y)]
}

/// The `geo` value: the CRS is left out, which means OGC:CRS84 (longitude, latitude).
fn metadata(kind: Kind, boxes: &[Rect]) -> String {
    let types = match kind {
        Kind::Point => json!(["Point"]),
        Kind::CellOutline => json!(["Polygon", "MultiPolygon"]),
    };
    let corner = |name: &str| json!([BBOX, name]);
    let mut column = json!({
        "encoding": "WKB",
        "geometry_types": types,
        "covering": { "bbox": {
            "xmin": corner("xmin"), "ymin": corner("ymin"), "xmax": corner("xmax"), "ymax": corner("ymax"),
        } },
    });
    if let Some(all) = boxes.iter().copied().reduce(union) {
        column["bbox"] = json!([all.min().x, all.min().y, all.max().x, all.max().y]);
    }
    json!({ "version": "1.1.0", "primary_column": GEOMETRY, "columns": { GEOMETRY: column } }).to_string()
}

fn union(a: Rect, b: Rect) -> Rect {
    Rect::new(
        (a.min().x.min(b.min().x), a.min().y.min(b.min().y)),
        (a.max().x.max(b.max().x), a.max().y.max(b.max().y)),
    )
}
