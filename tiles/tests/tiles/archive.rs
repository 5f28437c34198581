//! Archives: what is written is read, and what is damaged is an error.

use std::collections::BTreeMap;

use bytes::Bytes;
use proptest::prelude::*;
use waymark_datasets::Store;
use waymark_tiles::Error;
use waymark_tiles::archive::{
    Bounds, Contents, Encoding, Gzip, PartRef, PartTiles, Reader, TileCoord, TileId, assemble, clustered, whole,
};
use waymark_tiles::map::Block;

fn contents() -> Contents {
    let bounds = Bounds { west_deg: 8.5, south_deg: 47.25, east_deg: 8.625, north_deg: 47.5 };
    Contents { zooms: (0, 14), bounds, metadata: r#"{"vector_layers":[]}"#.into() }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn read(bytes: &[u8]) -> Result<Reader, Error> {
    wait(Reader::of_bytes("test", Bytes::copy_from_slice(bytes)))
}

fn packed(text: &str) -> Vec<u8> {
    Gzip::default().pack(text.as_bytes())
}

/// Every tile of an archive by id.
fn all(archive: &Reader) -> BTreeMap<u64, Vec<u8>> {
    let tile = |id: TileId| {
        let tile = wait(archive.tile(TileCoord::from(id))).unwrap().unwrap();
        assert_eq!(tile.encoding, Encoding::Gzip);
        (id.value(), tile.bytes.to_vec())
    };
    archive.tile_ids().map(tile).collect()
}

#[test]
fn an_archive_with_more_tiles_than_a_root_can_name_is_read_tile_by_tile() {
    // Far apart, so that no directory is short.
    let tiles: Vec<(u64, Vec<u8>)> =
        (0..40_000u64).map(|n| (n * n / 7 + n, packed(&format!("tile {}", n % 39_000)))).collect();
    let (file, start) = whole(&contents(), &tiles);
    let archive = read(&file).unwrap();
    let header = archive.header();
    assert_eq!((header.tiles.start, header.addressed_tiles, header.contents), (start, 40_000, 39_000));
    assert!(header.is_clustered && header.are_tiles_packed);
    assert_eq!((header.zooms, header.bounds), ((0, 14), contents().bounds));
    assert_eq!(archive.metadata().as_ref(), contents().metadata.as_bytes());
    assert_eq!(all(&archive), tiles.iter().cloned().collect());
    for (id, _) in tiles.iter().step_by(999) {
        let beside = TileCoord::from(TileId::new(id + 1).unwrap());
        let is_there = tiles.iter().any(|(other, _)| *other == id + 1);
        assert_eq!(wait(archive.tile(beside)).unwrap().is_some(), is_there);
    }
}

#[test]
fn equal_neighbours_are_one_entry_and_equal_tiles_lie_there_once() {
    let (sea, land) = (packed("sea"), packed("land"));
    let tiles: Vec<(u64, &[u8])> = (10..20).map(|id| (id, if id == 15 { land.as_slice() } else { &sea })).collect();
    let archive = read(&whole(&contents(), &tiles).0).unwrap();
    let header = archive.header();
    assert_eq!((header.addressed_tiles, header.entries, header.contents), (10, 3, 2));
    assert_eq!(all(&archive).values().filter(|tile| **tile == sea).count(), 9);
}

#[test]
fn an_archive_without_tiles_is_one() {
    let archive = read(&whole::<&[u8]>(&contents(), &[]).0).unwrap();
    assert_eq!(wait(archive.tile(TileCoord::new(0, 0, 0).unwrap())).unwrap(), None);
}

#[test]
fn parts_make_one_archive_which_is_the_same_as_one_file() {
    let part = |ids: std::ops::Range<u64>| -> Vec<(u64, Vec<u8>)> {
        ids.map(|id| (id * 3, packed(&format!("tile {id}")))).collect()
    };
    // The second lies before the first on the curve.
    let parts = [part(500..900), part(10..500), part(900..910)];
    let (mut made, mut bodies) = (Vec::new(), Vec::new());
    for (x, tiles) in (0..).zip(&parts) {
        let (file, offset) = whole(&contents(), tiles);
        let bytes = file.len() as u64 - offset;
        bodies.extend_from_slice(&file[offset as usize..]);
        let key = waymark_datasets::Digest::of(&file);
        let reference = PartRef { block: Block { zoom: 10, x, y: 0 }, key, offset, bytes };
        made.push((reference, wait(PartTiles::of(file.into())).unwrap()));
    }
    let archive = read(&[assemble(&contents(), &made).as_ref(), &bodies].concat()).unwrap();
    assert!(!archive.header().is_clustered);
    let expected: BTreeMap<u64, Vec<u8>> = parts.concat().into_iter().collect();
    assert_eq!(all(&archive), expected);
    let (head, ranges) = clustered(&archive, &Contents::of(&archive).unwrap());
    let mut file = head.to_vec();
    ranges.into_iter().for_each(|range| file.extend(wait(archive.bytes(range)).unwrap()));
    let sorted: Vec<(u64, Vec<u8>)> = expected.into_iter().collect();
    assert_eq!(file, whole(&contents(), &sorted).0);
}

#[test]
fn an_object_of_a_store_is_read_by_ranges() {
    let store = Store::in_memory();
    let (file, _) = whole(&contents(), &[(0, packed("world"))]);
    wait(store.put("map.pmtiles", file.clone().into())).unwrap();
    let archive = wait(Reader::of_object(&store, "map.pmtiles")).unwrap().unwrap();
    assert_eq!(all(&archive), BTreeMap::from([(0, packed("world"))]));
    assert_eq!(archive.size_bytes(), file.len() as u64);
    assert_eq!(wait(archive.bytes(100..u64::MAX)).unwrap(), file[100..]);
    assert!(wait(Reader::of_object(&store, "none.pmtiles")).unwrap().is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_archive_is_an_error_or_other_tiles_but_never_a_panic(
        hits in prop::collection::vec((0usize..600, any::<u8>()), 1..6),
        length in 0usize..4_000,
    ) {
        let tiles: Vec<(u64, Vec<u8>)> = (0..30u64).map(|n| (n * 5, packed(&format!("tile {n}")))).collect();
        let (mut file, _) = whole(&contents(), &tiles);
        hits.into_iter().for_each(|(at, value)| if let Some(byte) = file.get_mut(at) { *byte = value });
        file.truncate(length.max(file.len() - length.min(file.len())));
        if let Ok(archive) = read(&file) {
            for id in archive.tile_ids().take(100) {
                prop_assert!(wait(archive.tile(TileCoord::from(id))).is_ok());
            }
        }
    }
}
