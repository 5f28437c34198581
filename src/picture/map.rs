//! A map of coverage: cells coloured by quality, a tick for each direction seen, and the drives over them.

use std::collections::BTreeMap;

use anyhow::Context;
use geo::{BoundingRect, Coord, Rect};
use tiny_skia::{Color, FillRule, LineCap, Paint, PathBuilder, Pixmap, Stroke, Transform};
use waymark_datasets::rows::{CoverageRow, FrameRow};
use waymark_datasets::{Cell, ClipId, Ppm};

use super::text;

const SIDE_PX: f32 = 1400.0;
const MARGIN_PX: f32 = 70.0;
const INK: [u8; 3] = [0x20, 0x2c, 0x3c];
const PAPER: [u8; 3] = [0xf7, 0xf5, 0xf0];
const DRIVE: [u8; 3] = [0xd8, 0x43, 0x2f];

fn colour([red, green, blue]: [u8; 3]) -> Color {
    Color::from_rgba8(red, green, blue, u8::MAX)
}

/// Draws `coverage` and the drives that `frames` were taken on; a PNG.
pub fn map(frames: &[FrameRow], coverage: &[CoverageRow]) -> anyhow::Result<Vec<u8>> {
    let cells = cells(coverage);
    let view = View::around(cells.keys()).context("there is no coverage to draw")?;
    let mut picture = Pixmap::new(view.width_px as u32, view.height_px as u32).context("a map of no size")?;
    picture.fill(colour(PAPER));
    for (cell, best) in &cells {
        draw_cell(&mut picture, &view, *cell, *best);
    }
    for row in coverage {
        draw_direction(&mut picture, &view, row);
    }
    draw_drives(&mut picture, &view, frames);
    draw_legend(&mut picture, &view, (cells.len(), coverage.len()));
    Ok(picture.encode_png()?)
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

/// From degrees to pixels: equirectangular about the middle, north up.
struct View {
    west_deg: f64,
    north_deg: f64,
    px_per_lat_deg: f64,
    px_per_lng_deg: f64,
    width_px: f32,
    height_px: f32,
}

/// Metres in a degree of latitude on the mean Earth.
const LATITUDE_M: f64 = 111_195.0;

impl View {
    fn around<'a>(cells: impl Iterator<Item = &'a Cell>) -> Option<Self> {
        let outlines = cells.filter_map(|cell| geo::MultiPolygon::from(cell.index()).bounding_rect());
        let all = outlines.reduce(|a, b| {
            let (low, high) = (|a: f64, b: f64| a.min(b), |a: f64, b: f64| a.max(b));
            let (a0, a1, b0, b1) = (a.min(), a.max(), b.min(), b.max());
            Rect::new((low(a0.x, b0.x), low(a0.y, b0.y)), (high(a1.x, b1.x), high(a1.y, b1.y)))
        })?;
        let shrink = all.center().y.to_radians().cos().max(0.01);
        let (width, height) = (all.width() * shrink, all.height());
        let px_per_lat_deg = f64::from(SIDE_PX - 2.0 * MARGIN_PX) / width.max(height).max(1e-6);
        Some(Self {
            west_deg: all.min().x,
            north_deg: all.max().y,
            px_per_lat_deg,
            px_per_lng_deg: px_per_lat_deg * shrink,
            width_px: ((width * px_per_lat_deg) as f32 + 2.0 * MARGIN_PX).max(SIDE_PX / 2.0),
            height_px: ((height * px_per_lat_deg) as f32 + 2.0 * MARGIN_PX).max(SIDE_PX / 3.0),
        })
    }

    fn place(&self, at: Coord) -> (f32, f32) {
        let x = (at.x - self.west_deg) * self.px_per_lng_deg;
        let y = (self.north_deg - at.y) * self.px_per_lat_deg;
        (x as f32 + MARGIN_PX, y as f32 + MARGIN_PX)
    }

    fn px_per_m(&self) -> f32 {
        (self.px_per_lat_deg / LATITUDE_M) as f32
    }
}

