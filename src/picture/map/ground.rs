//! What lies beneath: streets, coverage, drives.

use std::collections::BTreeMap;

use geo::BoundingRect;
use tiny_skia::{Color, Pixmap};
use waymark_datasets::rows::{CoverageRow, FrameRow};
use waymark_datasets::{Cell, ClipId, DriverId, Position, Ppm};
use waymark_simulate::truth::StreetRow;

use super::view::View;
use super::{INK, MapContent};
use crate::picture::pen::{self, colour, faint};

const KERB: [u8; 3] = [0xcf, 0xc8, 0xba];
const STREET: [u8; 3] = [0xff, 0xff, 0xff];
/// One after the other for the drivers in order of name.
const DRIVERS: [[u8; 3]; 6] = [
    [0xd6, 0x45, 0x2b],
    [0x2f, 0x5f, 0xc4],
    [0x8a, 0x3f, 0xa8],
    [0xb0, 0x7a, 0x12],
    [0x1e, 0x7d, 0x4f],
    [0x5b, 0x5b, 0x5b],
];
/// Of a cell's colour over the street.
const COVERAGE: f32 = 0.55;

/// Draws streets, the cells over them, and the drives on top.
pub fn draw(picture: &mut Pixmap, view: &View, content: &MapContent<'_>) {
    if let Some(truth) = content.truth {
        draw_streets(picture, view, &truth.streets);
    }
    for (cell, best) in cells(content.coverage) {
        draw_cell(picture, view, (cell, faint(shade(best), COVERAGE)));
    }
    for row in content.coverage {
        draw_direction(picture, view, row);
    }
    draw_drives(picture, view, content.frames);
}

/// Which colour each driver has.
pub fn drivers(frames: &[FrameRow]) -> BTreeMap<&DriverId, Color> {
    let mut drivers: BTreeMap<&DriverId, Color> = frames.iter().map(|frame| (&frame.driver, Color::BLACK)).collect();
    drivers.values_mut().zip(DRIVERS.iter().cycle()).for_each(|(driver, rgb)| *driver = colour(*rgb));
    drivers
}

/// From pale yellow for nothing to deep teal for the best.
pub fn shade(quality: Ppm) -> Color {
    let (worst, best) = ([0xf3_u8, 0xdd, 0x8a], [0x0b_u8, 0x7a, 0x75]);
    let share = f64::from(u32::from(quality)) / 1e6;
    let mix = |i: usize| (f64::from(worst[i]) * (1.0 - share) + f64::from(best[i]) * share).round() as u8;
    colour([mix(0), mix(1), mix(2)])
}

fn draw_streets(picture: &mut Pixmap, view: &View, points: &[StreetRow]) {
    let mut streets: BTreeMap<u32, Vec<&StreetRow>> = BTreeMap::new();
    points.iter().for_each(|point| streets.entry(point.street_id).or_default().push(point));
    let mut lines = Vec::new();
    for mut street in streets.into_values() {
        street.sort_by_key(|point| point.point);
        let width_px = street.first().map_or(0.0, |point| point.width_m) as f32 * view.px_per_m();
        let place = |point: &&StreetRow| {
            view.place(Position { latitude: point.latitude_deg, longitude: point.longitude_deg }.point().0)
        };
        lines.push((pen::line(street.iter().map(place)), width_px));
    }
    // All kerbs first, so that none crosses a junction.
    for (line, width_px) in &lines {
        pen::stroke(picture, line.as_ref(), (colour(KERB), width_px + 3.0));
    }
    for (line, width_px) in &lines {
        pen::stroke(picture, line.as_ref(), (colour(STREET), *width_px));
    }
}

/// The best quality in each cell, over its directions.
fn cells(coverage: &[CoverageRow]) -> BTreeMap<Cell, Ppm> {
    let mut cells: BTreeMap<Cell, Ppm> = BTreeMap::new();
    for row in coverage {
        let best = cells.entry(row.h3_cell).or_insert(row.frame_quality_ppm);
        *best = row.frame_quality_ppm.max(*best);
    }
    cells
}

fn draw_cell(picture: &mut Pixmap, view: &View, (cell, shade): (Cell, Color)) {
    for outline in geo::MultiPolygon::from(cell.index()) {
        let area = pen::area(outline.exterior().coords().map(|corner| view.place(*corner)));
        pen::fill(picture, area.as_ref(), shade);
        pen::stroke(picture, area.as_ref(), (faint(Color::WHITE, 0.8), 1.0));
    }
}

/// A tick from the middle of the cell towards where the camera looked.
fn draw_direction(picture: &mut Pixmap, view: &View, row: &CoverageRow) {
    let outline = geo::MultiPolygon::from(row.h3_cell.index());
    let Some(middle) = outline.bounding_rect().map(|b| b.center()) else { return };
    let ((x, y), length_px) = (view.place(middle), 6.0 * view.px_per_m());
    let angle = row.heading_octant.centre().degrees().to_radians() as f32;
    let tick = pen::line([(x, y), (x + length_px * angle.sin(), y - length_px * angle.cos())]);
    pen::stroke(picture, tick.as_ref(), (faint(colour(INK), 0.6), (0.7 * view.px_per_m()).clamp(1.0, 2.5)));
}

/// One line a clip, through its frames in order of time.
fn draw_drives(picture: &mut Pixmap, view: &View, frames: &[FrameRow]) {
    let drivers = drivers(frames);
    let mut drives: BTreeMap<ClipId, Vec<&FrameRow>> = BTreeMap::new();
    frames.iter().for_each(|frame| drives.entry(frame.clip_id).or_default().push(frame));
    for mut drive in drives.into_values() {
        drive.sort_by_key(|frame| (frame.captured_at_ms, frame.frame_id));
        let colour = drive.first().and_then(|frame| drivers.get(&frame.driver)).copied().unwrap_or(Color::BLACK);
        let line = pen::line(drive.iter().map(|frame| view.place(frame.position().point().0)));
        pen::stroke(picture, line.as_ref(), (faint(colour, 0.75), 2.0));
    }
}
