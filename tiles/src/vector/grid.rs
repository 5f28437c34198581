//! Which things of a layer a tile shows.

use super::sheet::{Item, Rule, Shape, Sheet};
use super::simplify::simplify;
use super::world::{Frame, Spot, WORLD_BITS, unit};
use crate::archive::TileCoord;

/// A layer, sorted for one pyramid of tiles.
pub(super) struct Sorted<'a> {
    pub(super) sheet: &'a Sheet,
    /// Points in the order of [`Spot::morton`], highest rank first within a place.
    points: Vec<(u64, u32)>,
    /// By zoom level: lines and areas by tile, in the order of the sheet.
    others: Vec<Vec<(u64, u32)>>,
    /// By zoom level: lines, simplified; empty for points and areas.
    lines: Vec<Vec<Vec<Spot>>>,
}

/// Column and row in one number, ordered like [`Spot::morton`].
fn tile_key(x: u32, y: u32) -> u64 {
    Spot { x: x as i32, y: y as i32 }.morton()
}

fn is_shown(item: &Item, zoom: u8) -> bool {
    (item.zooms.0..=item.zooms.1).contains(&zoom)
}

impl<'a> Sorted<'a> {
    /// Sorts a layer for the tiles below and at `block`.
    pub(super) fn of(sheet: &'a Sheet, block: TileCoord, zooms: (u8, u8)) -> Self {
        let is_point = |item: &&Item| item.shape == Shape::Point;
        // A sheet has what lies around the block, too; a point is shown by the tile that it lies in alone.
        let shift = 2 * (WORLD_BITS - u32::from(block.z()));
        let is_below = |place: &u64| place >> shift == tile_key(block.x(), block.y());
        let mut points: Vec<(u64, u32)> = Vec::new();
        for (item, index) in sheet.items.iter().zip(0..).filter(|(item, _)| is_point(item)) {
            let place = sheet.spots_of(item).first().map(|spot| spot.morton());
            points.extend(place.filter(is_below).map(|place| (place, index)));
        }
        let rank = |index: u32| sheet.items.get(index as usize).map(|item| (std::cmp::Reverse(item.rank), item.id));
        points.sort_unstable_by_key(|(place, index)| (*place, rank(*index), *index));
        let has_others = sheet.items.iter().any(|item| !is_point(&item));
        let levels = if has_others { zooms.0..zooms.1 + 1 } else { 0..0 };
        let others = levels.clone().map(|zoom| by_tile(sheet, block, zoom)).collect();
        let lines = levels.map(|zoom| simplified(sheet, zoom)).collect();
        Self { sheet, points, others, lines }
    }

    /// The tiles at `zoom` that show anything, by [`tile_key`]; with repetitions.
    pub(super) fn tiles(&self, zooms: (u8, u8), zoom: u8) -> impl Iterator<Item = u64> {
        let shift = 2 * (WORLD_BITS - u32::from(zoom));
        let shown = move |index: &u32| self.sheet.items.get(*index as usize).is_some_and(|item| is_shown(item, zoom));
        let points = self.points.iter().filter(move |(_, index)| shown(index)).map(move |(place, _)| place >> shift);
        points.chain(self.others_at(zooms, zoom).iter().map(|(tile, _)| *tile))
    }

    fn others_at(&self, zooms: (u8, u8), zoom: u8) -> &[(u64, u32)] {
        self.others.get(usize::from(zoom - zooms.0)).map_or(&[], Vec::as_slice)
    }

    /// The items that a tile shows at one level of thinning, in the order in which they are drawn.
    pub(super) fn shown(&self, zooms: (u8, u8), at: TileCoord, level: u32) -> Vec<u32> {
        let key = tile_key(at.x(), at.y());
        let others = self.others_at(zooms, at.z());
        let from = others.partition_point(|(tile, _)| *tile < key);
        let same = others[from..].iter().take_while(|(tile, _)| *tile == key).map(|(_, index)| *index);
        let mut shown = self.points_shown(at, level);
        match self.sheet.rule {
            Rule::Areas { details, coarsest } if level > 0 => {
                let detail = detail_at(details, at.z());
                let coarser = level.min(u32::from(detail.saturating_sub(coarsest)));
                // Where there is nothing coarser, every second one goes with each further level.
                let areas = self.of_detail(detail - coarser as u8, at);
                shown.extend(areas.into_iter().step_by(1 << (level - coarser)));
            }
            // Of lines every second one goes with each level, the shortest first.
            Rule::Lines { .. } if level > 0 => shown.extend(self.longest(same.collect(), level)),
            _ => shown.extend(same),
        }
        shown
    }

