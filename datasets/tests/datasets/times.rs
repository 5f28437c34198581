//! Moments and epochs, against `chrono` and the calendar.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{Datelike, NaiveDate, Weekday};
use proptest::prelude::*;
use waymark_datasets::{Epoch, UtcMillis};

const DAY_MS: i64 = 24 * 3_600_000;

fn at(ms: i64) -> UtcMillis {
    UtcMillis::try_from(ms).unwrap()
}

#[test]
fn time_is_from_1970_to_the_end_of_2199() {
    assert_eq!((UtcMillis::MIN.to_string(), at(0)), ("1970-01-01T00:00:00.000Z".into(), UtcMillis::MIN));
    assert_eq!(UtcMillis::MAX.to_string(), "2199-12-31T23:59:59.999Z");
    for wrong in [-1, UtcMillis::MAX.millis() + 1, i64::MIN, i64::MAX] {
        assert!(UtcMillis::try_from(wrong).is_err(), "{wrong}");
        assert!(serde_json::from_str::<UtcMillis>(&wrong.to_string()).is_err(), "{wrong}");
    }
    for wrong in ["1969-12-31T23:59:59.999Z", "2200-01-01T00:00:00Z", "1970-01-01T00:00:00+00:01"] {
        assert!(wrong.parse::<UtcMillis>().is_err(), "{wrong}");
    }
    for wrong in
        ["", "2026", "2026-02-30T00:00:00Z", "2026-11-20", "2026-11-20T00:00:00", "now", "2026-11-20T00:00:00Z\0"]
    {
        assert!(wrong.parse::<UtcMillis>().is_err(), "{wrong:?}");
    }
}

#[test]
fn moving_a_moment_stays_within_time() {
    assert_eq!(UtcMillis::MIN.plus_ms(i64::MIN), UtcMillis::MIN);
    assert_eq!(UtcMillis::MAX.plus_ms(i64::MAX), UtcMillis::MAX);
    assert_eq!(UtcMillis::MIN.plus_ms(i64::MAX), UtcMillis::MAX);
    assert_eq!(at(1000).ms_since(at(3500)), -2500);
}

#[test]
fn a_moment_reads_from_rfc_3339_of_any_offset() {
    let cases = [
        ("2025-12-15T21:53:41.771Z", 1_765_835_621_771),
        ("2025-12-15T22:53:41.771+01:00", 1_765_835_621_771),
        ("1970-01-01T00:00:00.0009Z", 0),
        ("2038-01-19T03:14:08Z", 2_147_483_648_000),
    ];
    for (text, ms) in cases {
        assert_eq!(text.parse(), Ok(at(ms)), "{text}");
    }
}

#[test]
fn the_clock_of_the_system_is_read_or_refused() {
    assert_eq!(UtcMillis::try_from(UNIX_EPOCH + Duration::from_millis(1234)), Ok(at(1234)));
    for wrong in [UNIX_EPOCH - Duration::from_nanos(1), UNIX_EPOCH + Duration::from_secs(1 << 40)] {
        assert!(UtcMillis::try_from(wrong as SystemTime).is_err(), "{wrong:?}");
    }
}

#[test]
fn every_day_of_our_time_falls_in_the_week_that_chrono_says_and_that_week_reads_back() {
    for day in 0..=UtcMillis::MAX.millis() / DAY_MS {
        let (first, last) = (at(day * DAY_MS), at(day * DAY_MS + DAY_MS - 1));
        let epoch = Epoch::of(first);
        assert_eq!(epoch.to_string(), first.to_chrono().format("%G-W%V").to_string());
        assert_eq!(Epoch::of(last), epoch, "a day is in one week");
        assert_eq!(epoch.to_string().parse(), Ok(epoch), "{first}");
    }
}

