//! Positions, cells, slots and regions all over the Earth, its poles and its seams.

use proptest::prelude::*;
use waymark_datasets::{Cell, Heading, Position, Region, Slot};

const HALF_ROUND_M: f64 = 20_015_115.0;

/// Poles, the antimeridian from both sides, null island, and the least steps beside them.
const LATITUDES: [f64; 11] =
    [-90.0, -89.999_999_999, -45.0, -1e-9, -1e-300, 0.0, 1e-9, 37.0, 45.0, 89.999_999_999_999, 90.0];
const LONGITUDES: [f64; 11] =
    [-180.0, -179.999_999_999, -90.0, -1e-9, 0.0, 1e-300, 37.0, 90.0, 135.0, 179.999_999_999_999, 180.0];

fn position(north: f64, east: f64) -> Position {
    Position::from_degrees(north, east).unwrap()
}

fn seams() -> Vec<Position> {
    LATITUDES.iter().flat_map(|&north| LONGITUDES.map(|east| position(north, east))).collect()
}

fn antipode(of: Position) -> Position {
    let east = of.longitude_deg();
    position(-of.latitude_deg(), if east > 0.0 { east - 180.0 } else { east + 180.0 })
}

/// A sequence that is the same on every run: Steele's SplitMix64.
fn dice(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) as f64 / 2f64.powi(64)
    }
}

fn scattered(count: usize) -> impl Iterator<Item = (Position, Heading)> {
    let mut roll = dice(12);
    let mut one = move || (position(roll() * 180.0 - 90.0, roll() * 360.0 - 180.0), Heading::wrapping(roll() * 360.0));
    (0..count).map(move |_| one())
}

fn assert_on_earth(place: Position) {
    let again = Position::from_degrees(place.latitude_deg(), place.longitude_deg());
    assert_eq!(again, Ok(place));
    assert!(place.latitude_deg().to_bits() != (-0.0f64).to_bits(), "one value, one spelling");
}

#[test]
fn a_place_off_the_earth_is_refused() {
    for (north, east) in [(90.000_000_1, 0.0), (0.0, -180.000_000_1), (f64::NAN, 0.0), (0.0, f64::INFINITY)] {
        assert!(Position::from_degrees(north, east).is_err(), "{north} {east}");
    }
}

#[test]
fn distances_between_the_seams_are_the_same_both_ways_and_at_most_half_round() {
    for a in seams() {
        for b in seams() {
            let distance_m = a.distance_m(b);
            assert_eq!(distance_m, b.distance_m(a), "{a:?} {b:?}");
            assert!((0.0..HALF_ROUND_M).contains(&distance_m), "{a:?} {b:?}: {distance_m}");
        }
        assert_eq!(a.distance_m(a), 0.0);
    }
}

#[test]
fn the_other_side_of_the_earth_is_half_round_away() {
    for (place, _) in scattered(100_000) {
        let distance_m = place.distance_m(antipode(place));
        assert!((HALF_ROUND_M - 1.0..HALF_ROUND_M).contains(&distance_m), "{place:?}: {distance_m}");
    }
}

/// Pairs for which rounding carries the sine of half the distance past 1.
#[test]
fn places_next_to_the_other_side_of_the_earth_have_a_distance() {
    for (north, other_north) in [
        (59.709_907_273_818_49, -59.709_907_273_818_54),
        (-60.847_575_793_347_62, 60.847_575_793_063_64),
        (66.476_680_151_344_17, -66.476_680_151_344_17),
    ] {
        let (a, b) = (position(north, 0.0), position(other_north, 180.0));
        let distance_m = a.distance_m(b);
        assert!((HALF_ROUND_M - 1.0..HALF_ROUND_M).contains(&distance_m), "{north}: {distance_m}");
        assert_on_earth(a.towards(b, 0.5));
    }
}

