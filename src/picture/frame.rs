//! A redacted frame with boxes around what was found in it.

use anyhow::{Context, ensure};
use bytes::Bytes;
use image::ImageReader;
use std::io::Cursor;
use tiny_skia::{Color, IntSize, Paint, PathBuilder, Pixmap, Rect, Stroke, Transform};
use waymark_datasets::Role;
use waymark_datasets::rows::DetectionRow;

use super::text;

/// Draws the published `jpeg` and its detections; a PNG.
pub fn frame(jpeg: &Bytes, detections: &[&DetectionRow]) -> anyhow::Result<Vec<u8>> {
    let picture = ImageReader::new(Cursor::new(jpeg)).with_guessed_format()?.decode()?.into_rgba8();
    let size = IntSize::from_wh(picture.width(), picture.height()).context("an image of no size")?;
    let mut picture = Pixmap::from_vec(picture.into_raw(), size).context("an image of an odd size")?;
    ensure!(picture.width() > 0, "an image of no width");
    for seen in detections {
        draw_box(&mut picture, seen);
    }
    Ok(picture.encode_png()?)
}

fn draw_box(picture: &mut Pixmap, seen: &DetectionRow) {
    let edges = Rect::from_ltrb(seen.x_min_px, seen.y_min_px, seen.x_max_px, seen.y_max_px);
    let Some(edges) = edges else { return };
    let colour = colour(seen.role);
    let mut paint = Paint::default();
    paint.set_color(colour);
    let stroke = Stroke { width: 3.0, ..Stroke::default() };
    picture.stroke_path(&PathBuilder::from_rect(edges), &paint, &stroke, Transform::identity(), None);
    if seen.role != Role::Context {
        let class = seen.refined_class.as_ref().unwrap_or(&seen.class);
        let above = (edges.left(), (edges.top() - text::LINE_PX - 4.0).max(0.0));
        text::write(picture, above, class.as_str(), (Color::BLACK, colour));
    }
}

fn colour(role: Role) -> Color {
    match role {
        Role::Private => Color::from_rgba8(255, 120, 90, 255),
        Role::Map => Color::from_rgba8(90, 230, 120, 255),
        Role::Context => Color::from_rgba8(120, 180, 255, 255),
    }
}
