//! Which motion is believed: honest tracks with all that receivers do, and tracks that are not.

use proptest::prelude::*;
use waymark_datasets::{Fix, Heading, Position, Reason};
use waymark_ingest::{SignError, sign_clip};

use crate::footage::{START_MS, csv, film, probe};
use crate::world::World;

/// Whether a video with this track is believed; a driver's side asks as the server does.
fn is_believed(fixes: &[Fix]) -> bool {
    let world = World::unenrolled();
    let video = world.write("film.mp4", &film(10_000, None));
    world.write("film.csv", &csv(fixes));
    match sign_clip(&world.request(&[&video], "bundle"), &probe) {
        Ok(_) => true,
        Err(SignError::Refused(rejection)) if rejection.reason == Reason::SpeedImplausible => false,
        Err(other) => panic!("{other}"),
    }
}

/// One second of a drive: how far, which way, how wrong the receiver is and which way.
type Second = (f64, f64, f64, f64);

fn second() -> impl Strategy<Value = Second> {
    (0.0..45.0_f64, -10.0..10.0_f64, 0.0..30.0_f64, 0.0..360.0_f64)
}

/// A drive at up to 160 km/h with noise of 30 m.
fn drive(seconds: &[Second], noise: f64) -> Vec<Fix> {
    let mut place = Position::from_degrees(45.8, 15.97).unwrap();
    let mut course_deg = 0.0;
    let mut fixes = Vec::new();
    for (&(distance_m, turn_deg, wrong_m, wrong_deg), i) in seconds.iter().zip(0..) {
        course_deg += turn_deg;
        place = place.destination(Heading::wrapping(course_deg), distance_m);
        let position = place.destination(Heading::wrapping(wrong_deg), wrong_m * noise);
        let at = (START_MS + 1_000 * i).try_into().unwrap();
        fixes.push(Fix { at, position, altitude_m: None, accuracy_mm: None, heading: None });
    }
    fixes
}

proptest! {
    #[test]
    fn an_honest_drive_is_believed_through_noise_and_tunnels(
        seconds in prop::collection::vec(second(), 12..300),
        tunnel in (0.0..1.0_f64, 0..120_usize),
    ) {
        let mut fixes = drive(&seconds, 1.0);
        let from = 1 + (tunnel.0 * (fixes.len() - 2) as f64) as usize;
        fixes.drain(from..(from + tunnel.1).min(fixes.len() - 1));
        prop_assert!(is_believed(&fixes));
    }

    #[test]
    fn single_glitches_of_any_size_refuse_nothing(
        seconds in prop::collection::vec(second(), 40..200),
        glitches in prop::collection::btree_set(0..10_usize, 1..3),
        far_m in 1_000.0..1_000_000.0_f64,
    ) {
        let mut fixes = drive(&seconds, 0.2);
        for glitch in glitches {
            let fix = &mut fixes[glitch * 4];
            fix.position = fix.position.destination(Heading::wrapping(90.0), far_m);
        }
        prop_assert!(is_believed(&fixes));
    }

    #[test]
    fn a_track_that_goes_on_elsewhere_is_not_believed(
        seconds in prop::collection::vec(second(), 40..200),
        at in 0.3..0.7_f64,
        far_m in 2_000.0..1_000_000.0_f64,
        way_deg in 0.0..360.0_f64,
    ) {
        let mut fixes = drive(&seconds, 1.0);
        let from = (at * fixes.len() as f64) as usize;
        for fix in &mut fixes[from..] {
            fix.position = fix.position.destination(Heading::wrapping(way_deg), far_m);
        }
        prop_assert!(!is_believed(&fixes));
    }
}
