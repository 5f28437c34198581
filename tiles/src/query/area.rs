//! Where to look: a box, a polygon, a cell, around a point or along a line.

use geo::{
    BoundingRect, ChamberlainDuquetteArea, Coord, CoordsIter, Geometry, Intersects, LineString, Point, Rect, Validation,
};
use h3o::{CellIndex, LatLng};
use waymark_datasets::{Cell, Heading, Position};

use super::Refusal;
use super::limits::{BUFFER_M_MAX, LINE_M_MAX, POLYGON_KM2_MAX, RADIUS_M_MAX, VERTICES_MAX};

/// A part of the earth that is cheap enough to look through.
#[derive(Debug, Clone)]
pub struct Area {
    shape: Shape,
    /// Boxes that hold it: two where it crosses the antimeridian; none means everywhere.
    bounds: Vec<Rect>,
}

#[derive(Debug, Clone)]
enum Shape {
    /// All that lies in the bounds.
    Bounds,
    Cell(CellIndex),
    Disc(Position, f64),
    Corridor(LineString, f64),
    Within(Geometry),
}

/// The mean length of a degree of latitude, in metres.
const DEGREE_M: f64 = 111_195.08;

impl Area {
    /// The whole earth.
    #[must_use]
    pub fn everywhere() -> Self {
        Self { shape: Shape::Bounds, bounds: Vec::new() }
    }

    /// A box of west, south, east, north in degrees. If west is more than east it crosses the antimeridian, as in
    /// GeoJSON (RFC 7946); such a box of more than half the earth is taken for one whose sides were confused.
    ///
    /// # Errors
    /// [`Refusal`] `bbox_inverted` or `position_invalid`.
    pub fn of_box([west, south, east, north]: [f64; 4]) -> Result<Self, Refusal> {
        position(south, west)?;
        position(north, east)?;
        if south > north {
            return Err(Refusal::new("bbox_inverted", "the south of a bbox is not more than its north"));
        }
        if west > east && 360.0 - (west - east) > 180.0 {
            let detail = "a bbox whose west is more than its east crosses the antimeridian; this one would hold more \
                          than half of the earth";
            return Err(Refusal::new("bbox_inverted", detail));
        }
        Ok(Self { shape: Shape::Bounds, bounds: boxes(west, south, east, north) })
    }

    /// The positions whose H3 cell at resolution 12 is `cell` or below it.
    ///
    /// # Errors
    /// [`Refusal`] `cell_too_fine` above resolution 12.
    pub fn of_cell(cell: CellIndex) -> Result<Self, Refusal> {
        if cell.resolution() > Cell::RESOLUTION {
            return Err(Refusal::new("cell_too_fine", "places are known by cells of resolution 12 or coarser"));
        }
        Ok(Self { shape: Shape::Cell(cell), bounds: bounds_of_cell(cell) })
    }

    /// Up to `radius_m` around `centre`.
    ///
    /// # Errors
    /// [`Refusal`] `radius_invalid`.
    pub fn of_disc(centre: Position, radius_m: f64) -> Result<Self, Refusal> {
        if !(radius_m > 0.0 && radius_m <= RADIUS_M_MAX) {
            return Err(Refusal::new(
                "radius_invalid",
                format_args!("a radius is more than 0, up to {RADIUS_M_MAX} m"),
            ));
        }
        let bounds = around(&centre.point().into(), radius_m);
        Ok(Self { shape: Shape::Disc(centre, radius_m), bounds })
    }

    /// Up to `buffer_m` from `line`.
    ///
    /// # Errors
    /// [`Refusal`] `geometry_invalid`, `geometry_too_detailed`, `line_too_long` or `buffer_invalid`.
    pub fn of_corridor(line: LineString, buffer_m: f64) -> Result<Self, Refusal> {
        if !(buffer_m > 0.0 && buffer_m <= BUFFER_M_MAX) {
            let detail = format_args!("the buffer of a line is more than 0, up to {BUFFER_M_MAX} m");
            return Err(Refusal::new("buffer_invalid", detail));
        }
        let shape = Geometry::LineString(line.clone());
        check(&shape)?;
        let length_m: f64 = line.lines().map(|edge| length_m(edge.start, edge.end)).sum();
        if length_m > LINE_M_MAX {
            return Err(Refusal::new("line_too_long", format_args!("a line is at most {LINE_M_MAX} m long")));
        }
        let bounds = around(&shape, buffer_m);
        Ok(Self { shape: Shape::Corridor(line, buffer_m), bounds })
    }

    /// The positions that a geometry holds or touches; longitudes go from -180 to 180, and a shape across the
    /// antimeridian is given in two parts, as GeoJSON asks.
    ///
    /// # Errors
    /// [`Refusal`] `geometry_invalid` (such as a ring that crosses itself), `geometry_too_detailed`, `area_too_large`.
    pub fn of_geometry(shape: Geometry) -> Result<Self, Refusal> {
        check(&shape)?;
        let km2 = shape.chamberlain_duquette_unsigned_area() / 1e6;
        if km2 > POLYGON_KM2_MAX {
            let detail = format_args!("a polygon of {km2:.0} km² is more than the {POLYGON_KM2_MAX:.0} km² allowed");
            return Err(Refusal::new("area_too_large", detail));
        }
        let bounds = shape.bounding_rect().into_iter().collect();
        Ok(Self { shape: Shape::Within(shape), bounds })
    }

    /// Whether anything in `bounds` may lie in this area.
    #[must_use]
    pub fn touches(&self, bounds: &Rect) -> bool {
        self.bounds.is_empty() || self.bounds.iter().any(|own| own.intersects(bounds))
    }

