//! A contact sheet: a grid of redacted frames, each with who filmed it, when, and what was found.

use std::collections::BTreeMap;

use anyhow::Context;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{FilterType, resize};
use tiny_skia::{Pixmap, PixmapPaint, Transform};
use waymark_datasets::rows::{DetectionRow, FrameRow};
use waymark_datasets::{DriverId, Epoch, FrameId, Role};

use super::frame::{Shot, class, draw_box, draw_names, pixmap};
use super::pen::{Place, colour};
use super::text::{self, Font};

/// Frames on a sheet.
const SHOTS: usize = 12;
const COLUMNS: usize = 4;
const WIDTH_PX: u32 = 480;
/// Room for a caption of two lines.
const CAPTION_PX: f32 = 40.0;
const GAP_PX: f32 = 12.0;
const QUALITY: u8 = 88;
const PAPER: [u8; 3] = [0x1d, 0x22, 0x2b];
const INK: [u8; 3] = [0xf2, 0xf0, 0xea];
const DIM: [u8; 3] = [0xa9, 0xb4, 0xc4];
/// Frames of one clip on the sheet are taken this far apart, where there is a choice.
const APART_MS: i64 = 4_000;

/// The frames for a sheet: from every driver and epoch in turn the one with most redactions that is not taken at
/// almost the same moment as another; those with most redactions first.
pub fn telling<'a>(frames: &'a [FrameRow], seen: &BTreeMap<FrameId, Vec<&DetectionRow>>) -> Vec<&'a FrameRow> {
    let count = |frame: &FrameRow, role| {
        seen.get(&frame.frame_id).into_iter().flatten().filter(|seen| seen.role == role).count()
    };
    let rank = |frame: &&FrameRow| {
        let counts = (count(frame, Role::Private), count(frame, Role::Map));
        (std::cmp::Reverse(counts), frame.captured_at_ms, frame.frame_id)
    };
    let mut groups: BTreeMap<(&DriverId, Epoch), Vec<&FrameRow>> = BTreeMap::new();
    for frame in frames {
        groups.entry((&frame.driver, Epoch::of(frame.captured_at_ms))).or_default().push(frame);
    }
    let turns: Vec<Vec<&FrameRow>> = groups.into_values().map(|group| spread(group, rank)).collect();
    let longest = turns.iter().map(Vec::len).max().unwrap_or(0);
    let in_turn = (0..longest).flat_map(|turn| turns.iter().filter_map(move |group| group.get(turn).copied()));
    let mut chosen: Vec<&FrameRow> = in_turn.take(SHOTS).collect();
    chosen.sort_by_key(rank);
    chosen
}

/// By rank, but first those that are no neighbours of one that comes before.
fn spread<'a, K: Ord>(mut group: Vec<&'a FrameRow>, rank: impl Fn(&&'a FrameRow) -> K) -> Vec<&'a FrameRow> {
    group.sort_by_key(&rank);
    let (mut apart, mut near): (Vec<&FrameRow>, Vec<&FrameRow>) = (Vec::new(), Vec::new());
    for frame in group {
        let is_near = |other: &&FrameRow| {
            other.clip_id == frame.clip_id
                && (other.captured_at_ms.millis() - frame.captured_at_ms.millis()).abs() < APART_MS
        };
        if apart.iter().any(is_near) {
            near.push(frame);
        } else {
            apart.push(frame);
        }
        if apart.len() == SHOTS {
            break;
        }
    }
    apart.extend(near);
    apart
}

/// Draws the frames, in rows of four; a JPEG.
///
/// # Errors
/// When there is none, or one is not the image that it should be.
pub fn contact_sheet(shots: &[Shot<'_>]) -> anyhow::Result<Vec<u8>> {
    let tiles: Vec<Pixmap> = shots.iter().map(tile).collect::<Result<_, _>>()?;
    let tile_height = tiles.iter().map(Pixmap::height).max().context("there are no frames to show")? as f32;
    let (columns, rows) = (tiles.len().min(COLUMNS), tiles.len().div_ceil(COLUMNS));
    let step = (WIDTH_PX as f32 + GAP_PX, tile_height + CAPTION_PX + GAP_PX);
    let size = (columns as f32 * step.0 + GAP_PX, rows as f32 * step.1 + GAP_PX);
    let mut sheet = Pixmap::new(size.0 as u32, size.1 as u32).context("a sheet of an odd size")?;
    sheet.fill(colour(PAPER));
    for (i, (tile, shot)) in tiles.iter().zip(shots).enumerate() {
        let at = (GAP_PX + (i % COLUMNS) as f32 * step.0, GAP_PX + (i / COLUMNS) as f32 * step.1);
        let paint = PixmapPaint::default();
        sheet.draw_pixmap(at.0 as i32, at.1 as i32, tile.as_ref(), &paint, Transform::identity(), None);
        caption(&mut sheet, (at.0, at.1 + tile_height + 4.0), shot);
    }
    jpeg(&sheet)
}

/// A frame in the size of the sheet, with boxes around what is redacted and what belongs on the map.
fn tile(shot: &Shot<'_>) -> anyhow::Result<Pixmap> {
    let picture = shot.picture()?;
    let scale = WIDTH_PX as f32 / picture.width().max(1) as f32;
    let height = ((picture.height() as f32 * scale) as u32).max(1);
    let mut tile = pixmap(resize(&picture, WIDTH_PX, height, FilterType::Triangle))?;
    for (role, width_px) in [(Role::Private, 1.0), (Role::Map, 1.5)] {
        let of_role = shot.seen.iter().filter(|seen| seen.role == role);
        of_role.for_each(|seen| draw_box(&mut tile, seen, (scale, width_px)));
    }
    draw_names(&mut tile, shot.seen.iter().filter(|seen| seen.role == Role::Map), (scale, Font::Small));
    Ok(tile)
}

fn caption(sheet: &mut Pixmap, (x, y): Place, shot: &Shot<'_>) {
    let time = shot.frame.captured_at_ms.to_string();
    let time = time.get(..19).unwrap_or(&time).replace('T', " ");
    let who = format!("{}  {time}", shot.frame.driver);
    text::write(sheet, (x, y), &text::cut(&who, Font::Small, WIDTH_PX as f32), (Font::Small, colour(INK)));
    let line_px = Font::Small.size_px().1 + 3.0;
    text::write(
        sheet,
        (x, y + line_px),
        &text::cut(&said(shot), Font::Small, WIDTH_PX as f32),
        (Font::Small, colour(DIM)),
    );
}

/// What was redacted, and what was found.
fn said(shot: &Shot<'_>) -> String {
    let of = |role: Role| {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for seen in shot.seen.iter().filter(|seen| seen.role == role) {
            *counts.entry(class(seen).as_str()).or_default() += 1;
        }
        let each: Vec<String> = counts.into_iter().map(|(name, count)| format!("{count} {name}")).collect();
        if each.is_empty() { "nothing".to_owned() } else { each.join(", ") }
    };
    format!("redacted: {}; found: {}", of(Role::Private), of(Role::Map))
}

fn jpeg(sheet: &Pixmap) -> anyhow::Result<Vec<u8>> {
    let rgb: Vec<u8> = sheet.pixels().iter().flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]).collect();
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
    image::ImageEncoder::write_image(encoder, &rgb, sheet.width(), sheet.height(), image::ExtendedColorType::Rgb8)?;
    Ok(bytes)
}
