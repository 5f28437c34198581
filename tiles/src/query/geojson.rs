//! Geometries as GeoJSON (RFC 7946) has them.

use geo::{Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};
use serde_json::{Value, json};

use super::Refusal;

/// Collections may hold collections so deep.
const DEPTH_MAX: u32 = 4;

/// Reads a geometry object.
///
/// # Errors
/// [`Refusal`] `geometry_malformed`.
pub fn geometry_of(json: &Value) -> Result<Geometry, Refusal> {
    read(json, DEPTH_MAX).ok_or_else(|| Refusal::new("geometry_malformed", "expected a GeoJSON geometry"))
}

fn read(json: &Value, depth: u32) -> Option<Geometry> {
    let at = &json["coordinates"];
    Some(match json["type"].as_str()? {
        "Point" => Point(coord(at)?).into(),
        "MultiPoint" => MultiPoint::new(all(at, |at| coord(at).map(Point))?).into(),
        "LineString" => line(at)?.into(),
        "MultiLineString" => MultiLineString::new(all(at, line)?).into(),
        "Polygon" => polygon(at)?.into(),
        "MultiPolygon" => MultiPolygon::new(all(at, polygon)?).into(),
        "GeometryCollection" if depth > 0 => {
            let parts = all(&json["geometries"], |json| read(json, depth - 1))?;
            Geometry::GeometryCollection(GeometryCollection::new_from(parts))
        }
        _ => return None,
    })
}

fn all<T>(json: &Value, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    json.as_array().filter(|parts| !parts.is_empty())?.iter().map(read).collect()
}

fn coord(json: &Value) -> Option<Coord> {
    // A height may follow; frames and things are looked for on the ground.
    let [x, y, ..] = json.as_array()?.as_slice() else { return None };
    Some(Coord { x: x.as_f64()?, y: y.as_f64()? })
}

fn line(json: &Value) -> Option<LineString> {
    all(json, coord).filter(|line| line.len() > 1).map(LineString::new)
}

fn polygon(json: &Value) -> Option<Polygon> {
    let mut rings = all(json, line)?.into_iter();
    let is_ring = |ring: &LineString| ring.0.len() >= 4 && ring.is_closed();
    let outer = rings.next().filter(is_ring)?;
    let inner: Vec<LineString> = rings.collect();
    inner.iter().all(is_ring).then(|| Polygon::new(outer, inner))
}

/// Writes a point or polygons; nothing else is published.
#[must_use]
pub fn geometry_to(shape: &Geometry) -> Value {
    match shape {
        Geometry::Point(point) => json!({ "type": "Point", "coordinates": pair(&point.0) }),
        Geometry::Polygon(polygon) => json!({ "type": "Polygon", "coordinates": rings(polygon) }),
        Geometry::MultiPolygon(parts) => {
            json!({ "type": "MultiPolygon", "coordinates": parts.iter().map(rings).collect::<Vec<_>>() })
        }
        _ => Value::Null,
    }
}

fn rings(polygon: &Polygon) -> Value {
    let ring = |ring: &LineString| ring.0.iter().map(pair).collect::<Vec<_>>();
    json!(std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(ring).collect::<Vec<_>>())
}

/// Degrees to about a centimetre.
fn pair(at: &Coord) -> [f64; 2] {
    [at.x, at.y].map(|degrees| (degrees * 1e7).round() / 1e7)
}