/// Of text: ink on paper.
fn ink() -> (Color, Color) {
    (colour(INK), colour(PAPER))
}

fn paint(colour: Color) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color(colour);
    paint
}

fn draw_cell(picture: &mut Pixmap, view: &View, cell: Cell, quality: Ppm) {
    for outline in geo::MultiPolygon::from(cell.index()) {
        let mut path = PathBuilder::new();
        for (i, corner) in outline.exterior().coords().enumerate() {
            let (x, y) = view.place(*corner);
            if i == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        path.close();
        if let Some(path) = path.finish() {
            picture.fill_path(&path, &paint(shade(quality)), FillRule::Winding, Transform::identity(), None);
            let edge = Stroke { width: 1.0, ..Stroke::default() };
            picture.stroke_path(&path, &paint(colour(PAPER)), &edge, Transform::identity(), None);
        }
    }
}

/// From pale yellow for nothing to deep teal for the best.
fn shade(quality: Ppm) -> Color {
    let (worst, best) = ([0xf3_u8, 0xe3, 0xa0], [0x0b_u8, 0x6e, 0x72]);
    let share = f64::from(u32::from(quality)) / 1e6;
    let mix = |i: usize| (f64::from(worst[i]) * (1.0 - share) + f64::from(best[i]) * share).round() as u8;
    colour([mix(0), mix(1), mix(2)])
}

/// A tick from the middle of the cell towards where the camera looked.
fn draw_direction(picture: &mut Pixmap, view: &View, row: &CoverageRow) {
    let outline = geo::MultiPolygon::from(row.h3_cell.index());
    let Some(middle) = outline.bounding_rect().map(|b| b.center()) else { return };
    let ((x, y), length) = (view.place(middle), 7.0 * view.px_per_m());
    let angle = row.heading_octant.centre().degrees().to_radians() as f32;
    let mut path = PathBuilder::new();
    path.move_to(x, y);
    path.line_to(x + length * angle.sin(), y - length * angle.cos());
    draw_line(picture, path, (colour(INK), (1.2 * view.px_per_m()).clamp(1.0, 4.0)));
}

fn draw_line(picture: &mut Pixmap, path: PathBuilder, (colour, width): (Color, f32)) {
    let stroke = Stroke { width, line_cap: LineCap::Round, ..Stroke::default() };
    if let Some(path) = path.finish() {
        picture.stroke_path(&path, &paint(colour), &stroke, Transform::identity(), None);
    }
}

/// One line a clip, through its frames in order of time.
fn draw_drives(picture: &mut Pixmap, view: &View, frames: &[FrameRow]) {
    let mut drives: BTreeMap<ClipId, Vec<&FrameRow>> = BTreeMap::new();
    frames.iter().for_each(|frame| drives.entry(frame.clip_id).or_default().push(frame));
    for mut drive in drives.into_values() {
        drive.sort_by_key(|frame| (frame.captured_at_ms, frame.frame_id));
        let mut path = PathBuilder::new();
        for (i, frame) in drive.iter().enumerate() {
            let (x, y) = view.place(frame.position().point().0);
            if i == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        draw_line(picture, path, (colour(DRIVE), 2.5));
    }
}

fn draw_legend(picture: &mut Pixmap, view: &View, (cells, slots): (usize, usize)) {
    let said = format!("{slots} slots in {cells} cells; north is up");
    text::write(picture, (12.0, 12.0), &said, ink());
    text::write(picture, (12.0, 36.0), "colour: best quality; tick: direction of view; red: drives", ink());
    let length_m = [10.0_f32, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 5000.0, 20_000.0];
    let fits = |m: &&f32| **m * view.px_per_m() >= 80.0;
    let length_m = length_m.iter().find(fits).copied().unwrap_or(100_000.0);
    let (x, y) = (16.0, view.height_px - 30.0);
    let mut bar = PathBuilder::new();
    bar.move_to(x, y);
    bar.line_to(x + length_m * view.px_per_m(), y);
    draw_line(picture, bar, (colour(INK), 4.0));
    text::write(picture, (x, y - 28.0), &format!("{length_m} m"), ink());
}
