//! The same seed gives the same bytes.

use std::num::NonZeroUsize;

use waymark_simulate::Attack;

use crate::{small, written, written_on};

const FILES: [&str; 9] = [
    "drives/001/drive.mp4",
    "drives/001/drive.nmea",
    "drives/002/drive.mp4",
    "drives/002/drive.nmea",
    "truth/objects.parquet",
    "truth/streets.parquet",
    "truth/poses.parquet",
    "truth/boxes.parquet",
    "truth/attacks.parquet",
];

#[test]
fn the_same_plan_writes_the_same_bytes_on_any_number_of_threads() {
    let plan = small(7, 2, 2).with_attack(Attack::Copy).unwrap();
    let [first, second] = [1, 3].map(|threads| written_on(&plan, NonZeroUsize::new(threads).unwrap()));
    for file in FILES {
        assert!(first.bytes(file) == second.bytes(file), "{file} differs");
    }
}

#[test]
fn a_drive_does_not_depend_on_how_many_there_are() {
    let (one, two) = (written(&small(7, 1, 1)), written(&small(7, 2, 1)));
    for file in &FILES[..2] {
        assert!(one.bytes(file) == two.bytes(file), "{file} differs");
    }
}

#[test]
fn another_seed_is_another_town() {
    let (first, second) = (written(&small(7, 1, 1)), written(&small(8, 1, 1)));
    for file in [&FILES[..2], &FILES[4..8]].concat() {
        assert!(first.bytes(file) != second.bytes(file), "{file} is the same");
    }
}
