//! All tiles of a pyramid.

use super::fit;
use super::grid::Sorted;
use super::parallel::in_parallel;
use super::sheet::Sheet;
use crate::archive::{Gzip, TileCoord, TileId};

/// Which tiles are built, and how.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// The tile at the top: only what lies below it is built.
    pub block: TileCoord,
    /// The first and the last zoom level; none above the block.
    pub zooms: (u8, u8),
    /// Tiles that are made side by side; nothing depends on it.
    pub threads: usize,
}

/// The tiles of a pyramid.
#[derive(Debug, Clone, Default)]
pub struct Built {
    /// Packed with gzip, in order of tile id; none is empty, none larger than 500,000 bytes.
    pub tiles: Vec<(u64, Vec<u8>)>,
    /// Features of all tiles.
    pub features: u64,
    /// Tiles that had to be thinned to become small enough.
    pub thinned: u64,
}

/// Cuts `sheets` into tiles. The same for any order of the items on a sheet, and for any number of threads.
#[must_use]
pub fn build(sheets: &[Sheet], plan: &Plan) -> Built {
    let zooms = plan.zooms;
    let sort = |(): &mut (), index: usize| Sorted::of(&sheets[index], plan.block, zooms);
    let sheets: Vec<Sorted<'_>> = in_parallel((sheets.len(), plan.threads), || (), sort);
    let places = places(&sheets, zooms);
    let made = in_parallel((places.len(), plan.threads), Gzip::default, |gzip, index| {
        let (_, at) = places[index];
        fit::tile(&sheets, (at, zooms), gzip)
    });
    let mut built = Built::default();
    for ((id, _), fitted) in places.iter().zip(made) {
        let Some(fitted) = fitted else { continue };
        built.features += fitted.features;
        built.thinned += u64::from(fitted.level > 0);
        built.tiles.push((*id, fitted.packed));
    }
    built
}

/// Every tile that shows anything, in order of id.
fn places(sheets: &[Sorted<'_>], zooms: (u8, u8)) -> Vec<(u64, TileCoord)> {
    let mut places = Vec::new();
    for zoom in zooms.0..=zooms.1 {
        let mut keys: Vec<u64> = Vec::new();
        for sheet in sheets {
            keys.extend(sheet.tiles(zooms, zoom));
            keys.dedup();
        }
        keys.sort_unstable();
        keys.dedup();
        let coord = |key: u64| TileCoord::new(zoom, gather(key), gather(key >> 1)).ok();
        places.extend(keys.into_iter().filter_map(coord).map(|at| (TileId::from(at).value(), at)));
    }
    places.sort_unstable_by_key(|(id, _)| *id);
    places
}

/// Every second bit of a number.
fn gather(spread: u64) -> u32 {
    let mut value = spread & 0x5555_5555_5555_5555;
    for (shift, mask) in [
        (1, 0x3333_3333_3333_3333),
        (2, 0x0f0f_0f0f_0f0f_0f0f),
        (4, 0x00ff_00ff_00ff_00ff),
        (8, 0x0000_ffff_0000_ffff),
        (16, 0x0000_0000_ffff_ffffu64),
    ] {
        value = (value | value >> shift) & mask;
    }
    value as u32
}