    /// Whether a position, with its cell, lies in this area.
    #[must_use]
    pub fn holds(&self, place: Coord, cell: Cell) -> bool {
        if !self.bounds.is_empty() && !self.bounds.iter().any(|own| own.intersects(&place)) {
            return false;
        }
        match &self.shape {
            Shape::Bounds => true,
            Shape::Cell(wanted) => cell.index().parent(wanted.resolution()) == Some(*wanted),
            Shape::Disc(centre, radius_m) => length_m(centre.point().0, place) <= *radius_m,
            Shape::Corridor(line, buffer_m) => line.lines().any(|edge| distance_m(place, edge) <= *buffer_m),
            Shape::Within(shape) => shape.intersects(&place),
        }
    }

    /// What testing one position costs, in edges.
    #[must_use]
    pub fn cost(&self) -> u64 {
        match &self.shape {
            Shape::Corridor(line, _) => 8 + line.0.len() as u64,
            Shape::Within(shape) => 8 + shape.coords_count() as u64,
            _ => 8,
        }
    }
}

/// Whether a camera at `from`, looking towards `heading`, has `place` in view: at a distance of `reach_m` (nearest and
/// farthest, in metres) and no more than half of `tolerance_deg` beside the middle.
#[must_use]
pub fn look_at(from: Position, heading: Heading, place: Position, (reach_m, tolerance_deg): (&[f64; 2], f64)) -> bool {
    let distance_m = from.distance_m(place);
    let turn_deg = heading.turn_deg(from.bearing_to(place));
    (reach_m[0]..=reach_m[1]).contains(&distance_m) && turn_deg.abs() <= tolerance_deg / 2.0
}

fn position(latitude: f64, longitude: f64) -> Result<Position, Refusal> {
    Position::from_degrees(latitude, longitude).map_err(|error| Refusal::new("position_invalid", error))
}

fn check(shape: &Geometry) -> Result<(), Refusal> {
    if shape.coords_count() > VERTICES_MAX {
        let detail = format_args!("a geometry has at most {VERTICES_MAX} positions");
        return Err(Refusal::new("geometry_too_detailed", detail));
    }
    for coord in shape.coords_iter() {
        position(coord.y, coord.x)?;
    }
    shape.check_validation().map_err(|error| Refusal::new("geometry_invalid", error))
}

/// A box, or the two that it is on both sides of the antimeridian.
fn boxes(west: f64, south: f64, east: f64, north: f64) -> Vec<Rect> {
    if west <= east {
        return vec![Rect::new((west, south), (east, north))];
    }
    vec![Rect::new((west, south), (180.0, north)), Rect::new((-180.0, south), (east, north))]
}

/// Boxes that hold all within `margin_m` of `shape`.
fn around(shape: &Geometry, margin_m: f64) -> Vec<Rect> {
    let Some(inner) = shape.bounding_rect() else { return Vec::new() };
    // A little more than the margin: degrees are a little shorter on an ellipsoid.
    let north_deg = margin_m * 1.01 / DEGREE_M;
    let (south, north) = ((inner.min().y - north_deg).max(-90.0), (inner.max().y + north_deg).min(90.0));
    let shrunk = south.abs().max(north.abs()).to_radians().cos();
    let east_deg = if shrunk > 1e-3 { north_deg / shrunk } else { 180.0 };
    if inner.width() + 2.0 * east_deg >= 360.0 {
        return vec![Rect::new((-180.0, south), (180.0, north))];
    }
    let wrap =
        |longitude: f64| if longitude.abs() > 180.0 { longitude - longitude.signum() * 360.0 } else { longitude };
    boxes(wrap(inner.min().x - east_deg), south, wrap(inner.max().x + east_deg), north)
}

/// Boxes that hold every cell at resolution 12 below `cell`; descendants stick out of it a little.
pub(super) fn bounds_of_cell(cell: CellIndex) -> Vec<Rect> {
    let corners: Vec<Coord> = cell.boundary().iter().map(|corner| Coord { x: corner.lng(), y: corner.lat() }).collect();
    let Some(inner) = LineString::new(corners).bounding_rect() else { return Vec::new() };
    if inner.width() > 180.0 {
        // Across the antimeridian or around a pole: any longitude will do.
        return vec![Rect::new((-180.0, inner.min().y - 20.0), (180.0, inner.max().y + 20.0))];
    }
    let centre = LatLng::from(cell);
    let reach_m = LatLng::from(cell).distance_m(cell.vertexes().next().map_or(centre, LatLng::from)) * 0.5;
    around(&inner.to_polygon().into(), reach_m)
}

/// Metres between two places.
fn length_m(from: Coord, to: Coord) -> f64 {
    let place = |at: Coord| Position::from_degrees(at.y.clamp(-90.0, 90.0), at.x.clamp(-180.0, 180.0));
    match (place(from), place(to)) {
        (Ok(from), Ok(to)) => from.distance_m(to),
        _ => f64::INFINITY,
    }
}

/// Metres from `place` to `edge`, on a plane that touches the earth at `place`: good to a per mille at 1 km.
fn distance_m(place: Coord, edge: geo::Line) -> f64 {
    let east_m = DEGREE_M * place.y.to_radians().cos();
    let flat = |at: Coord| {
        let turn_deg = (at.x - place.x + 540.0).rem_euclid(360.0) - 180.0;
        Point::new(turn_deg * east_m, (at.y - place.y) * DEGREE_M)
    };
    let (start, end) = (flat(edge.start), flat(edge.end));
    let along = end - start;
    let squared = along.dot(along);
    let ratio = if squared > 0.0 { (-start.dot(along) / squared).clamp(0.0, 1.0) } else { 0.0 };
    let nearest = start + along * ratio;
    nearest.dot(nearest).sqrt()
}
