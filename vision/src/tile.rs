//! Cutting a wide frame into overlapping tiles, so that small things stay large enough to see.

use crate::manifest::TileSpec;

/// A cut of a frame, in whole pixels of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tile {
    /// Left edge.
    pub left_px: u32,
    /// Upper edge.
    pub top_px: u32,
    /// Width; at least 1.
    pub width_px: u32,
    /// Height; at least 1.
    pub height_px: u32,
}

/// A frame is cut into no more tiles than this; larger frames get larger tiles.
const TILES_MAX: u32 = 48;

/// The tiles of a frame: none when the frame is no larger than one tile. Together they cover every pixel, and
/// neighbours overlap by at least the asked share of a tile, so that whatever is smaller than the overlap lies
/// whole in one of them. At most 48.
#[must_use]
pub fn tiles(width_px: u32, height_px: u32, spec: &TileSpec) -> Vec<Tile> {
    let (mut tile_width, mut tile_height) = (spec.width_px.max(1), spec.height_px.max(1));
    if width_px <= tile_width && height_px <= tile_height {
        return Vec::new();
    }
    loop {
        let columns = starts(width_px, tile_width, spec.overlap);
        let rows = starts(height_px, tile_height, spec.overlap);
        if columns.len() * rows.len() > TILES_MAX as usize {
            tile_width = tile_width.saturating_add(tile_width / 4 + 1);
            tile_height = tile_height.saturating_add(tile_height / 4 + 1);
            continue;
        }
        let (width_px, height_px) = (tile_width.min(width_px), tile_height.min(height_px));
        let row = |&top_px: &u32| columns.iter().map(move |&left_px| Tile { left_px, top_px, width_px, height_px });
        return rows.iter().flat_map(row).collect();
    }
}

/// Evenly spread starts of pieces of length `piece` in `0..length`.
fn starts(length: u32, piece: u32, overlap: f32) -> Vec<u32> {
    if length <= piece {
        return vec![0];
    }
    let step = (f64::from(piece) * f64::from(1.0 - overlap.clamp(0.0, 0.9))).max(1.0);
    let free = length - piece;
    let steps = (f64::from(free) / step).ceil() as u64;
    (0..=steps).map(|i| (u64::from(free) * i / steps) as u32).collect()
}
