//! Which found thing is taken for which true one.

#[path = "../../src/compare/pairs.rs"]
mod rule;

use std::collections::BTreeSet;

use rule::{Pair, Thing, pairs};
use waymark_datasets::{ClassName, Heading, Position};

const REACH_M: f64 = 8.0;

fn class(name: &str) -> ClassName {
    name.parse().unwrap()
}

/// So many metres east of one place.
fn east(metres: f64) -> Position {
    Position::from_degrees(-45.0, -130.0).unwrap().destination(Heading::wrapping(90.0), metres)
}

fn numbers(found: &[Pair]) -> Vec<(usize, usize)> {
    found.iter().map(|pair| (pair.found, pair.real)).collect()
}

#[test]
fn the_nearest_pair_is_taken_first_and_nothing_is_taken_twice() {
    let (stop, at) = (class("stop-sign"), |metres| east(metres));
    let thing = |metres| Thing { class: &stop, at: at(metres) };
    let pairs = pairs(&[thing(0.0), thing(3.0)], &[thing(4.0), thing(9.0)], REACH_M);
    assert_eq!(numbers(&pairs), [(1, 0)], "the one at 0 m could have the one at 4 m, but that is taken");
    assert!((pairs[0].distance_m - 1.0).abs() < 1e-3, "{pairs:?}");
}

#[test]
fn what_is_of_another_class_or_too_far_is_no_pair() {
    let (stop, lamp) = (class("stop-sign"), class("street-lamp"));
    let of = |class, metres| Thing { class, at: east(metres) };
    assert_eq!(pairs(&[of(&stop, 0.0)], &[of(&lamp, 0.0)], REACH_M), []);
    assert_eq!(pairs(&[of(&stop, 0.0)], &[of(&stop, 8.1)], REACH_M), []);
    assert_eq!(numbers(&pairs(&[of(&stop, 0.0)], &[of(&stop, 7.9)], REACH_M)), [(0, 0)]);
    assert_eq!(pairs(&[], &[of(&stop, 0.0)], REACH_M), []);
}

#[test]
fn whatever_lies_around_pairs_are_one_to_one_near_in_order_and_nothing_free_is_left_beside_another() {
    let classes = ["stop-sign", "hydrant"].map(class);
    // A linear congruential generator: Knuth, MMIX.
    let mut state = 7_u64;
    let mut dice = move |sides: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % sides
    };
    for _ in 0..200 {
        let mut things = |count: u64| -> Vec<Thing<'_>> {
            (0..count).map(|_| Thing { class: &classes[dice(2) as usize], at: east(dice(400) as f64 / 10.0) }).collect()
        };
        let (found, real) = (things(12), things(9));
        let pairs = pairs(&found, &real, REACH_M);
        let (of_found, of_real): (BTreeSet<usize>, BTreeSet<usize>) = numbers(&pairs).into_iter().unzip();
        assert_eq!((of_found.len(), of_real.len()), (pairs.len(), pairs.len()), "one to one");
        assert!(pairs.is_sorted_by(|a, b| a.distance_m <= b.distance_m), "nearest first");
        assert!(pairs.iter().all(|pair| pair.distance_m <= REACH_M));
        let could_be =
            |i: usize, j: usize| found[i].class == real[j].class && found[i].at.distance_m(real[j].at) <= REACH_M;
        let free =
            |count: usize, taken: &BTreeSet<usize>| (0..count).filter(|i| !taken.contains(i)).collect::<Vec<_>>();
        for i in free(found.len(), &of_found) {
            assert!(free(real.len(), &of_real).into_iter().all(|j| !could_be(i, j)), "{i} is left for no reason");
        }
    }
}
