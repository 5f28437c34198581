//! An epoch from frames to payouts: every unit accounted for, twice.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use waymark_datasets::rows::FrameRow;
use waymark_datasets::table::encode;
use waymark_datasets::{Amount, DriverId, PayoutAddress, Slot, UtcMillis};
use waymark_rewards::{FormulaSettings, Settlement, Terms, UnknownDriver, settle};

use crate::by_hand::{Given, pay};
use crate::frames::{PLAIN, Seed, epoch, frame, many, slot};

type Past = BTreeMap<Slot, UtcMillis>;

fn addresses() -> BTreeMap<DriverId, PayoutAddress> {
    let address = |last: u8| format!("0x{last:040x}").parse().unwrap();
    [("ada", 0xa), ("bo", 0xb), ("idle", 0xc)].map(|(driver, last)| (driver.parse().unwrap(), address(last))).into()
}

fn settled(pool: u128, frames: &[FrameRow], past: &Past) -> Settlement {
    let formula = FormulaSettings::default();
    let terms = Terms { epoch: epoch(), pool: Amount::try_from(pool).unwrap(), formula: &formula };
    settle(&terms, (frames, &[]), past, &addresses()).unwrap()
}

fn pools() -> impl Strategy<Value = u128> {
    prop_oneof![0..50u128, Just(10u128.pow(30)), 0..=10u128.pow(30)]
}

/// When some of the slots were last seen before the epoch.
fn pasts() -> impl Strategy<Value = Past> {
    prop::collection::btree_map((0..3u8, 0..2u8), 0..6 * 7 * 86_400_000i64, 0..6).prop_map(|seen| {
        seen.into_iter().map(|((place, way), ago_ms)| (slot(place, way), epoch().start().plus_ms(-ago_ms))).collect()
    })
}

proptest! {
    #[test]
    fn payouts_and_remainder_are_the_pool_and_each_payout_its_statements(
        pool in pools(), frames in many(60), past in pasts(),
    ) {
        let settlement = settled(pool, &frames, &past);
        let paid: u128 = settlement.payouts.iter().map(|row| row.amount.units()).sum();
        prop_assert_eq!(paid + settlement.remainder.units(), pool);
        for payout in &settlement.payouts {
            let lines: Vec<_> = settlement.statements.iter().filter(|line| line.driver == payout.driver).collect();
            prop_assert_eq!(lines.iter().map(|line| line.amount.units()).sum::<u128>(), payout.amount.units());
            prop_assert_eq!(lines.iter().map(|line| u64::from(u32::from(line.points_ppm))).sum::<u64>(), payout.points_ppm);
            prop_assert_eq!(lines.len(), payout.passes as usize);
            prop_assert_eq!(payout.payout_address, addresses()[&payout.driver]);
        }
        let drivers: BTreeSet<_> = frames.iter().map(|frame| &frame.driver).collect();
        prop_assert!(settlement.payouts.iter().map(|row| &row.driver).eq(drivers), "one line for each who drove");
    }

    #[test]
    fn a_second_computation_by_plain_loops_pays_the_same(pool in pools(), frames in many(40), past in pasts()) {
        let settlement = settled(pool, &frames, &past);
        let found = settlement.payouts.iter().map(|row| (row.driver.to_string(), row.amount.units())).collect();
        let last_seen_ms = past.iter().map(|(at, time)| ((at.cell.into(), at.octant.into()), time.millis())).collect();
        let given = Given {
            pool,
            epoch_start_ms: epoch().start().millis(),
            freshness_weeks: 4,
            rank_ppm: &[1_000_000, 500_000, 250_000, 125_000, 62_500, 31_250, 15_625, 7_812],
            last_seen_ms: &last_seen_ms,
        };
        prop_assert_eq!((found, settlement.remainder.units()), pay(&given, &frames));
    }

    #[test]
    fn order_and_repetition_of_frames_change_no_byte_of_the_published_tables(
        pool in pools(), frames in many(60), past in pasts(), turn in 0..60usize,
    ) {
        let once = settled(pool, &frames, &past);
        let mut turned = frames.clone();
        turned.rotate_left(turn % frames.len().max(1));
        turned.extend_from_slice(&frames[frames.len() / 2..]);
        let again = settled(pool, &turned, &past);
        prop_assert_eq!(encode(&again.statements).unwrap(), encode(&once.statements).unwrap());
        prop_assert_eq!(encode(&again.payouts).unwrap(), encode(&once.payouts).unwrap());
        prop_assert_eq!(again, once);
    }

    #[test]
    fn a_statement_explains_its_points(frames in many(40), past in pasts()) {
        let settlement = settled(10u128.pow(18), &frames, &past);
        for line in &settlement.statements {
            prop_assert_eq!(line.freshness_ppm.times(line.rank_ppm).times(line.quality_ppm), line.points_ppm);
            let frame = frames.iter().find(|frame| frame.frame_id == line.frame_id).unwrap();
            prop_assert_eq!((line.clip_id, &line.driver, &line.device_id), (frame.clip_id, &frame.driver, &frame.device_id));
            prop_assert_eq!((line.h3_cell, line.heading_octant), (frame.h3_cell, frame.heading_octant));
            prop_assert_eq!((line.captured_at_ms, line.quality_ppm), (frame.captured_at_ms, frame.quality_ppm));
        }
    }
}

#[test]
fn an_epoch_that_nobody_drove_in_leaves_the_pool_whole() {
    let settlement = settled(1000, &[], &Past::new());
    assert!(settlement.statements.is_empty() && settlement.payouts.is_empty());
    assert_eq!(settlement.remainder.units(), 1000);
}

#[test]
fn an_epoch_in_which_all_was_seen_just_before_pays_nobody() {
    let past = Past::from([(slot(0, 0), epoch().start())]);
    let settlement = settled(1000, &[frame(PLAIN)], &past);
    assert_eq!((settlement.payouts[0].amount, settlement.payouts[0].passes), (Amount::ZERO, 1));
    assert_eq!(settlement.remainder.units(), 1000);
}

#[test]
fn the_second_through_a_slot_gets_half_and_an_old_slot_what_it_is_stale() {
    let seeds = [PLAIN, Seed { clip: 2, second: 9, ..PLAIN }, Seed { clip: 2, index: 1, place: 1, ..PLAIN }];
    let past = Past::from([(slot(1, 0), epoch().start().plus_ms(-14 * 86_400_000))]);
    let settlement = settled(1000, &seeds.map(frame), &past);
    let paid: Vec<_> = settlement.payouts.iter().map(|row| (row.driver.as_str(), row.amount.units())).collect();
    assert_eq!(paid, [("ada", 500), ("bo", 500)]);
    assert_eq!(settlement.remainder.units(), 0);
}

#[test]
fn a_driver_without_an_address_stops_the_settlement_and_is_named() {
    let formula = FormulaSettings::default();
    let terms = Terms { epoch: epoch(), pool: Amount::MAX, formula: &formula };
    let mut known = addresses();
    known.remove(&"bo".parse::<DriverId>().unwrap());
    let frames = [frame(PLAIN), frame(Seed { clip: 2, quality_ppm: 0, ..PLAIN })];
    let error = settle(&terms, (&frames, &[]), &Past::new(), &known).unwrap_err();
    assert_eq!(error, UnknownDriver("bo".parse().unwrap()));
    assert!(error.to_string().contains("bo") && error.to_string().contains("--payout"), "{error}");
}