#[test]
fn known_days_fall_in_known_weeks() {
    let days = [
        ("1970-01-01", "1970-W01"),
        ("1970-01-04", "1970-W01"),
        ("1970-01-05", "1970-W02"),
        ("1971-01-03", "1970-W53"),
        ("2004-12-31", "2004-W53"),
        ("2005-01-01", "2004-W53"),
        ("2008-12-29", "2009-W01"),
        ("2010-01-03", "2009-W53"),
        ("2018-12-31", "2019-W01"),
        ("2021-01-03", "2020-W53"),
        ("2026-11-16", "2026-W47"),
        ("2199-12-31", "2200-W01"),
    ];
    for (day, week) in days {
        let time: UtcMillis = format!("{day}T12:00:00Z").parse().unwrap();
        assert_eq!(Epoch::of(time).to_string(), week, "{day}");
    }
}

#[test]
fn epochs_tile_time_without_gap() {
    let mut epoch = Epoch::of(UtcMillis::MIN);
    assert_eq!(epoch.start(), UtcMillis::MIN);
    let mut count = 1;
    while epoch.end() < UtcMillis::MAX {
        let next = Epoch::of(epoch.end());
        assert!(next > epoch);
        assert_eq!((next.start(), Epoch::of(epoch.end().plus_ms(-1))), (epoch.end(), epoch));
        assert_eq!(next.start().to_chrono().weekday(), Weekday::Mon);
        assert_eq!(next.before(1).collect::<Vec<_>>(), [epoch]);
        (epoch, count) = (next, count + 1);
    }
    assert_eq!((epoch.to_string(), count), ("2200-W01".into(), 12_002));
    assert_eq!(epoch.before(usize::MAX).count(), count - 1);
    assert_eq!(Epoch::of(UtcMillis::MIN).before(4).count(), 0);
}

#[test]
fn only_the_text_of_a_week_of_our_time_is_an_epoch() {
    let wrong = [
        "",
        "2026",
        "2026-47",
        "2026-W",
        "2026-W00",
        "2026-W54",
        "2025-W53",
        "2026-W7",
        "2026-w47",
        "26-W47",
        "2026-W047",
        "+2026-W47",
        " 2026-W47",
        "2026-W47 ",
        "2026-W+7",
        "1969-W52",
        "2200-W02",
        "9999-W01",
        "-2026-W47",
        "2026-W47/..",
        "2026-W47\0",
        "99999999999-W01",
        "2147483647-W01",
        "-2147483648-W01",
        "2026-W4294967295",
        "２０２６-W47",
        "2026‐W47",
    ];
    for text in wrong {
        assert!(text.parse::<Epoch>().is_err(), "{text:?}");
        assert!(serde_json::from_value::<Epoch>(text.into()).is_err(), "{text:?}");
    }
    assert!("2020-W53".parse::<Epoch>().is_ok() && "1970-W01".parse::<Epoch>().is_ok());
}

proptest! {
    #[test]
    fn a_moment_lies_in_its_epoch(ms in 0..=UtcMillis::MAX.millis()) {
        let epoch = Epoch::of(at(ms));
        prop_assert!(epoch.start() <= at(ms) && at(ms) <= epoch.end());
        prop_assert_eq!(Epoch::of(epoch.start()), epoch);
        prop_assert_eq!(at(ms).to_string().parse(), Ok(at(ms)));
        prop_assert_eq!(serde_json::from_str::<UtcMillis>(&ms.to_string()).unwrap(), at(ms));
    }

    #[test]
    fn epochs_sort_as_their_texts_do(a in 0..=UtcMillis::MAX.millis(), b in 0..=UtcMillis::MAX.millis()) {
        let (a, b) = (Epoch::of(at(a)), Epoch::of(at(b)));
        prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        prop_assert_eq!(a.cmp(&b), a.start().cmp(&b.start()));
    }

    #[test]
    fn a_week_is_an_epoch_exactly_if_the_calendar_has_it(year in 1960..2210i32, week in 0..56u32) {
        let monday = NaiveDate::from_isoywd_opt(year, week, Weekday::Mon);
        let known = monday.is_some_and(|monday| monday.iso_week().year() >= 1970 && monday.year() < 2200);
        prop_assert_eq!(format!("{year:04}-W{week:02}").parse::<Epoch>().is_ok(), known);
    }
}
