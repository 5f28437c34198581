//! The split of a pool: exact, fair, and blind to order.

use proptest::prelude::*;
use waymark_datasets::{Amount, Ppm};
use waymark_rewards::split;

fn ppm(points: &[u32]) -> Vec<Ppm> {
    points.iter().map(|&points| Ppm::try_from(points).unwrap()).collect()
}

fn units(amounts: &[Amount]) -> Vec<u128> {
    amounts.iter().map(|amount| amount.units()).collect()
}

fn pool(units: u128) -> Amount {
    Amount::try_from(units).unwrap()
}

/// Pools at both ends, around the number of shares, and anywhere.
fn pools() -> impl Strategy<Value = Amount> {
    let most = Amount::MAX.units();
    prop_oneof![0..200u128, Just(most), most - 200..=most, 0..=most].prop_map(pool)
}

fn points() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(prop_oneof![Just(0), Just(1), Just(1_000_000), 0..=1_000_000u32], 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn shares_and_remainder_are_the_pool_to_the_last_unit(pool in pools(), points in points()) {
        let split = split(pool, &ppm(&points));
        prop_assert_eq!(split.shares.len(), points.len());
        let shared: u128 = units(&split.shares).iter().sum();
        prop_assert_eq!(shared + split.remainder.units(), pool.units());
        if points.iter().any(|&points| points > 0) {
            prop_assert!(split.remainder.units() < points.len() as u128);
        } else {
            prop_assert_eq!(split.remainder, pool);
        }
    }

    #[test]
    fn equal_points_get_equal_shares_more_never_less_and_none_nothing(pool in pools(), points in points()) {
        let shares = split(pool, &ppm(&points)).shares;
        let mut paired: Vec<_> = points.iter().zip(&shares).collect();
        paired.sort();
        for pair in paired.windows(2) {
            let ((less, least), (more, most)) = (pair[0], pair[1]);
            prop_assert!(least <= most && (less != more || least == most));
        }
        prop_assert!(paired.iter().all(|(points, share)| **points > 0 || **share == Amount::ZERO));
    }

    #[test]
    fn turning_the_points_turns_the_shares(pool in pools(), points in points(), turn in 0..60usize) {
        let mut turned = points.clone();
        let mut expected = split(pool, &ppm(&points));
        let turn = turn % points.len().max(1);
        turned.rotate_left(turn);
        expected.shares.rotate_left(turn);
        prop_assert_eq!(split(pool, &ppm(&turned)), expected.clone());
        turned.reverse();
        expected.shares.reverse();
        prop_assert_eq!(split(pool, &ppm(&turned)), expected);
    }

    #[test]
    fn gaining_points_never_costs_and_a_larger_pool_never_pays_less(
        (points, at) in points().prop_filter("someone", |p| !p.is_empty()).prop_flat_map(|p| (Just(p.clone()), 0..p.len())),
        (pool, gain) in (0..Amount::MAX.units(), 0..1_000_000u32),
    ) {
        let before = split(Amount::try_from(pool).unwrap(), &ppm(&points)).shares;
        let larger = split(Amount::try_from(pool + 1).unwrap(), &ppm(&points)).shares;
        prop_assert!(before.iter().zip(&larger).all(|(before, after)| before <= after));
        let mut more = points.clone();
        more[at] = (more[at] + gain).min(1_000_000);
        let after = split(Amount::try_from(pool).unwrap(), &ppm(&more)).shares;
        prop_assert!(before[at] <= after[at]);
        prop_assert!((0..points.len()).all(|i| i == at || after[i] <= before[i]), "nobody else gains by it");
    }
}

#[test]
fn known_splits() {
    let cases: [(u128, &[u32], &[u128], u128); 8] = [
        (100, &[], &[], 100),
        (100, &[0, 0], &[0, 0], 100),
        (0, &[1, 2], &[0, 0], 0),
        (100, &[7], &[100], 0),
        (100, &[1, 1, 1], &[33, 33, 33], 1),
        (2, &[1, 1, 1], &[0, 0, 0], 2),
        (100, &[1_000_000, 500_000, 250_000, 0], &[57, 28, 14, 0], 1),
        (
            10u128.pow(30),
            &[1, 1_000_000],
            &[999_999_000_000_999_999_000_000, 999_999_000_000_999_999_000_000_999_999],
            1,
        ),
    ];
    for (units_in, points, shares, remainder) in cases {
        let split = split(pool(units_in), &ppm(points));
        assert_eq!((units(&split.shares).as_slice(), split.remainder.units()), (shares, remainder), "{points:?}");
    }
}

#[test]
fn the_largest_pool_among_very_many_is_exact() {
    let points = vec![Ppm::ONE; 300_000];
    let split = split(Amount::MAX, &points);
    let shared: u128 = units(&split.shares).iter().sum();
    assert_eq!(shared + split.remainder.units(), Amount::MAX.units());
    assert!(split.shares.iter().all(|share| share.units() == Amount::MAX.units() / 300_000));
}
