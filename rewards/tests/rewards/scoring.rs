//! What a pass is worth: freshness from nothing to the whole, rank, quality.

use proptest::prelude::*;
use waymark_datasets::{Ppm, UtcMillis};
use waymark_rewards::{FormulaSettings, Pass, passes, points};

use crate::frames::{PLAIN, Seed, epoch, frame};

const WEEK_MS: i64 = 7 * 24 * 3_600_000;

fn pass(rank: u32, quality_ppm: u32) -> Pass {
    Pass { rank, ..passes(&[frame(Seed { quality_ppm, ..PLAIN })], &[]).remove(0) }
}

fn freshness(settings: &FormulaSettings, last_seen: Option<UtcMillis>) -> u32 {
    points(settings, epoch(), &pass(1, 1_000_000), last_seen).freshness.into()
}

fn before_start(ms: i64) -> Option<UtcMillis> {
    Some(epoch().start().plus_ms(-ms))
}

#[test]
fn a_slot_is_fresh_by_how_long_nobody_saw_it() {
    let settings = FormulaSettings::default();
    let cases = [
        (None, 1_000_000),
        (before_start(0), 0),
        (before_start(1), 0),
        (before_start(4 * WEEK_MS / 1_000_000 + 1), 1),
        (before_start(WEEK_MS), 250_000),
        (before_start(2 * WEEK_MS), 500_000),
        (before_start(4 * WEEK_MS - 1), 999_999),
        (before_start(4 * WEEK_MS), 1_000_000),
        (before_start(4 * WEEK_MS + 1), 1_000_000),
        (Some(UtcMillis::MIN), 1_000_000),
    ];
    for (last_seen, expected) in cases {
        assert_eq!(freshness(&settings, last_seen), expected, "{last_seen:?}");
    }
}

#[test]
fn what_was_seen_after_the_epoch_began_is_not_fresh_and_is_no_overflow() {
    for last_seen in [epoch().start().plus_ms(1), epoch().end(), UtcMillis::MAX] {
        assert_eq!(freshness(&FormulaSettings::default(), Some(last_seen)), 0);
    }
}

#[test]
fn settings_at_their_ends_are_safe() {
    let never = FormulaSettings { freshness_weeks: 0, rank_ppm: Vec::new() };
    assert_eq!(freshness(&never, before_start(0)), 1_000_000, "no weeks: always fresh");
    assert_eq!(points(&never, epoch(), &pass(1, 1_000_000), None).points, Ppm::ZERO, "no rank is worth anything");
    let longest = FormulaSettings { freshness_weeks: u32::MAX, ..FormulaSettings::default() };
    assert_eq!(freshness(&longest, Some(UtcMillis::MIN)), 0);
}

#[test]
fn each_rank_is_worth_half_of_the_one_before_and_the_ninth_nothing() {
    let settings = FormulaSettings::default();
    let worth = |rank: u32| u32::from(points(&settings, epoch(), &pass(rank, 1_000_000), None).points);
    let expected = [1_000_000, 500_000, 250_000, 125_000, 62_500, 31_250, 15_625, 7_812, 0, 0];
    assert_eq!((1..=10).map(worth).collect::<Vec<_>>(), expected);
    assert_eq!(worth(u32::MAX), 0);
}

#[test]
fn settings_are_read_strictly() {
    let read = |text: &str| serde_json::from_str::<FormulaSettings>(text);
    assert!(read(r#"{"freshness_weeks":4,"rank_ppm":[1000000]}"#).is_ok());
    assert!(read(r#"{"freshness_weeks":4,"rank_ppm":[1000001]}"#).is_err());
    assert!(read(r#"{"freshness_weeks":4,"rank_ppm":[],"bonus":1}"#).is_err());
    assert!(read(r#"{"freshness_weeks":-1,"rank_ppm":[]}"#).is_err() && read("{}").is_err());
}

proptest! {
    #[test]
    fn points_are_the_product_rounded_down_after_each_factor(
        quality_ppm in 0..=1_000_000u32, rank in 1..12u32, weeks in 0..9u32, age_ms in 0..10 * WEEK_MS,
    ) {
        let settings = FormulaSettings { freshness_weeks: weeks, ..FormulaSettings::default() };
        let worth = points(&settings, epoch(), &pass(rank, quality_ppm), before_start(age_ms));
        let fresh = if weeks == 0 { 1_000_000 } else { (age_ms * 1_000_000 / (i64::from(weeks) * WEEK_MS)).min(1_000_000) };
        prop_assert_eq!(i64::from(u32::from(worth.freshness)), fresh);
        prop_assert_eq!(u32::from(worth.quality), quality_ppm);
        let product = fresh * i64::from(u32::from(worth.rank)) / 1_000_000 * i64::from(quality_ppm) / 1_000_000;
        prop_assert_eq!(i64::from(u32::from(worth.points)), product);
    }

    #[test]
    fn waiting_longer_is_never_worth_less(a in 0..10 * WEEK_MS, b in 0..10 * WEEK_MS) {
        let settings = FormulaSettings::default();
        let (shorter, longer) = (a.min(b), a.max(b));
        prop_assert!(freshness(&settings, before_start(shorter)) <= freshness(&settings, before_start(longer)));
    }
}
