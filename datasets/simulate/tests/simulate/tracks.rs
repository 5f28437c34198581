//! The track is readable, and errs as a receiver does.

use waymark_datasets::Position;
use waymark_simulate::truth::PoseRow;
use waymark_simulate::{FIXES_PER_SECOND, FRAMES_PER_SECOND};

use crate::{small, written};

#[test]
fn every_sentence_parses_and_lies_near_the_truth() {
    assert_eq!(FIXES_PER_SECOND, FRAMES_PER_SECOND, "reading n is of the moment of frame n");
    let written = written(&small(11, 2, 12));
    let poses = written.rows::<PoseRow>();
    let mut errors_m = Vec::new();
    for drive in 1..=2 {
        let track = written.track(drive);
        assert_eq!(track.len(), 121, "ten in a second, and the last moment");
        assert!(track[0].is_some(), "the first reading is there");
        for (pose, reading) in poses.iter().filter(|pose| pose.drive == drive).zip(&track) {
            let Some((latitude, longitude)) = *reading else { continue };
            let told = Position::from_degrees(latitude, longitude).unwrap();
            let truth = Position { latitude: pose.latitude_deg, longitude: pose.longitude_deg };
            errors_m.push(told.distance_m(truth));
        }
    }
    let mean_m = errors_m.iter().sum::<f64>() / errors_m.len() as f64;
    let most_m = errors_m.iter().copied().fold(0.0, f64::max);
    assert!((0.2..5.0).contains(&mean_m), "mean error {mean_m} m");
    assert!(most_m < 15.0, "largest error {most_m} m");
}

#[test]
fn cars_drive_as_cars_do() {
    let written = written(&small(12, 2, 30));
    for pair in written.rows::<PoseRow>().windows(2).filter(|pair| pair[0].drive == pair[1].drive) {
        let at = |pose: &PoseRow| Position { latitude: pose.latitude_deg, longitude: pose.longitude_deg };
        let moved_m = at(&pair[0]).distance_m(at(&pair[1]));
        let mean_mps = f64::midpoint(pair[0].speed_mps, pair[1].speed_mps);
        assert!((moved_m * 10.0 - mean_mps).abs() < 0.8, "{pair:?} moved {moved_m} m");
        assert!(mean_mps < 60.0 / 3.6 * 1.03, "{pair:?}");
        assert!((pair[1].speed_mps - pair[0].speed_mps).abs() < 0.35, "brakes or pulls away too hard: {pair:?}");
    }
}
