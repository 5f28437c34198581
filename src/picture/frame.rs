//! A redacted frame with boxes around what was found in it.

use std::io::Cursor;

use anyhow::Context;
use bytes::Bytes;
use image::{ImageReader, RgbaImage};
use tiny_skia::{Color, IntSize, PathBuilder, Pixmap, Rect};
use waymark_datasets::rows::{DetectionRow, FrameRow};
use waymark_datasets::{ClassName, Role};

use super::pen;
use super::text::{self, Font};

/// A published frame: its redacted JPEG, and what was seen in it.
pub struct Shot<'a> {
    /// When and where it was taken.
    pub frame: &'a FrameRow,
    /// Its image.
    pub jpeg: &'a Bytes,
    /// Its detections.
    pub seen: &'a [&'a DetectionRow],
}

impl Shot<'_> {
    /// The image.
    pub(super) fn picture(&self) -> anyhow::Result<RgbaImage> {
        Ok(ImageReader::new(Cursor::new(self.jpeg)).with_guessed_format()?.decode()?.into_rgba8())
    }
}

/// Draws a frame and all its detections; a PNG.
pub fn frame(shot: &Shot<'_>) -> anyhow::Result<Vec<u8>> {
    let mut picture = pixmap(shot.picture()?)?;
    shot.seen.iter().for_each(|seen| draw_box(&mut picture, seen, (1.0, 3.0)));
    draw_names(&mut picture, shot.seen.iter().filter(|seen| seen.role != Role::Context), (1.0, Font::Large));
    Ok(picture.encode_png()?)
}

/// An opaque image that can be drawn on.
pub(super) fn pixmap(image: RgbaImage) -> anyhow::Result<Pixmap> {
    let size = IntSize::from_wh(image.width(), image.height()).context("an image of no size")?;
    Pixmap::from_vec(image.into_raw(), size).context("an image of an odd size")
}

/// The name by which a thing goes onto the map.
pub(super) fn class(seen: &DetectionRow) -> &ClassName {
    seen.refined_class.as_ref().unwrap_or(&seen.class)
}

/// Where a thing is on a picture that is `scale` times the size of the frame.
fn edges(seen: &DetectionRow, scale: f32) -> Option<Rect> {
    let edges = [seen.x_min_px, seen.y_min_px, seen.x_max_px, seen.y_max_px];
    let [left, top, right, bottom] = edges.map(|edge| edge * scale);
    Rect::from_ltrb(left, top, right, bottom)
}

/// A box around a thing, on a picture of so many times the size of the frame, in a line of so many pixels.
pub(super) fn draw_box(picture: &mut Pixmap, seen: &DetectionRow, (scale, width_px): (f32, f32)) {
    let path = edges(seen, scale).map(PathBuilder::from_rect);
    pen::stroke(picture, path.as_ref(), (colour(seen.role), width_px));
}

/// Names above the boxes, those of large things first; what would lie on another name is left out.
pub(super) fn draw_names<'a>(
    picture: &mut Pixmap,
    seen: impl Iterator<Item = &'a &'a DetectionRow>,
    (scale, font): (f32, Font),
) {
    let mut named: Vec<(Rect, &DetectionRow)> =
        seen.filter_map(|seen| edges(seen, scale).map(|edges| (edges, *seen))).collect();
    named.sort_by(|(a, _), (b, _)| b.height().total_cmp(&a.height()));
    let mut taken: Vec<Rect> = Vec::new();
    for (edges, seen) in named {
        let name = class(seen).as_str();
        let (width, height) = text::label_px(name, font);
        let left = edges.left().min(picture.width() as f32 - width).max(0.0);
        let Some(place) = Rect::from_xywh(left, (edges.top() - height - 2.0).max(0.0), width, height) else { continue };
        if taken.iter().all(|other| place.intersect(other).is_none()) {
            text::label(picture, (place.left(), place.top()), name, (font, Color::BLACK, colour(seen.role)));
            taken.push(place);
        }
    }
}

fn colour(role: Role) -> Color {
    pen::colour(match role {
        Role::Private => [255, 120, 90],
        Role::Map => [90, 230, 120],
        Role::Context => [120, 180, 255],
    })
}
