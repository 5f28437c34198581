//! Between the epochs, some signs go and others come.

use std::collections::BTreeSet;

use waymark_simulate::TownEpoch;
use waymark_simulate::truth::{BoxRow, ObjectRow};

use crate::{small, written};

#[test]
fn what_is_seen_in_an_epoch_stands_in_it() {
    let one = written(&small(5, 2, 10));
    let two = written(&small(5, 2, 10).in_epoch(TownEpoch::Two));
    let objects = one.rows::<ObjectRow>();
    assert_eq!(objects, two.rows::<ObjectRow>(), "both epochs tell of both");
    assert!(objects.iter().any(|object| object.in_epoch_1 && !object.in_epoch_2), "nothing went");
    assert!(objects.iter().any(|object| !object.in_epoch_1 && object.in_epoch_2), "nothing came");
    assert!(objects.iter().all(|object| object.in_epoch_1 || object.in_epoch_2));
    let seen = |rows: Vec<BoxRow>| rows.iter().filter_map(|row| row.object_id).collect::<BTreeSet<_>>();
    let stands =
        |id: &u32, stands: fn(&ObjectRow) -> bool| objects.iter().any(|row| row.object_id == *id && stands(row));
    let (first, second) = (seen(one.rows()), seen(two.rows()));
    assert!(first.iter().all(|id| stands(id, |row| row.in_epoch_1)));
    assert!(second.iter().all(|id| stands(id, |row| row.in_epoch_2)));
    assert_eq!(one.report.objects as usize, objects.iter().filter(|row| row.in_epoch_1).count());
}

#[test]
fn every_town_has_every_class_and_lies_in_open_sea() {
    for seed in 0..2 {
        let objects = written(&small(seed, 1, 1)).rows::<ObjectRow>();
        for class in ["stop-sign", "yield-sign", "traffic-light", "street-lamp", "hydrant"] {
            assert!(objects.iter().any(|object| object.class.as_str() == class), "seed {seed} has no {class}");
        }
        assert!(objects.iter().any(|object| object.class.as_str().starts_with("speed-limit-")), "seed {seed}");
        for object in &objects {
            assert!((f64::from(object.latitude_deg) + 45.0).abs() < 0.006, "{object:?}");
            assert!((f64::from(object.longitude_deg) + 130.0).abs() < 0.008, "{object:?}");
        }
    }
}
