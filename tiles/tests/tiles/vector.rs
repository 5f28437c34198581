//! Tiles: what goes in comes out, wherever it is cut.

use std::collections::BTreeSet;

use proptest::prelude::*;
use waymark_tiles::archive::{TileCoord, TileId};
use waymark_tiles::vector::{EXTENT, Item, Plan, Rule, Shape, Sheet, Spot, Values, WORLD_BITS, build};

use crate::decode::{self, Feature, Value};

const ALL: Rule = Rule::Points { all_from: 0, spacing: 0 };

fn coord(id: u64) -> TileCoord {
    TileCoord::from(TileId::new(id).unwrap())
}

fn plan(zooms: (u8, u8), threads: usize) -> Plan {
    Plan { block: TileCoord::new(0, 0, 0).unwrap(), zooms, threads }
}

/// A place of a tile in the world: the middle of the unit, at most half a unit off.
fn world(at: TileCoord, place: (i64, i64)) -> (i64, i64) {
    let unit = 1i64 << (WORLD_BITS - 12 - u32::from(at.z()));
    let extent = i64::from(EXTENT);
    ((i64::from(at.x()) * extent + place.0) * unit, (i64::from(at.y()) * extent + place.1) * unit)
}

fn is_near(at: TileCoord, place: (i64, i64), spot: Spot) -> bool {
    let unit = 1i64 << (WORLD_BITS - 12 - u32::from(at.z()));
    let found = world(at, place);
    (found.0 - i64::from(spot.x)).abs() <= unit && (found.1 - i64::from(spot.y)).abs() <= unit
}

/// Numbers that look random and are the same every time.
fn numbers(seed: u64) -> impl FnMut(i32) -> i32 {
    let mut state = seed;
    move |below| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % below as u64) as i32
    }
}

#[test]
fn ten_thousand_points_come_out_within_one_unit_and_with_their_values() {
    let mut next = numbers(1);
    // Some 40 km wide, and across the corner of four tiles of zoom level 1.
    let middle = 1 << (WORLD_BITS - 1);
    let spots: Vec<Spot> = (0..10_000)
        .map(|_| Spot { x: middle - 500_000 + next(1_000_000), y: middle - 500_000 + next(1_000_000) })
        .collect();
    let mut sheet = Sheet::new("points", &["name", "size", "turn"], ALL);
    for (index, spot) in (0..).zip(&spots) {
        let mut values = Values::default();
        values.text(0, &format!("thing {}", index % 700));
        values.number(1, index * index);
        values.real(2, index as f64 / 8.0);
        sheet.add(&Item::new(Shape::Point, index), &[*spot], &values);
    }
    for zoom in [8, 12, 14] {
        let built = build(std::slice::from_ref(&sheet), &plan((zoom, zoom), 2));
        assert_eq!((built.features, built.thinned), (10_000, 0));
        let mut found = BTreeSet::new();
        for (id, packed) in &built.tiles {
            let layers = decode::tile(packed);
            let layer = &layers[0];
            assert_eq!((layers.len(), layer.name.as_str(), layer.version, layer.extent), (1, "points", 2, 4096));
            for feature in &layers[0].features {
                let index = feature.id as usize;
                assert!(is_near(coord(*id), feature.paths[0][0], spots[index]), "{feature:?} of {:?}", spots[index]);
                assert_eq!(feature.tags["name"], Value::Text(format!("thing {}", index % 700)));
                assert_eq!(feature.tags["size"], Value::Number((index * index) as u64));
                assert_eq!(feature.tags["turn"], Value::Real(index as f64 / 8.0));
                assert!(found.insert(feature.id), "a point is in one tile only");
            }
        }
        assert_eq!(found.len(), 10_000);
    }
}

#[test]
fn a_point_beside_a_block_is_in_no_tile_of_it() {
    // A line that ends in the next block, with a point at each of its ends.
    let border = 1 << (WORLD_BITS - 10);
    let ends = [border - 40, border + 40].map(|x| Spot { x, y: 1_000 });
    let mut sheet = Sheet::new("things", &[], ALL);
    (0..).zip(ends).for_each(|(id, end)| sheet.add(&Item::new(Shape::Point, id), &[end], &Values::default()));
    sheet.add(&Item::new(Shape::Line, 2), &ends, &Values::default());
    let tiles_of = |x| {
        let plan = Plan { block: TileCoord::new(10, x, 0).unwrap(), zooms: (10, 14), threads: 2 };
        build(std::slice::from_ref(&sheet), &plan).tiles.into_iter().map(|(id, _)| coord(id))
    };
    for x in [0, 1] {
        assert!(tiles_of(x).count() == 5 && tiles_of(x).all(|at| at.x() >> (at.z() - 10) == x));
    }
}

