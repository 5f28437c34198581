//! The one law of a track: strictly increasing time, at least one fix.

use proptest::prelude::*;
use waymark_datasets::{Fix, Position, Track, UtcMillis};

fn fix((at_ms, north): (u8, u8)) -> Fix {
    let position = Position::from_degrees(f64::from(north), 0.0).unwrap();
    let at = UtcMillis::try_from(i64::from(at_ms)).unwrap();
    Fix { at, position, altitude_m: None, accuracy_mm: None, heading: None }
}

proptest! {
    #[test]
    fn a_track_is_in_strictly_increasing_time_and_keeps_the_first_of_a_moment(
        seeds in prop::collection::vec((0..20u8, 0..90u8), 1..60),
    ) {
        let fixes: Vec<Fix> = seeds.into_iter().map(fix).collect();
        let track = Track::from_fixes(fixes.clone()).unwrap();
        prop_assert!(track.fixes().windows(2).all(|pair| pair[0].at < pair[1].at));
        for kept in track.fixes() {
            prop_assert_eq!(fixes.iter().find(|fix| fix.at == kept.at), Some(kept));
        }
        prop_assert!(fixes.iter().all(|fix| track.fixes().iter().any(|kept| kept.at == fix.at)));
        prop_assert_eq!((track.first(), track.last()), (&track.fixes()[0], track.fixes().last().unwrap()));
    }
}

#[test]
fn no_fixes_are_no_track() {
    assert!(Track::from_fixes(Vec::new()).is_err());
}
