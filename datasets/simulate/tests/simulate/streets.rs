//! The street graph as the truth tells it.

use std::collections::BTreeMap;

use waymark_datasets::Position;
use waymark_simulate::TownEpoch;
use waymark_simulate::truth::{PoseRow, StreetRow};

use crate::{small, written};

/// Where a street runs, and how wide it is.
type Street = (Vec<Position>, f64);

fn streets(rows: &[StreetRow]) -> BTreeMap<u32, Street> {
    let mut streets: BTreeMap<u32, Street> = BTreeMap::new();
    for row in rows {
        let (line, width_m) = streets.entry(row.street_id).or_insert((Vec::new(), row.width_m));
        assert_eq!(row.point as usize, line.len(), "{row:?} is out of order");
        assert_eq!(row.width_m, *width_m, "{row:?}");
        line.push(Position { latitude: row.latitude_deg, longitude: row.longitude_deg });
    }
    streets
}

#[test]
fn streets_are_unbroken_lines_that_meet_at_junctions_in_both_epochs() {
    let rows = written(&small(9, 1, 1)).rows::<StreetRow>();
    assert_eq!(rows, written(&small(9, 1, 1).in_epoch(TownEpoch::Two)).rows::<StreetRow>());
    let streets = streets(&rows);
    let ids: Vec<u32> = streets.keys().copied().collect();
    assert_eq!(ids, (1..=ids.len() as u32).collect::<Vec<_>>());
    assert!(ids.len() >= 33, "only {} streets", ids.len());
    let ends: Vec<Position> = streets.values().flat_map(|(line, _)| [line[0], line[line.len() - 1]]).collect();
    for (id, (line, width_m)) in &streets {
        assert!(line.windows(2).all(|pair| (0.5..5.0).contains(&pair[0].distance_m(pair[1]))), "street {id} is broken");
        assert!((6.0..14.0).contains(width_m), "street {id} is {width_m} m wide");
        for end in [line[0], line[line.len() - 1]] {
            let meeting = ends.iter().filter(|other| other.distance_m(end) < 0.01).count();
            assert!(meeting >= 2, "street {id} ends in nothing");
        }
    }
}

#[test]
fn every_car_drives_on_a_street() {
    let written = written(&small(10, 3, 20));
    let streets = streets(&written.rows());
    for pose in written.rows::<PoseRow>() {
        let at = Position { latitude: pose.latitude_deg, longitude: pose.longitude_deg };
        let nearest_m = |line: &[Position]| line.iter().map(|point| point.distance_m(at)).fold(f64::INFINITY, f64::min);
        // Points are 3 m apart; between streets, a turn cuts the corner of the junction.
        let on = streets.values().any(|(line, width_m)| nearest_m(line) < width_m / 2.0 + 2.0);
        assert!(on, "{pose:?} is on no street");
    }
}