/// How a tile has to show what lies wholly inside of it.
fn inside(spots: &[Spot], at: TileCoord) -> bool {
    let bits = WORLD_BITS - u32::from(at.z());
    spots.iter().all(|spot| (spot.x >> bits, spot.y >> bits) == (at.x() as i32, at.y() as i32))
}

fn twice_area(ring: &[(i64, i64)]) -> i64 {
    ring.iter().zip(ring.iter().cycle().skip(1)).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum()
}

fn check(feature: &Feature, at: TileCoord, spots: &[Spot]) {
    let limit = i64::from(EXTENT) + 64;
    for (x, y) in feature.paths.iter().flatten() {
        assert!((-64..=limit).contains(x) && (-64..=limit).contains(y), "{feature:?} goes on beyond the buffer");
    }
    if inside(spots, at) {
        let path = &feature.paths[0];
        let is_there = |spot: &Spot| path.iter().any(|place| is_near(at, *place, *spot));
        assert!(feature.paths.len() == 1 && spots.iter().all(is_there), "{feature:?} at {at:?} is not {spots:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lines_and_areas_come_out_within_one_unit(
        corners in prop::collection::vec((0i32..1 << 24, 0i32..1 << 24, 10i32..60_000), 125..250),
        threads in 1usize..4,
    ) {
        let side = |at: (i32, i32, i32)| [(0, 0), (at.2, at.2 / 3), (at.2 / 2, at.2)].map(|(x, y)| Spot { x: at.0 + x, y: at.1 + y });
        let shapes: Vec<[Spot; 3]> = corners.into_iter().map(side).collect();
        let mut lines = Sheet::new("lines", &[], Rule::Lines { tolerance: 0 });
        let mut areas = Sheet::new("areas", &[], Rule::Areas { details: &[0], coarsest: 0 });
        for (id, spots) in (0..).zip(&shapes) {
            lines.add(&Item::new(Shape::Line, id), spots, &Values::default());
            areas.add(&Item::new(Shape::Area, id), spots, &Values::default());
        }
        let built = build(&[lines, areas], &plan((10, 14), threads));
        let mut seen = [BTreeSet::new(), BTreeSet::new()];
        for (id, packed) in &built.tiles {
            for layer in decode::tile(packed) {
                for feature in &layer.features {
                    check(feature, coord(*id), &shapes[feature.id as usize]);
                    if feature.kind == 3 {
                        prop_assert!(feature.paths.iter().all(|ring| twice_area(ring) > 0), "{:?} is no outer ring", feature);
                    }
                    seen[usize::from(layer.name == "areas")].insert(feature.id);
                }
            }
        }
        prop_assert_eq!((seen[0].len(), seen[1].len()), (shapes.len(), shapes.len()));
    }
}

/// Points so dense that no tile holds them all.
fn crowd() -> Sheet {
    let mut next = numbers(5);
    let mut sheet = Sheet::new("crowd", &["name"], Rule::Points { all_from: 14, spacing: 2 });
    for index in 0..120_000u64 {
        let mut values = Values::default();
        values.text(0, &format!("{:08x}{:08x}", next(i32::MAX), next(i32::MAX)));
        let mut item = Item::new(Shape::Point, index);
        item.rank = next(1_000) as u64;
        sheet.add(&item, &[Spot { x: next(1 << 16), y: next(1 << 16) }], &values);
    }
    sheet
}

#[test]
fn a_tile_is_thinned_until_it_is_small_enough() {
    let sheet = crowd();
    let built = build(std::slice::from_ref(&sheet), &plan((12, 14), 2));
    assert!(built.thinned > 0 && built.tiles.iter().all(|(_, tile)| tile.len() <= 500_000));
    let last = built.tiles.iter().filter(|(id, _)| coord(*id).z() == 14);
    let kept: usize = last.map(|(_, tile)| decode::tile(tile)[0].features.len()).sum();
    assert!(kept > 10_000, "{kept} of 120000 points were kept");
}

#[test]
fn tiles_do_not_depend_on_threads() {
    let sheet = crowd();
    let one = build(std::slice::from_ref(&sheet), &plan((10, 14), 1));
    let three = build(std::slice::from_ref(&sheet), &plan((10, 14), 3));
    assert!(one.tiles == three.tiles);
}

#[test]
fn what_crosses_the_antimeridian_is_on_both_sides() {
    let width = 1 << WORLD_BITS;
    let mut sheet = Sheet::new("lines", &[], Rule::Lines { tolerance: 0 });
    let line = [Spot { x: width - 1_000, y: width / 2 + 77 }, Spot { x: width + 1_000, y: width / 2 + 77 }];
    sheet.add(&Item::new(Shape::Line, 7), &line, &Values::default());
    let built = build(&[sheet], &plan((14, 14), 1));
    let columns: BTreeSet<u32> = built.tiles.iter().map(|(id, _)| coord(*id).x()).collect();
    assert_eq!(columns, BTreeSet::from([0, (1 << 14) - 1]));
}