#[test]
fn moving_stays_on_earth_from_and_to_anywhere() {
    let ratios = [0.0, 1e-300, 0.25, 0.5, 1.0, -1.0, 2.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    for a in seams() {
        for b in seams() {
            ratios.iter().for_each(|&ratio| assert_on_earth(a.towards(b, ratio)));
        }
        for distance_m in [0.0, 1e-9, 15.0, 1e7, -1e7, HALF_ROUND_M, 1e300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY]
        {
            for direction in 0..16 {
                assert_on_earth(a.destination(Heading::wrapping(f64::from(direction) * 22.5), distance_m));
            }
        }
    }
}

#[test]
fn going_the_distance_to_a_pole_along_a_meridian_arrives() {
    for (place, _) in scattered(20_000) {
        for (heading_deg, pole) in [(0.0, 90.0), (180.0, -90.0)] {
            let pole = position(pole, 0.0);
            let there = place.destination(Heading::wrapping(heading_deg), place.distance_m(pole));
            assert_on_earth(there);
            assert!(there.distance_m(pole) < 0.2, "{place:?} {there:?}");
        }
    }
}

#[test]
fn known_distances_and_courses() {
    let (dover, calais) = (position(51.1279, 1.3134), position(50.9513, 1.8587));
    assert!((dover.distance_m(calais) - 42_900.0).abs() < 400.0);
    assert!((dover.bearing_to(calais).degrees() - 117.0).abs() < 1.0);
    assert_eq!(dover.bearing_to(dover).degrees(), 0.0, "north when both are the same place");
    let (west, east) = (position(-16.5, 179.99), position(-16.5, -179.99));
    assert!((west.distance_m(east) - 2_132.0).abs() < 2.0, "the antimeridian is no wall");
    assert!((west.bearing_to(east).degrees() - 90.0).abs() < 0.1);
}

#[test]
fn null_island_is_a_kilometre_wide() {
    assert!(position(0.0, 0.0).is_null_island() && position(0.008, 0.0).is_null_island());
    assert!(!position(0.0091, 0.0).is_null_island() && !position(0.0, 180.0).is_null_island());
}

#[test]
fn every_place_has_a_slot_and_a_region_that_agree() {
    let turned = seams().into_iter().map(|place| (place, Heading::wrapping(0.0)));
    for (place, heading) in scattered(100_000).chain(turned) {
        let slot = Slot::at(place, heading);
        assert_eq!((slot.cell, slot.octant), (Cell::at(place), heading.octant()));
        assert_eq!(slot.cell.region(), Region::at(place));
        assert_eq!(slot.cell.index().parent(Region::RESOLUTION), Some(Region::at(place).index()));
        assert_eq!(Cell::try_from(u64::from(slot.cell)), Ok(slot.cell));
        assert_eq!(Region::at(place).to_string().parse(), Ok(Region::at(place)));
    }
}

/// The place and its cell at resolution 7 are from the documentation of H3, <https://h3geo.org/docs/quickstart>.
#[test]
fn a_known_place_lies_in_known_cells_and_regions_follow_from_cells() {
    let place = position(37.361_559_3, -122.055_323_8);
    let direct = h3o::LatLng::new(place.latitude_deg(), place.longitude_deg()).unwrap();
    assert_eq!(direct.to_cell(h3o::Resolution::Seven).to_string(), "87283472bffffff");
    let cell = Cell::at(place);
    assert_eq!((cell.to_string(), cell.region().to_string()), ("8c283470d921dff".into(), "85283473fffffff".into()));
    // Children are not wholly inside their parent: here the two ways to resolution 7 differ.
    assert_eq!(cell.index().parent(h3o::Resolution::Seven).unwrap().to_string(), "87283470dffffff");
}

#[test]
fn the_twelve_pentagons_are_cells_like_any_other() {
    let pentagons: Vec<h3o::CellIndex> = Cell::RESOLUTION.pentagons().collect();
    assert_eq!(pentagons.len(), 12);
    for pentagon in pentagons {
        let centre = h3o::LatLng::from(pentagon);
        let cell = Cell::at(position(centre.lat(), centre.lng()));
        assert_eq!((cell.index(), Cell::try_from(u64::from(pentagon))), (pentagon, Ok(cell)));
        assert!(cell.region().index().is_pentagon());
    }
}

#[test]
fn cells_of_another_resolution_and_numbers_that_are_no_cell_are_refused() {
    let cell = Cell::at(position(37.0, -122.0));
    for resolution in h3o::Resolution::range(h3o::Resolution::Zero, h3o::Resolution::Fifteen) {
        let index = cell.index().center_child(resolution).or_else(|| cell.index().parent(resolution)).unwrap();
        assert_eq!(Cell::try_from(u64::from(index)).is_ok(), resolution == Cell::RESOLUTION, "{resolution}");
        assert_eq!(index.to_string().parse::<Region>().is_ok(), resolution == Region::RESOLUTION, "{resolution}");
    }
    let index = u64::from(cell);
    for wrong in [0, 1, u64::MAX, index | 1 << 63, index | 1 << 56, index ^ 7 << 6, index.swap_bytes()] {
        assert!(Cell::try_from(wrong).is_err(), "{wrong:x}");
        assert!(serde_json::from_str::<Cell>(&wrong.to_string()).is_err(), "{wrong:x}");
    }
    let region = cell.region().to_string();
    for wrong in ["", "..", "0", &region.to_uppercase(), &format!("0{region}"), &format!("+{region}"), &region[1..]] {
        assert!(wrong.parse::<Region>().is_err(), "{wrong:?}");
    }
}

fn places() -> impl Strategy<Value = Position> {
    (-90.0..=90.0f64, -180.0..=180.0f64).prop_map(|(north, east)| position(north, east))
}

proptest! {
    #[test]
    fn the_way_to_another_place_is_as_long_as_its_parts(a in places(), b in places(), ratio in 0.0..=1.0f64) {
        // Next to the other side of the Earth the shortest way hangs on the last bit.
        prop_assume!(a.distance_m(b) < HALF_ROUND_M - 1e5);
        let between = a.towards(b, ratio);
        assert_on_earth(between);
        let whole_m = a.distance_m(b);
        prop_assert!((a.distance_m(between) - ratio * whole_m).abs() < 0.1, "{:?}", between);
        prop_assert!((between.distance_m(b) - (1.0 - ratio) * whole_m).abs() < 0.1, "{:?}", between);
    }

    #[test]
    fn what_is_near_stays_near(a in places(), turn in 0.0..360.0f64, distance_m in 0.0..1000.0f64) {
        let b = a.destination(Heading::wrapping(turn), distance_m);
        prop_assert!((a.distance_m(b) - distance_m).abs() < 1e-3, "{:?} {:?}", a, b);
    }

    #[test]
    fn distances_keep_the_triangle(a in places(), b in places(), c in places()) {
        prop_assert!(a.distance_m(c) <= a.distance_m(b) + b.distance_m(c) + 0.5);
    }
}
