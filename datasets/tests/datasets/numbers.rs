//! Words that hold a number: every boundary, and what lies just beyond it.

use std::fmt::Debug;

use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use waymark_datasets::{Amount, Heading, Invalid, Latitude, Longitude, Octant, Ppm};

const NOT_FINITE: [f64; 3] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];

fn holds_exactly<W>(valid: &[f64], invalid: &[f64])
where
    W: TryFrom<f64, Error = Invalid> + Into<f64> + Serialize + DeserializeOwned + Debug + Copy,
{
    for &number in valid {
        let word = W::try_from(number).unwrap();
        assert_eq!(word.into(), number);
        let json = serde_json::to_string(&word).unwrap();
        assert_eq!(serde_json::from_str::<W>(&json).unwrap().into(), number, "{json}");
    }
    for &number in invalid.iter().chain(&NOT_FINITE) {
        assert!(W::try_from(number).is_err(), "{number} was taken");
        // JSON has no word for what is not finite; what it writes instead is refused as well.
        let json = serde_json::to_string(&number).unwrap();
        assert!(serde_json::from_str::<W>(&json).is_err(), "{json} was read");
    }
}

#[test]
fn a_latitude_is_from_pole_to_pole() {
    let valid = [-90.0, -45.5, 0.0, 1e-300, 90.0f64.next_down(), 90.0];
    holds_exactly::<Latitude>(&valid, &[90.000_000_1, -90.000_000_1, 90.0f64.next_up(), 91.0, f64::MAX]);
}

#[test]
fn a_longitude_goes_half_round_each_way() {
    let valid = [-180.0, 0.0, 179.999_999_999, 180.0f64.next_down(), 180.0];
    holds_exactly::<Longitude>(&valid, &[180.000_000_1, -180.000_000_1, 180.0f64.next_up(), 360.0, -181.0]);
}

#[test]
fn a_heading_is_less_than_a_full_turn() {
    holds_exactly::<Heading>(&[0.0, 359.999_999_999_9, 360.0f64.next_down()], &[360.0, -1e-300, -0.1, 720.0]);
}

#[test]
fn minus_zero_is_written_as_zero() {
    let plain = [f64::from(Latitude::try_from(-0.0).unwrap()), Longitude::try_from(-0.0).unwrap().into()];
    let turned = [Heading::try_from(-0.0).unwrap(), Heading::wrapping(-0.0), Heading::wrapping(-360.0)];
    for number in plain.into_iter().chain(turned.map(f64::from)) {
        assert_eq!(number.to_bits(), 0.0f64.to_bits());
    }
}

#[test]
fn any_angle_wraps_to_a_heading() {
    let cases = [(0.0, 0.0), (360.0, 0.0), (-90.0, 270.0), (725.5, 5.5), (-1e-20, 0.0), (-720.0, 0.0)];
    for (given, expected) in cases {
        assert_eq!(Heading::wrapping(given).degrees(), expected, "{given}");
    }
    for given in NOT_FINITE {
        assert_eq!(Heading::wrapping(given).degrees(), 0.0, "{given}");
    }
}

#[test]
fn octants_meet_halfway_between_their_centres() {
    for sector in 0..Octant::COUNT {
        let octant = Octant::try_from(sector).unwrap();
        let centre = octant.centre().degrees();
        assert_eq!(centre, f64::from(sector) * 45.0);
        for turn in [-22.5, -22.499_999, 0.0, 22.499_999] {
            assert_eq!(Heading::wrapping(centre + turn).octant(), octant, "{centre} + {turn}");
        }
        let next = Octant::try_from((sector + 1) % Octant::COUNT).unwrap();
        assert_eq!(Heading::wrapping(centre + 22.5).octant(), next);
    }
    assert_eq!(u8::from(Heading::try_from(359.999_999_999_9).unwrap().octant()), 0);
    assert!(Octant::try_from(8).is_err() && serde_json::from_str::<Octant>("8").is_err());
    assert!(serde_json::from_str::<Octant>("256").is_err() && serde_json::from_str::<Octant>("-1").is_err());
}

