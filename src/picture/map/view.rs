//! From degrees to pixels.

use geo::{BoundingRect, Coord, Rect};

use super::MapContent;
use super::legend::PANEL_PX;
use crate::picture::pen::Place;

const WIDTH_PX: f32 = 1400.0;
const HEIGHT_MAX_PX: f32 = 1200.0;
/// Around what is covered.
const MARGIN_PX: f32 = 60.0;
/// Metres in a degree of latitude on the mean Earth.
const LATITUDE_M: f64 = 111_195.0;

/// Equirectangular about the middle, north up; the legend is to the right of the map.
pub struct View {
    /// Of the picture.
    pub size_px: (f32, f32),
    middle: Coord,
    middle_px: Place,
    px_per_lat_deg: f64,
    px_per_lng_deg: f64,
}

impl View {
    /// A view of all coverage, at least so high; none if there is no coverage.
    pub fn around(content: &MapContent<'_>, height_min_px: f32) -> Option<Self> {
        let cells = content.coverage.iter().map(|row| row.h3_cell);
        let outlines = cells.filter_map(|cell| geo::MultiPolygon::from(cell.index()).bounding_rect());
        let all = outlines.reduce(joined)?;
        let shrink = all.center().y.to_radians().cos().max(0.01);
        let room_px = (WIDTH_PX - PANEL_PX - 2.0 * MARGIN_PX, HEIGHT_MAX_PX - 2.0 * MARGIN_PX);
        let per_deg = |room_px: f32, size_deg: f64| f64::from(room_px) / size_deg.max(1e-6);
        let px_per_lat_deg = per_deg(room_px.0, all.width() * shrink).min(per_deg(room_px.1, all.height()));
        let height_px = (all.height() * px_per_lat_deg) as f32 + 2.0 * MARGIN_PX;
        let size_px = (WIDTH_PX, height_px.max(height_min_px).ceil());
        Some(Self {
            size_px,
            middle: all.center(),
            middle_px: ((WIDTH_PX - PANEL_PX) / 2.0, size_px.1 / 2.0),
            px_per_lat_deg,
            px_per_lng_deg: px_per_lat_deg * shrink,
        })
    }

    /// Where a point is drawn.
    pub fn place(&self, at: Coord) -> Place {
        let x = (at.x - self.middle.x) * self.px_per_lng_deg;
        let y = (self.middle.y - at.y) * self.px_per_lat_deg;
        (self.middle_px.0 + x as f32, self.middle_px.1 + y as f32)
    }

    /// How long a metre is.
    pub fn px_per_m(&self) -> f32 {
        (self.px_per_lat_deg / LATITUDE_M) as f32
    }
}

fn joined(a: Rect, b: Rect) -> Rect {
    let (low, high) = (|a: f64, b: f64| a.min(b), |a: f64, b: f64| a.max(b));
    let (a0, a1, b0, b1) = (a.min(), a.max(), b.min(), b.max());
    Rect::new((low(a0.x, b0.x), low(a0.y, b0.y)), (high(a1.x, b1.x), high(a1.y, b1.y)))
}
