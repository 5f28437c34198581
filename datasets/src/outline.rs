//! The outline of an H3 cell in degrees, cut where longitude starts anew.
//!
//! Not `h3o`'s own, which clips on a grid of about 1e-7° and so leaves corners beyond ±180°.

use geo::{Coord, Geometry, LineString, MultiPolygon, Polygon};
use h3o::CellIndex;

/// A polygon; a polygon on each side of the antimeridian for a cell across it; a polygon with the whole meridian
/// circle and the pole as its far edge for the two cells that hold one.
pub(crate) fn outline(cell: CellIndex) -> Geometry {
    let ring = unrolled(cell);
    let step_deg = ring[0].x - ring[ring.len() - 1].x;
    if step_deg.abs() > 180.0 {
        return polygon(around_pole(ring)).into();
    }
    let Some(beyond) = ring.iter().find(|corner| corner.x.abs() > 180.0) else { return polygon(ring).into() };
    let seam = 180.0f64.copysign(beyond.x);
    let parts = [0.0, -2.0 * seam].map(|shift_deg| polygon(cut(&ring, seam, shift_deg)));
    MultiPolygon::new(parts.into()).into()
}

/// The corners in order, longitude running on where it would start anew.
fn unrolled(cell: CellIndex) -> Vec<Coord> {
    let mut ring: Vec<Coord> = Vec::new();
    for corner in cell.boundary().iter() {
        let turns = ring.last().map_or(0.0, |before| ((before.x - corner.lng()) / 360.0).round());
        ring.push(Coord { x: corner.lng() + turns * 360.0, y: corner.lat() });
    }
    ring
}

/// The part of a convex ring on one side of the meridian `seam`: the side of 0° as it is, or the other one moved by
/// `shift_deg`, a full turn (Sutherland and Hodgman).
fn cut(ring: &[Coord], seam: f64, shift_deg: f64) -> Vec<Coord> {
    let is_kept = |corner: &Coord| (corner.x.abs() < seam.abs()) == (shift_deg == 0.0) && corner.x != seam;
    let mut kept = Vec::new();
    for (from, to) in ring.iter().zip(ring.iter().cycle().skip(1)) {
        if is_kept(from) {
            kept.push(Coord { x: from.x + shift_deg, y: from.y });
        }
        if is_kept(from) != is_kept(to) {
            kept.push(Coord { x: seam + shift_deg, y: latitude_at(seam, from, to) });
        }
    }
    kept
}

fn latitude_at(seam: f64, from: &Coord, to: &Coord) -> f64 {
    from.y + (to.y - from.y) * (seam - from.x) / (to.x - from.x)
}

/// The corners from -180° to 180°, and back along the pole.
fn around_pole(mut ring: Vec<Coord>) -> Vec<Coord> {
    ring.iter_mut().for_each(|corner| corner.x = (corner.x + 540.0).rem_euclid(360.0) - 180.0);
    ring.sort_by(|a, b| a.x.total_cmp(&b.x));
    let (first, last) = (ring[0], ring[ring.len() - 1]);
    let edge = latitude_at(180.0, &last, &Coord { x: first.x + 360.0, y: first.y });
    let pole = 90.0f64.copysign(edge);
    let close = [(180.0, edge), (180.0, pole), (-180.0, pole), (-180.0, edge)];
    ring.into_iter().chain(close.map(Coord::from)).collect()
}

/// `Polygon::new` closes the ring.
fn polygon(ring: Vec<Coord>) -> Polygon {
    Polygon::new(LineString::new(ring), Vec::new())
}
