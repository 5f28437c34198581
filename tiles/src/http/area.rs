//! Which snapshot, where, and which page: what every question has.

use std::sync::Arc;

use geo::Geometry;
use h3o::CellIndex;
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;
use waymark_datasets::Digest;

use super::map::{Edition, Map};
use super::params::Params;
use super::problem::Problem;
use crate::query::{Area, Cursor, Refusal};

/// Names of what says where.
pub(super) const AREA: [&str; 7] = ["bbox", "polygon", "line", "buffer_m", "point", "radius_m", "cell"];

/// The area that was asked for; everywhere if none was.
pub(super) fn area(params: &Params) -> Result<Area, Refusal> {
    let given: Vec<&str> =
        ["bbox", "polygon", "line", "point", "cell"].into_iter().filter(|name| params.has(name)).collect();
    if given.len() > 1 {
        return Err(Refusal::new("area_ambiguous", format_args!("give one of {}", given.join(", "))));
    }
    for (size, of) in [("buffer_m", "line"), ("radius_m", "point")] {
        if params.has(size) != params.has(of) {
            return Err(Refusal::new("area_incomplete", format_args!("{of} and {size} belong together")));
        }
    }
    match given.first() {
        Some(&"bbox") => params.bbox()?.map_or_else(|| Ok(Area::everywhere()), Area::of_box),
        Some(&"polygon") => match params.geometry("polygon")? {
            Some(shape @ (Geometry::Polygon(_) | Geometry::MultiPolygon(_))) => Area::of_geometry(shape),
            _ => Err(Refusal::parameter("polygon", "a polygon or multipolygon, as WKT or GeoJSON")),
        },
        Some(&"line") => match (params.geometry("line")?, params.number("buffer_m")?) {
            (Some(Geometry::LineString(line)), Some(buffer_m)) => Area::of_corridor(line, buffer_m),
            _ => Err(Refusal::parameter("line", "a line, as WKT or GeoJSON")),
        },
        Some(&"point") => match (params.position("point")?, params.number("radius_m")?) {
            (Some(centre), Some(radius_m)) => Area::of_disc(centre, radius_m),
            _ => Err(Refusal::parameter("radius_m", "a number of metres")),
        },
        Some(_) => params.word::<CellIndex>("cell")?.map_or_else(|| Ok(Area::everywhere()), Area::of_cell),
        None => Ok(Area::everywhere()),
    }
}

/// Where to begin, and in which snapshot.
pub(super) struct Start {
    pub(super) edition: Arc<Edition>,
    pub(super) from: Cursor,
    /// Whether the snapshot was asked for by name.
    pub(super) is_named: bool,
}

/// The snapshot and the page that were asked for.
pub(super) async fn start(map: &Map, params: &Params) -> Result<Start, Problem> {
    let named = params.snapshot()?;
    let token = params.text("token")?.map(Cursor::parse).transpose()?;
    let snapshot = match (named, token) {
        (Some(named), Some((of_token, _))) if named != of_token => {
            return Err(Refusal::new("token_elsewhere", "the token belongs to another snapshot").into());
        }
        (named, token) => named.or(token.map(|(snapshot, _)| snapshot)),
    };
    let edition = map.at(snapshot).await?;
    Ok(Start { edition, from: token.map_or_else(Cursor::default, |(_, from)| from), is_named: snapshot.is_some() })
}

/// Where the next page is, in the words of STAC: for `POST`, what to add to the body.
pub(super) fn next_link(address: &str, params: &Params, is_post: bool, next: (Cursor, Digest)) -> Value {
    let token = next.0.token(next.1);
    if is_post {
        let body = json!({ "token": token });
        return json!({ "rel": "next", "href": address, "method": "POST", "type": "application/geo+json", "body": body, "merge": true });
    }
    let mut query = Serializer::new(String::new());
    for (name, value) in params.given().iter().filter(|(name, _)| *name != "token") {
        query.append_pair(name, value.as_str().unwrap_or_default());
    }
    query.append_pair("token", &token);
    let href = format!("{address}?{}", query.finish());
    json!({ "rel": "next", "href": href, "method": "GET", "type": "application/geo+json" })
}
