//! Every way to be dishonest, and that it is labelled.

use waymark_datasets::Position;
use waymark_simulate::truth::{AttackRow, PoseRow};
use waymark_simulate::{Attack, DriveReport};

use crate::{Written, small, written};

fn attacked(attack: Attack, seconds: u32) -> Written {
    let written = written(&small(31, 4, seconds).with_attack(attack).unwrap());
    let labels: Vec<(String, Option<u32>)> =
        written.rows::<AttackRow>().into_iter().map(|row| (row.kind, row.source_drive)).collect();
    let source = |source| attack.needs_source().then_some(source);
    let honest = || ("honest".to_owned(), None);
    let cheat = |from| (attack.name().to_owned(), source(from));
    assert_eq!(labels, [honest(), honest(), cheat(1), cheat(2)], "{attack}");
    written
}

fn drive(written: &Written, number: u32) -> &DriveReport {
    written.report.drives.iter().find(|drive| drive.number == number).unwrap()
}

fn poses(written: &Written, number: u32) -> Vec<PoseRow> {
    written.rows::<PoseRow>().into_iter().filter(|pose| pose.drive == number).collect()
}

/// From the true place of the camera to what the track says, in metres, frame by frame.
fn errors_m(written: &Written, number: u32) -> Vec<f64> {
    let near = |(pose, reading): (&PoseRow, &Option<(f64, f64)>)| {
        let (latitude, longitude) = (*reading)?;
        let truth = Position { latitude: pose.latitude_deg, longitude: pose.longitude_deg };
        Some(Position::from_degrees(latitude, longitude).unwrap().distance_m(truth))
    };
    poses(written, number).iter().zip(&written.track(number)).filter_map(near).collect()
}

fn video(written: &Written, number: u32) -> Vec<u8> {
    written.bytes(&format!("drives/{number:03}/drive.mp4"))
}

#[test]
fn a_replay_is_the_same_footage_from_the_same_device_later() {
    let written = attacked(Attack::Replay, 1);
    assert!(video(&written, 3) == video(&written, 1));
    assert!(video(&written, 4) == video(&written, 2));
    assert_eq!(drive(&written, 3).device, drive(&written, 1).device);
    assert!(drive(&written, 3).start > drive(&written, 1).end);
    assert_eq!(written.track(3), written.track(1));
}

#[test]
fn a_copy_is_the_source_s_footage_encoded_again_by_another_device() {
    let written = attacked(Attack::Copy, 2);
    for (copy, source) in [(3, 1), (4, 2)] {
        assert!(video(&written, copy) != video(&written, source));
        assert_ne!(drive(&written, copy).device, drive(&written, source).device);
        let way = |number| {
            poses(&written, number).iter().map(|pose| (pose.latitude_deg, pose.longitude_deg)).collect::<Vec<_>>()
        };
        assert_eq!(way(copy), way(source));
        assert_ne!(written.track(copy), written.track(source), "its receiver has its own noise");
    }
}

#[test]
fn a_teleport_jumps_away_and_back() {
    let written = attacked(Attack::Teleport, 3);
    let errors_m = errors_m(&written, 3);
    assert!(errors_m.iter().filter(|&&error| error > 3_900.0).count() >= 5, "{errors_m:?}");
    assert!(errors_m[0] < 15.0 && errors_m[errors_m.len() - 1] < 15.0, "{errors_m:?}");
}

#[test]
fn a_drawn_track_is_not_where_the_camera_was() {
    let written = attacked(Attack::WalkTheMap, 3);
    assert!(errors_m(&written, 3).iter().all(|&error| error > 20.0));
    assert!(errors_m(&written, 1).iter().all(|&error| error < 15.0));
}

#[test]
fn a_parked_camera_and_a_photo_stand_while_the_track_moves() {
    for attack in [Attack::Parked, Attack::Photo] {
        let written = attacked(attack, 8);
        for number in [3, 4] {
            let poses = poses(&written, number);
            assert!(
                poses
                    .iter()
                    .all(|pose| (pose.latitude_deg, pose.longitude_deg)
                        == (poses[0].latitude_deg, poses[0].longitude_deg))
            );
            assert!(poses.iter().all(|pose| pose.speed_mps == 0.0));
            assert!(errors_m(&written, number).iter().any(|&error| error > 20.0), "{attack}: the track stands");
        }
    }
}

#[test]
fn a_night_is_claimed_to_be_day() {
    let written = attacked(Attack::NightAsDay, 1);
    for row in written.rows::<AttackRow>().iter().filter(|row| row.kind != "honest") {
        assert_eq!(row.claimed_start_ms, drive(&written, row.drive).start);
        let shift_h = row.claimed_start_ms.ms_since(row.filmed_start_ms).abs() as f64 / 3_600_000.0;
        assert!((4.0..=24.0).contains(&shift_h), "{row:?}");
    }
}

#[test]
fn one_device_is_in_two_places_at_once() {
    let written = attacked(Attack::TwoPlaces, 3);
    for (second, first) in [(3, 1), (4, 2)] {
        let (first, second) = (drive(&written, first), drive(&written, second));
        assert_eq!(first.device, second.device);
        assert!(second.start > first.start && second.start < first.end);
        let place = |drive: &DriveReport| {
            let (latitude, longitude) = written.track(drive.number)[0].unwrap();
            Position::from_degrees(latitude, longitude).unwrap()
        };
        assert!(place(first).distance_m(place(second)) > 100.0);
    }
}

#[test]
fn a_drifting_track_is_200_m_off() {
    let written = attacked(Attack::Drift, 2);
    assert!(errors_m(&written, 4).iter().all(|error| (185.0..215.0).contains(error)));
}

#[test]
fn a_drive_to_be_tampered_with_is_honest_until_then() {
    let written = attacked(Attack::Tamper, 1);
    assert!(errors_m(&written, 3).iter().all(|&error| error < 15.0));
    assert_eq!(drive(&written, 3).attack, Some(Attack::Tamper));
}
