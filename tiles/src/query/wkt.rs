//! Well-known text: points, lines and polygons, as people type them into an address.

use geo::{Coord, Geometry, LineString, MultiPolygon, Point, Polygon};

use super::Refusal;
use super::limits::VERTICES_MAX;

/// Reads `POINT`, `LINESTRING`, `POLYGON` or `MULTIPOLYGON` in degrees, longitude first.
///
/// # Errors
/// [`Refusal`] `geometry_malformed` or `geometry_too_detailed`.
pub fn parse(text: &str) -> Result<Geometry, Refusal> {
    let (kind, rest) = text.trim().split_once('(').ok_or_else(malformed)?;
    let rest = rest.strip_suffix(')').ok_or_else(malformed)?;
    if rest.matches(',').count() >= VERTICES_MAX {
        return Err(Refusal::new("geometry_too_detailed", format_args!("at most {VERTICES_MAX} positions")));
    }
    match kind.trim().to_ascii_uppercase().as_str() {
        "POINT" => Ok(Point(coord(rest)?).into()),
        "LINESTRING" => Ok(line(rest)?.into()),
        "POLYGON" => Ok(polygon(rest)?.into()),
        "MULTIPOLYGON" => Ok(MultiPolygon::new(each(rest, polygon)?).into()),
        _ => Err(malformed()),
    }
}

fn polygon(text: &str) -> Result<Polygon, Refusal> {
    let mut rings = each(text, line)?.into_iter();
    let outer = rings.next().ok_or_else(malformed)?;
    Ok(Polygon::new(outer, rings.collect()))
}

/// What `read` makes of each `(…)` of a list.
fn each<T>(text: &str, read: impl Fn(&str) -> Result<T, Refusal>) -> Result<Vec<T>, Refusal> {
    let mut found = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = closing(rest).ok_or_else(malformed)?;
        found.push(read(&rest[1..end])?);
        rest = rest[end + 1..].trim_start();
        rest = match rest.strip_prefix(',') {
            Some(next) if !next.trim().is_empty() => next.trim_start(),
            None if rest.is_empty() => rest,
            _ => return Err(malformed()),
        };
    }
    Ok(found)
}

/// Where the parenthesis closes that `text` begins with.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_u32;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return (at > 0).then_some(at);
        }
    }
    None
}

fn line(text: &str) -> Result<LineString, Refusal> {
    text.split(',').map(coord).collect::<Result<Vec<Coord>, Refusal>>().map(LineString::new)
}

fn coord(text: &str) -> Result<Coord, Refusal> {
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    match numbers[..] {
        [x, y] if text.split_whitespace().count() == 2 && x.is_finite() && y.is_finite() => Ok(Coord { x, y }),
        _ => Err(malformed()),
    }
}

fn malformed() -> Refusal {
    let detail = "expected well-known text in degrees, longitude first, such as POLYGON((8.5 47.3, 8.6 47.3, 8.6 47.4, 8.5 47.3))";
    Refusal::new("geometry_malformed", detail)
}
