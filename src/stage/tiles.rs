//! From a snapshot to its tiles: one archive in parts, of which only those are made anew whose regions changed.

mod known;
mod near;

use std::collections::BTreeMap;

use anyhow::Context;
use bytes::Bytes;
use waymark_datasets::snapshot::{self, PartRef as Partition};
use waymark_datasets::{Digest, Region, Store};
use waymark_tiles::archive::{Contents, Index, PartRef, PartTiles, RegionRef, assemble, whole};
use waymark_tiles::map::{self, Block, DRAWN_AS, LEVELS, Level, Summary};
use waymark_tiles::vector::{Frame, Plan, Sheet, Spot, build};

pub use self::known::Known;
use self::near::Ground;
use super::threads;

/// What building the tiles of a snapshot came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Drawn {
    /// Regions that were drawn anew.
    pub regions: usize,
    /// Parts that were made anew.
    pub parts: usize,
    /// Parts of the archive in all.
    pub parts_in_all: usize,
}

/// Builds the tiles of a snapshot, unless it has them.
pub async fn draw(store: &Store, snapshot: Digest) -> anyhow::Result<Drawn> {
    if let Some(index) = Index::read(store, snapshot).await? {
        return Ok(Drawn { parts_in_all: index.parts.len(), ..Drawn::default() });
    }
    let known = Known::latest(store).await?;
    redraw((store, store), snapshot, &known).await
}

/// Builds the tiles of a snapshot in the first store and puts what is not known into the second.
pub async fn redraw((from, to): (&Store, &Store), snapshot: Digest, known: &Known) -> anyhow::Result<Drawn> {
    let regions = by_region(snapshot::root(from, snapshot).await?.parts);
    let mut ground = Ground::of((from, to), regions);
    let mut drawn = Drawn::default();
    let references = references(&mut ground, known, &mut drawn).await?;
    let mut parts: Vec<(PartRef, PartTiles)> = Vec::new();
    for (block, below) in blocks(&references) {
        let key = block_key(block, &below);
        let part = match known.part(block, key) {
            Some(part) => Some(part),
            None => {
                drawn.parts += 1;
                make(to, (block, key), sheets(&mut ground, block, &below).await?).await?
            }
        };
        parts.extend(part);
    }
    parts.sort_by_key(|(part, _)| part.block);
    drawn.parts_in_all = parts.len();
    let head = assemble(&contents(&references), &parts);
    let index = Index::of(&head, references, parts.into_iter().map(|(part, _)| part).collect());
    index.write(to, snapshot, head).await?;
    Ok(drawn)
}

/// The partitions of each region, with the hash of what a region is drawn from.
fn by_region(parts: Vec<Partition>) -> BTreeMap<Region, (Digest, Vec<Partition>)> {
    let mut regions: BTreeMap<Region, Vec<Partition>> = BTreeMap::new();
    for part in parts {
        if let Some(region) = part.region {
            regions.entry(region).or_default().push(part);
        }
    }
    let key = |parts: &[Partition]| {
        let lines = parts.iter().map(|part| part.sha256.to_string());
        Digest::of(lines.fold(DRAWN_AS.to_owned(), |text, line| text + "\n" + &line).as_bytes())
    };
    regions.into_iter().map(|(region, parts)| (region, (key(&parts), parts))).collect()
}

/// What each region adds; drawn anew where it is not known.
async fn references(ground: &mut Ground<'_>, known: &Known, drawn: &mut Drawn) -> anyhow::Result<Vec<RegionRef>> {
    let mut references = Vec::new();
    for (region, key) in ground.keys() {
        let reference = match known.region(region, key) {
            Some(reference) => reference,
            None => {
                let map = ground.map(region).await?;
                ground.keep(key, &map.summary()).await?;
                drawn.regions += 1;
                map.reference(region, key)
            }
        };
        if reference.tally.slots > 0 {
            references.push(reference);
        }
    }
    Ok(references)
}

/// Every block that shows anything, with the regions that it is drawn from, in an order in which neighbours are near.
fn blocks(references: &[RegionRef]) -> Vec<(Block, Vec<&RegionRef>)> {
    let mut blocks: BTreeMap<(u8, u64), (Block, Vec<&RegionRef>)> = BTreeMap::new();
    for reference in references {
        for block in reference.blocks.iter().chain([&Block::TOP]) {
            let order = block.coord().map_or(0, |at| waymark_tiles::archive::TileId::from(at).value());
            let below = &mut blocks.entry((block.zoom, order)).or_insert_with(|| (*block, Vec::new())).1;
            below.push(reference);
        }
    }
    blocks.into_values().collect()
}

/// The hash of what a block is drawn from.
fn block_key(block: Block, below: &[&RegionRef]) -> Digest {
    let place = format!("{DRAWN_AS}\n{}/{}/{}", block.zoom, block.x, block.y);
    let line = |region: &&RegionRef| match block {
        // From so far up a region is its tally, and so long as that stays the same, so does the block.
        Block::TOP => format!("\n{} {:?}", region.region, region.tally),
        _ => format!("\n{} {}", region.region, region.key),
    };
    Digest::of(below.iter().map(line).fold(place, |text, line| text + &line).as_bytes())
}

/// The layers of a block.
async fn sheets(ground: &mut Ground<'_>, block: Block, below: &[&RegionRef]) -> anyhow::Result<Vec<Sheet>> {
    let level = block.level().with_context(|| format!("no level of the map begins at {block:?}"))?;
    if level == Level::NEAR {
        return ground.sheets(block, below).await;
    }
    let mut summaries: Vec<Summary> = Vec::new();
    for region in below {
        summaries.push(match level {
            Level::TOP => Summary::of_region(region),
            _ => ground.summary(region).await?,
        });
    }
    Ok(map::far(level, &summaries))
}

/// Builds the tiles of a block and keeps them; none if there are none.
async fn make(
    store: &Store,
    (block, key): (Block, Digest),
    sheets: Vec<Sheet>,
) -> anyhow::Result<Option<(PartRef, PartTiles)>> {
    let (coord, level) = block.coord().zip(block.level()).with_context(|| format!("no tile is at {block:?}"))?;
    let plan = Plan { block: coord, zooms: level.zooms, threads: threads().get() };
    let (file, offset) = tokio::task::block_in_place(|| {
        let built = build(&sheets, &plan);
        let frame = sheets.iter().fold(Frame::EMPTY, |frame, sheet| frame.with(sheet.frame()));
        let contents = Contents { zooms: level.zooms, bounds: frame.bounds(), metadata: map::metadata() };
        whole(&contents, &built.tiles)
    });
    let (bytes, file) = (file.len() as u64 - offset, Bytes::from(file));
    if bytes == 0 {
        return Ok(None);
    }
    let part = PartRef { block, key, offset, bytes };
    store.create(&part.object(), file.clone()).await?;
    Ok(Some((part, PartTiles::of(file).await?)))
}

fn contents(references: &[RegionRef]) -> Contents {
    let frame = references.iter().fold(Frame::EMPTY, |frame, region| {
        let [west, north, east, south] = region.bounds;
        frame.with(Frame { least: Spot { x: west, y: north }, most: Spot { x: east, y: south } })
    });
    let zooms = (LEVELS[0].zooms.0, map::ZOOM_MAX);
    Contents { zooms, bounds: frame.bounds(), metadata: map::metadata() }
}
