//! Laws of sampling by distance, on made-up tracks and the real Bee sequence.

use std::collections::BTreeSet;

use proptest::prelude::*;
use waymark_datasets::{Fix, Heading, Position, Reason, Track, UtcMillis};
use waymark_vision::{FrameTime, SampleSettings, Sampled, sample};

use crate::chain::bee;

const START_MS: i64 = 1_765_835_621_000;

fn at(ms: i64) -> UtcMillis {
    UtcMillis::try_from(START_MS + ms).unwrap()
}

fn fix(ms: i64, east_m: f64) -> Fix {
    let origin = Position::from_degrees(48.0, 11.0).unwrap();
    let position = origin.destination(Heading::wrapping(90.0), east_m);
    Fix { at: at(ms), position, altitude_m: None, accuracy_mm: Some(3_000), heading: None }
}

/// Drives east: for each step of a second, its metres.
fn drive(steps_m: &[f64]) -> Track {
    let mut east_m = 0.0;
    let mut fixes = vec![fix(0, 0.0)];
    for (second, step_m) in (1..).zip(steps_m) {
        east_m += step_m;
        fixes.push(fix(second * 1_000, east_m));
    }
    Track::from_fixes(fixes).unwrap()
}

/// Frames at 10 per second, every 30th a keyframe.
fn film(seconds: usize) -> Vec<FrameTime> {
    (0..seconds as u32 * 10).map(|i| FrameTime { index: i, at: at(i64::from(i) * 100), key: i % 30 == 0 }).collect()
}

fn indices(sampled: &Sampled) -> Vec<u32> {
    sampled.chosen.iter().map(|choice| choice.index).collect()
}

#[test]
fn a_steady_drive_gives_a_frame_every_eight_metres() {
    let track = drive(&[10.0; 60]);
    let sampled = sample(&track, &film(60), &SampleSettings::default());
    // 600 m hold 76 marks; the last one has no frame of its own side.
    assert!((70..=76).contains(&sampled.chosen.len()), "{}", sampled.chosen.len());
    for choice in &sampled.chosen {
        let pose = choice.pose.as_ref().unwrap();
        assert!((pose.heading.degrees() - 90.0).abs() < 0.1 && (pose.speed_mps - 10.0).abs() < 0.1);
        assert_eq!(pose.accuracy_mm, 3_000);
    }
}

#[test]
fn above_the_fast_speed_frames_are_twelve_metres_apart() {
    let sampled = sample(&drive(&[30.0; 40]), &film(40), &SampleSettings::default());
    assert!((96..=101).contains(&sampled.chosen.len()), "{}", sampled.chosen.len());
}

#[test]
fn a_parked_car_gives_no_frame_however_its_position_trembles() {
    let trembling: Vec<f64> = (0..600).map(|i| if i % 2 == 0 { 0.5 } else { -0.5 }).collect();
    let sampled = sample(&drive(&trembling), &film(600), &SampleSettings::default());
    assert!(sampled.chosen.is_empty());
    assert_eq!(sampled.standing, 6_000);
}

#[test]
fn a_receiver_that_errs_ten_times_a_second_neither_drives_a_parked_car_nor_lengthens_its_way() {
    // A fix is off by up to 0.35 m along and across, each by another error.
    let error_m = |i: i64| f64::from(((i * 7_919 % 1_009) as i32 - 504) as f32) / 504.0 * 0.35;
    let fixes = (0..1_600).map(|i| {
        // For 100 s at 5 m/s; then it stands.
        let placed = fix(i * 100, (0.5 * i as f64).min(500.0) + error_m(i));
        Fix { position: placed.position.destination(Heading::wrapping(0.0), error_m(i * 3 + 1)), ..placed }
    });
    let sampled = sample(&Track::from_fixes(fixes.collect()).unwrap(), &film(159), &SampleSettings::default());
    assert!((61..=66).contains(&sampled.chosen.len()), "{}", sampled.chosen.len());
    assert!(indices(&sampled).iter().all(|&i| i <= 1_012), "{:?}", indices(&sampled));
    for choice in &sampled.chosen {
        let heading = choice.pose.as_ref().unwrap().heading.degrees();
        assert!((heading - 90.0).abs() < 12.0, "{heading}");
    }
}

#[test]
fn a_stop_is_not_sampled_and_distance_goes_on_after_it() {
    let steps: Vec<f64> = [vec![10.0; 10], vec![0.0; 100], vec![10.0; 10]].concat();
    let sampled = sample(&drive(&steps), &film(120), &SampleSettings::default());
    assert!(indices(&sampled).iter().all(|&i| i <= 100 || i >= 1_100), "{:?}", indices(&sampled));
    assert!((20..=26).contains(&sampled.chosen.len()));
}

