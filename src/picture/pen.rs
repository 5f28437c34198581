//! Lines and areas on a picture.

use tiny_skia::{Color, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, Transform};

/// A place on a picture: pixels to the right and down.
pub type Place = (f32, f32);

/// The colour of these red, green and blue.
pub fn colour([red, green, blue]: [u8; 3]) -> Color {
    Color::from_rgba8(red, green, blue, u8::MAX)
}

/// The same, of which only a share is laid on.
pub fn faint(colour: Color, share: f32) -> Color {
    let mut faint = colour;
    faint.apply_opacity(share);
    faint
}

fn paint(colour: Color) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color(colour);
    paint
}

/// A line through places, if there are two or more.
pub fn line(places: impl IntoIterator<Item = Place>) -> Option<Path> {
    joined(places).finish()
}

/// An area with these corners, if there are any.
pub fn area(places: impl IntoIterator<Item = Place>) -> Option<Path> {
    let mut path = joined(places);
    path.close();
    path.finish()
}

fn joined(places: impl IntoIterator<Item = Place>) -> PathBuilder {
    let mut path = PathBuilder::new();
    for (i, (x, y)) in places.into_iter().enumerate() {
        if i == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
    }
    path
}

/// A disc or, where it is stroked, a ring.
pub fn circle((x, y): Place, radius_px: f32) -> Option<Path> {
    PathBuilder::from_circle(x, y, radius_px)
}

/// A rectangle by its left upper corner and its size.
pub fn plate((x, y): Place, (width, height): (f32, f32)) -> Option<Path> {
    Rect::from_xywh(x, y, width, height).map(PathBuilder::from_rect)
}

/// Fills a path; one that could not be made is not there.
pub fn fill(picture: &mut Pixmap, path: Option<&Path>, colour: Color) {
    if let Some(path) = path {
        picture.fill_path(path, &paint(colour), FillRule::Winding, Transform::identity(), None);
    }
}

/// Draws along a path.
pub fn stroke(picture: &mut Pixmap, path: Option<&Path>, (colour, width): (Color, f32)) {
    let stroke = Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
    if let Some(path) = path {
        picture.stroke_path(path, &paint(colour), &stroke, Transform::identity(), None);
    }
}