    fn points_shown(&self, at: TileCoord, level: u32) -> Vec<u32> {
        let shift = 2 * (WORLD_BITS - u32::from(at.z()));
        let key = tile_key(at.x(), at.y());
        let from = self.points.partition_point(|(place, _)| place >> shift < key);
        let to = from + self.points[from..].partition_point(|(place, _)| place >> shift <= key);
        let shown = |index: &u32| self.sheet.items.get(*index as usize).filter(|item| is_shown(item, at.z()));
        let here = self.points[from..to].iter().filter_map(|(place, index)| Some((*place, *index, shown(index)?)));
        let spacing = match self.sheet.rule {
            Rule::Points { all_from, spacing } if at.z() < all_from => spacing,
            _ => 0,
        };
        let side = (spacing << level).max(if level == 0 { 0 } else { 1 << level });
        if side == 0 {
            return here.map(|(_, index, _)| index).collect();
        }
        let square = 2 * (unit(at.z()).ilog2() + side.ilog2());
        let mut kept: Vec<(u64, u32, &Item)> = Vec::new();
        for (place, index, item) in here {
            let better = |held: &Item| (item.rank, held.id) > (held.rank, item.id);
            match kept.last_mut() {
                Some(last) if last.0 == place >> square => {
                    if better(last.2) {
                        *last = (place >> square, index, item);
                    }
                }
                _ => kept.push((place >> square, index, item)),
            }
        }
        kept.into_iter().map(|(_, index, _)| index).collect()
    }

    /// Areas of another detail than those that tiles of this zoom level show.
    fn of_detail(&self, detail: u8, at: TileCoord) -> Vec<u32> {
        let frame = Frame::of_buffered(at);
        let items = self.sheet.items.iter().zip(0..);
        items.filter(|(item, _)| item.detail == detail && item.frame.meets(&frame)).map(|(_, index)| index).collect()
    }

    fn longest(&self, mut lines: Vec<u32>, level: u32) -> Vec<u32> {
        let length = |index: &u32| {
            let frame = self.sheet.items[*index as usize].frame;
            i64::from(frame.most.x) - i64::from(frame.least.x) + i64::from(frame.most.y) - i64::from(frame.least.y)
        };
        lines.sort_by_key(|index| (std::cmp::Reverse(length(index)), *index));
        lines.truncate(lines.len() >> level);
        lines.sort_unstable();
        lines
    }

    /// The spots of an item as a zoom level draws it.
    pub(super) fn spots(&self, zooms: (u8, u8), zoom: u8, index: u32) -> &[Spot] {
        let item = &self.sheet.items[index as usize];
        let simplified = self.lines.get(usize::from(zoom - zooms.0)).and_then(|lines| lines.get(index as usize));
        simplified.map_or_else(|| self.sheet.spots_of(item), Vec::as_slice)
    }
}

fn detail_at(details: &[u8], zoom: u8) -> u8 {
    details.get(usize::from(zoom)).or(details.last()).copied().unwrap_or_default()
}

/// Lines and areas with the tiles that they touch.
fn by_tile(sheet: &Sheet, block: TileCoord, zoom: u8) -> Vec<(u64, u32)> {
    let depth = zoom - block.z();
    let detail = match sheet.rule {
        Rule::Areas { details, .. } => Some(detail_at(details, zoom)),
        _ => None,
    };
    let mut found = Vec::new();
    for (item, index) in sheet.items.iter().zip(0u32..) {
        if item.shape == Shape::Point || !is_shown(item, zoom) || detail.is_some_and(|detail| detail != item.detail) {
            continue;
        }
        let tiles = item.frame.tiles(zoom).filter(|(x, y)| x >> depth == block.x() && y >> depth == block.y());
        found.extend(tiles.map(|(x, y)| (tile_key(x, y), index)));
    }
    found.sort_unstable();
    found
}

fn simplified(sheet: &Sheet, zoom: u8) -> Vec<Vec<Spot>> {
    let Rule::Lines { tolerance } = sheet.rule else { return Vec::new() };
    let tolerance = tolerance * unit(zoom);
    let line = |item: &Item| if is_shown(item, zoom) { simplify(sheet.spots_of(item), tolerance) } else { Vec::new() };
    sheet.items.iter().map(line).collect()
}