#[test]
fn a_share_is_at_most_the_whole() {
    assert_eq!(Ppm::try_from(1_000_000), Ok(Ppm::ONE));
    assert!(Ppm::try_from(1_000_001).is_err() && serde_json::from_str::<Ppm>("1000001").is_err());
    assert!(serde_json::from_str::<Ppm>("-1").is_err() && serde_json::from_str::<Ppm>("0.5").is_err());
    let measured = [(f64::NAN, 0), (-1.0, 0), (0.0, 0), (0.5, 500_000), (1.0, 1_000_000), (f64::INFINITY, 1_000_000)];
    for (ratio, expected) in measured {
        assert_eq!(u32::from(Ppm::from_ratio(ratio)), expected, "{ratio}");
    }
    let parts = [(0, 0, 0), (1, 0, 0), (1, 3, 333_333), (2, 1, 1_000_000), (u64::MAX, u64::MAX, 1_000_000)];
    for (part, whole, expected) in parts {
        assert_eq!(u32::from(Ppm::of(part, whole)), expected, "{part} of {whole}");
    }
}

#[test]
fn an_amount_is_whole_units_up_to_ten_to_the_thirty() {
    let most = format!("1{}", "0".repeat(30));
    assert_eq!(most.parse::<Amount>(), Ok(Amount::MAX));
    assert_eq!(Amount::MAX.to_string(), most);
    assert!(Amount::try_from(Amount::MAX.units() + 1).is_err());
    let too_long = "9".repeat(60);
    for wrong in ["", "-1", "+1", "1.0", "1e3", " 1", "1 ", "0x1", "１", "1\0", "1_000", &too_long] {
        assert!(wrong.parse::<Amount>().is_err(), "{wrong:?}");
        assert!(serde_json::from_value::<Amount>(wrong.into()).is_err(), "{wrong:?}");
    }
    assert_eq!([Amount::MAX, Amount::MAX].into_iter().sum::<Amount>(), Amount::MAX, "a sum is an amount as well");
    assert_eq!(Amount::ZERO.minus(Amount::MAX), Amount::ZERO);
}

proptest! {
    #[test]
    fn an_amount_reads_as_it_was_written(units in 0..=Amount::MAX.units()) {
        let amount = Amount::try_from(units).unwrap();
        prop_assert_eq!(amount.to_string().parse(), Ok(amount));
        prop_assert_eq!(serde_json::from_str::<Amount>(&serde_json::to_string(&amount).unwrap()).unwrap(), amount);
    }

    #[test]
    fn any_angle_wraps_into_the_turn_and_has_an_octant(degrees in any::<f64>()) {
        let heading = Heading::wrapping(degrees);
        prop_assert!((0.0..360.0).contains(&heading.degrees()));
        prop_assert!(u8::from(heading.octant()) < Octant::COUNT);
        prop_assert_eq!(Heading::try_from(heading.degrees()), Ok(heading));
    }

    #[test]
    fn the_shorter_turn_leads_from_one_heading_to_the_other(from in 0.0..360.0f64, to in 0.0..360.0f64) {
        let (from, to) = (Heading::wrapping(from), Heading::wrapping(to));
        let turn_deg = from.turn_deg(to);
        prop_assert!((-180.0..180.0).contains(&turn_deg));
        prop_assert!(Heading::wrapping(from.degrees() + turn_deg).turn_deg(to).abs() < 1e-9);
    }

    #[test]
    fn a_product_of_shares_exceeds_neither(a in 0..=1_000_000u32, b in 0..=1_000_000u32) {
        let (a, b) = (Ppm::try_from(a).unwrap(), Ppm::try_from(b).unwrap());
        prop_assert!(a.times(b) <= a.min(b));
        prop_assert_eq!(a.times(b), b.times(a));
        prop_assert_eq!(a.times(Ppm::ONE), a);
        prop_assert_eq!(a.complement().complement(), a);
    }

    #[test]
    fn a_measured_ratio_is_a_share(ratio in any::<f64>()) {
        prop_assert!(Ppm::from_ratio(ratio) <= Ppm::ONE);
    }
}