#[test]
fn a_jump_and_a_gap_cut_the_track_and_nothing_is_interpolated_across() {
    let fixes =
        [(0, 0.0), (1_000, 10.0), (2_000, 20.0), (3_000, 900.0), (4_000, 910.0), (30_000, 1_100.0), (31_000, 1_110.0)];
    let track = Track::from_fixes(fixes.map(|(ms, m)| fix(ms, m)).to_vec()).unwrap();
    let sampled = sample(&track, &film(31), &SampleSettings::default());
    let cut = |i: u32| (21..30).contains(&i) || (41..300).contains(&i);
    assert!(indices(&sampled).iter().all(|&i| !cut(i)), "{:?}", indices(&sampled));
    assert!(sampled.outside.iter().all(|&i| cut(i)));
    // Each stretch begins with a mark of its own.
    assert!([0, 30, 300].iter().all(|i| indices(&sampled).contains(i)), "{:?}", indices(&sampled));
}

#[test]
fn a_single_fix_has_no_heading_unless_it_states_one() {
    let lone = |heading| Track::from_fixes(vec![Fix { heading, ..fix(0, 0.0) }]).unwrap();
    let frame = [FrameTime { index: 0, at: at(0), key: true }];
    let blind = sample(&lone(None), &frame, &SampleSettings::default());
    assert_eq!(blind.chosen[0].pose.as_ref().unwrap_err().reason, Reason::HeadingUnknown);
    let stated = sample(&lone(Some(Heading::wrapping(40.0))), &frame, &SampleSettings::default());
    assert!((stated.chosen[0].pose.as_ref().unwrap().heading.degrees() - 40.0).abs() < 1e-9);
}

#[test]
fn stated_headings_turn_the_short_way() {
    let turning = [(0, 350.0), (1_000, 10.0)];
    let fixes = turning.map(|(ms, deg)| Fix { heading: Some(Heading::wrapping(deg)), ..fix(ms, ms as f64 / 100.0) });
    let frames = [FrameTime { index: 0, at: at(500), key: true }];
    let settings = SampleSettings { spacing_m: 20.0, ..SampleSettings::default() };
    let sampled = sample(&Track::from_fixes(fixes.to_vec()).unwrap(), &frames, &settings);
    let heading = sampled.chosen[0].pose.as_ref().unwrap().heading.degrees();
    assert!(heading.min(360.0 - heading) < 1e-6, "{heading}");
}

#[test]
fn the_bee_sequence_is_sampled_nearly_whole_and_its_stop_is_not_bridged() {
    let Some((stills, track)) = bee() else { return };
    let frames: Vec<_> = (0..).zip(&stills).map(|(index, s)| FrameTime { index, at: s.at, key: true }).collect();
    let sampled = sample(&track, &frames, &SampleSettings::default());
    println!("bee: {} of {} sampled, {} not needed", sampled.chosen.len(), frames.len(), sampled.not_needed);
    assert!(sampled.chosen.len() >= 60 && sampled.outside.is_empty());
    assert!(sampled.chosen.iter().all(|choice| choice.pose.is_ok()));
    // The car drives north-west along the Embarcadero, then turns into a street to the west.
    let headings: Vec<_> = sampled.chosen.iter().map(|c| c.pose.as_ref().unwrap().heading.degrees()).collect();
    assert!(headings[..37].iter().all(|h| (315.0..328.0).contains(h)), "{headings:?}");
    assert!(headings[50..].iter().all(|h| (255.0..265.0).contains(h)), "{headings:?}");
}

proptest! {
    #[test]
    fn every_frame_is_in_exactly_one_place(
        steps in prop::collection::vec(0.0..90.0_f64, 1..60),
        times in prop::collection::vec(-5_000..70_000_i64, 1..200),
    ) {
        let frames: Vec<_> = (0..).zip(&times).map(|(index, &ms)| FrameTime { index, at: at(ms), key: index % 7 == 0 }).collect();
        let sampled = sample(&drive(&steps), &frames, &SampleSettings::default());
        let taken: BTreeSet<_> = indices(&sampled).into_iter().collect();
        prop_assert_eq!(taken.len(), sampled.chosen.len());
        let counted = sampled.chosen.len() as u64 + sampled.outside.len() as u64 + sampled.standing + sampled.not_needed;
        prop_assert_eq!(counted, frames.len() as u64);
        prop_assert!(sampled.outside.iter().all(|index| !taken.contains(index)));
    }

    #[test]
    fn the_order_of_frames_does_not_matter(
        steps in prop::collection::vec(0.0..40.0_f64, 1..40),
        seed in any::<u64>(),
    ) {
        let frames = film(steps.len());
        let mut shuffled = frames.clone();
        shuffled.sort_by_key(|frame| (u64::from(frame.index) ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let settings = SampleSettings::default();
        prop_assert_eq!(sample(&drive(&steps), &frames, &settings), sample(&drive(&steps), &shuffled, &settings));
    }

    #[test]
    fn no_more_frames_than_marks(steps in prop::collection::vec(0.0..60.0_f64, 1..60), spacing_m in 1.0..50.0_f64) {
        let settings = SampleSettings { spacing_m, fast_spacing_m: spacing_m, ..SampleSettings::default() };
        let sampled = sample(&drive(&steps), &film(steps.len()), &settings);
        let length_m: f64 = steps.iter().sum();
        // Great-circle distances of the made-up track are off by less than a thousandth.
        prop_assert!(sampled.chosen.len() as f64 <= (length_m * 1.001 / spacing_m).floor() + 1.0);
    }
}
