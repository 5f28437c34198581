//! The laws of the feed: applied to the old map it gives the new one, in whatever order, however often.

use std::collections::BTreeMap;

use proptest::prelude::*;
use waymark_datasets::rows::FeatureState;
use waymark_datasets::{Heading, Position, Ppm, UtcMillis};
use waymark_tiles::changes::{Change, ChangeKind, MOVED_MIN_M, MapFeature, apply, difference};

/// What a random thing is made of: its name, where it is, what became of it, and how well it is known.
type Seed = (u8, u8, u8, u8);

fn feature((name, metres, state, frames): Seed) -> MapFeature {
    let at = Position::from_degrees(48.0, 11.0).unwrap();
    let at = at.destination(Heading::wrapping(90.0), f64::from(metres) * 0.4);
    let time = |ms: i64| UtcMillis::try_from(1_765_000_000_000 + ms).unwrap();
    MapFeature {
        feature_id: format!("{name:032x}"),
        class: "stop-sign".parse().unwrap(),
        latitude_deg: at.latitude,
        longitude_deg: at.longitude,
        accuracy_mm: 900,
        azimuth_deg: None,
        confidence_ppm: Ppm::ONE,
        state: [FeatureState::Present, FeatureState::New, FeatureState::Gone][usize::from(state % 3)],
        first_seen_ms: time(0),
        last_seen_ms: time(i64::from(frames)),
        frames: frames.into(),
        passes: 1,
    }
}

/// Things of some names, each at most once.
fn state() -> impl Strategy<Value = Vec<MapFeature>> {
    let things = prop::collection::btree_map(0..12_u8, (0..6_u8, 0..3_u8, 0..3_u8), 0..12);
    things.prop_map(|things| things.into_iter().map(|(name, (at, state, n))| feature((name, at, state, n))).collect())
}

fn map(state: &[MapFeature]) -> BTreeMap<String, MapFeature> {
    state.iter().map(|feature| (feature.feature_id.clone(), feature.clone())).collect()
}

proptest! {
    #[test]
    fn the_feed_applied_to_the_old_map_gives_the_new_one(old in state(), new in state()) {
        let mut followed = map(&old);
        apply(&mut followed, difference(old, new.clone()));
        prop_assert_eq!(followed, map(&new));
    }

    #[test]
    fn neither_order_nor_repetition_of_changes_or_rows_matters(old in state(), new in state(), turn in 0..12_usize) {
        let once = difference(old.clone(), new.clone());
        let turned = |mut rows: Vec<MapFeature>| { let by = turn % rows.len().max(1); rows.rotate_left(by); rows.reverse(); rows };
        prop_assert_eq!(&difference(turned(old.clone()), turned(new.clone())), &once);
        let mut changes: Vec<Change> = once.clone();
        changes.rotate_left(turn % once.len().max(1));
        changes.reverse();
        changes.extend(once);
        let mut followed = map(&old);
        apply(&mut followed, changes);
        prop_assert_eq!(followed, map(&new));
    }

    #[test]
    fn a_map_does_not_differ_from_itself_and_steps_add_up(one in state(), two in state(), three in state()) {
        prop_assert!(difference(one.clone(), one.clone()).is_empty());
        let mut followed = map(&one);
        apply(&mut followed, difference(one, two.clone()));
        apply(&mut followed, difference(two, three.clone()));
        prop_assert_eq!(followed, map(&three));
    }

    #[test]
    fn the_word_for_a_change_is_the_one_that_fits(old in state(), new in state()) {
        let (before, now) = (map(&old), map(&new));
        let is_gone = |feature: &MapFeature| feature.state == FeatureState::Gone;
        for change in difference(old, new) {
            let (was, is) = (before.get(&change.feature_id), now.get(&change.feature_id));
            prop_assert_eq!(change.feature.as_ref(), is);
            let fits = match (change.kind, was, is) {
                (ChangeKind::New, None, Some(_)) | (ChangeKind::Withdrawn, Some(_), None) => true,
                (ChangeKind::Gone, Some(was), Some(is)) => !is_gone(was) && is_gone(is),
                (ChangeKind::Returned, Some(was), Some(is)) => is_gone(was) && !is_gone(is),
                (ChangeKind::Moved, Some(was), Some(is)) => was.position().distance_m(is.position()) >= MOVED_MIN_M,
                (ChangeKind::Updated, Some(was), Some(is)) => {
                    was != is && was.position().distance_m(is.position()) < MOVED_MIN_M
                }
                _ => false,
            };
            prop_assert!(fits, "{:?}", change);
        }
    }
}
