//! One tile, made small enough.

use super::clip;
use super::grid::Sorted;
use super::mvt::LayerOfTile;
use super::sheet::Shape;
use super::world::in_tile;
use crate::archive::{Gzip, TileCoord};

/// A tile that is larger, packed, is thinned until it is not.
pub const TILE_BYTES_MAX: usize = 500_000;
/// Each level of thinning leaves about a quarter of the level before.
const LEVELS_MAX: u32 = 12;
/// No feature takes less, packed: a first guess, so that what cannot fit is not tried.
const FEATURE_BYTES_MIN: usize = 8;

/// A tile, packed, with all that fits into [`TILE_BYTES_MAX`]; none if nothing is on it.
pub(super) fn tile(sheets: &[Sorted<'_>], (at, zooms): (TileCoord, (u8, u8)), gzip: &mut Gzip) -> Option<Fitted> {
    let mut feature_bytes = FEATURE_BYTES_MIN as f64;
    for level in 0..=LEVELS_MAX {
        let shown: Vec<Vec<u32>> = sheets.iter().map(|sheet| sheet.shown(zooms, at, level)).collect();
        let count: usize = shown.iter().map(Vec::len).sum();
        if count as f64 * feature_bytes > TILE_BYTES_MAX as f64 && level < LEVELS_MAX {
            continue;
        }
        let (bytes, features) = encode(sheets, (at, zooms), &shown);
        if bytes.is_empty() {
            return None;
        }
        let packed = gzip.pack(&bytes);
        if packed.len() <= TILE_BYTES_MAX {
            return Some(Fitted { packed, features, level });
        }
        feature_bytes = packed.len() as f64 / count as f64;
    }
    None
}

/// What came of a tile.
pub(super) struct Fitted {
    pub(super) packed: Vec<u8>,
    pub(super) features: u64,
    pub(super) level: u32,
}

/// The bytes of a tile, and how many features it has.
fn encode(sheets: &[Sorted<'_>], (at, zooms): (TileCoord, (u8, u8)), shown: &[Vec<u32>]) -> (Vec<u8>, u64) {
    let (mut tile, mut features) = (Vec::new(), 0);
    for (sorted, shown) in sheets.iter().zip(shown) {
        let sheet = sorted.sheet;
        let mut layer = LayerOfTile::new(sheet.name, sheet.keys);
        let mut local: Vec<(i32, i32)> = Vec::new();
        for &index in shown {
            let item = &sheet.items[index as usize];
            local.clear();
            local.extend(sorted.spots(zooms, at.z(), index).iter().map(|spot| in_tile(*spot, at)));
            if item.shape == Shape::Point {
                layer.add(item, sheet.values_of(item), &[local.as_slice()]);
            } else {
                local.dedup();
                layer.add(item, sheet.values_of(item), &paths(item.shape, &local));
            }
        }
        features += layer.write(&mut tile);
    }
    (tile, features)
}

/// What of a line or an area is drawn in a tile.
fn paths(shape: Shape, local: &[(i32, i32)]) -> Vec<Vec<(i32, i32)>> {
    if shape == Shape::Line {
        return if local.len() < 2 { Vec::new() } else { clip::line(local) };
    }
    // Too small for this tile: the smallest square that has an area, where it is.
    if clip::area(local) == 0 {
        return local
            .first()
            .map(|(x, y)| vec![(*x, *y), (x + 1, *y), (x + 1, y + 1), (*x, y + 1)])
            .into_iter()
            .collect();
    }
    let mut ring = clip::ring(local);
    ring.dedup();
    if ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    match clip::area(&ring) {
        0 => Vec::new(),
        area => {
            if area < 0 {
                ring.reverse();
            }
            vec![ring]
        }
    }
}
