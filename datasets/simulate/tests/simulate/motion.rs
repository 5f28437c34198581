//! What the motion sensor felt.

use std::ops::Range;

use waymark_simulate::truth::PoseRow;
use waymark_simulate::{Attack, Plan};

use crate::{TWO, Written, small, written};

const SAMPLES_PER_FRAME: usize = 5;
const HEADER: &str = "time_ms,accelerometer_x_mps2,accelerometer_y_mps2,accelerometer_z_mps2,\
                      gyroscope_x_radps,gyroscope_y_radps,gyroscope_z_radps";

fn with_imu(plan: Plan) -> Written {
    written(&plan.with_imu(true))
}

/// Time, then the six values of each sample.
fn samples(written: &Written, drive: u32) -> Vec<Vec<f64>> {
    let text = String::from_utf8(written.bytes(&format!("drives/{drive:03}/drive.imu.csv"))).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    assert_eq!(header, HEADER);
    rows.lines().map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect()).collect()
}

fn mean(samples: &[Vec<f64>], column: usize, range: Range<usize>) -> f64 {
    let count = range.len() as f64;
    samples[range].iter().map(|sample| sample[column]).sum::<f64>() / count
}

#[test]
fn the_sensor_feels_how_the_car_really_moves() {
    let written = with_imu(small(14, 3, 30));
    let (mut hardest_mps2, mut sharpest_radps) = (0.0_f64, 0.0_f64);
    for drive in 1..=3 {
        let poses: Vec<PoseRow> = written.rows::<PoseRow>().into_iter().filter(|pose| pose.drive == drive).collect();
        let samples = samples(&written, drive);
        assert_eq!(samples.len(), 30 * 50 + 1);
        assert!(samples.windows(2).all(|pair| pair[1][0] - pair[0][0] == 20.0), "50 in a second");
        assert_eq!(samples[0][0] as i64, poses[0].time_ms.millis());
        for (i, pair) in poses.windows(11).enumerate() {
            let second = i * SAMPLES_PER_FRAME..(i + 10) * SAMPLES_PER_FRAME;
            let faster_mps2 = pair[10].speed_mps - pair[0].speed_mps;
            let left_deg = f64::from(pair[0].heading_deg) - f64::from(pair[10].heading_deg);
            let left_radps = ((left_deg + 540.0).rem_euclid(360.0) - 180.0).to_radians();
            let felt = [1, 2, 3, 6].map(|column| mean(&samples, column, second.clone()));
            assert!((felt[0] - faster_mps2).abs() < 0.45, "{felt:?} while {faster_mps2} m/s² faster: {pair:?}");
            assert!((felt[2] - 9.81).abs() < 0.3, "{felt:?}");
            assert!((felt[3] - left_radps).abs() < 0.12, "{felt:?} while turning by {left_radps}: {pair:?}");
            hardest_mps2 = hardest_mps2.max(felt[0].abs());
            sharpest_radps = sharpest_radps.max(felt[3].abs());
            if felt[3].abs() > 0.3 {
                assert!(felt[1] * felt[3] > 0.0, "pushed out of the bend, not into it: {felt:?}");
            }
        }
    }
    assert!(hardest_mps2 > 1.0 && sharpest_radps > 0.3, "nobody braked or turned: {hardest_mps2}, {sharpest_radps}");
}

#[test]
fn the_sensor_is_not_fooled_by_what_the_track_claims() {
    let parked = samples(&with_imu(small(31, 2, 5).with_attack(Attack::Parked).unwrap()), 2);
    assert!(parked.iter().all(|sample| sample[1].hypot(sample[2]) < 0.6 && sample[6].abs() < 0.05), "it moved");
    let replay = with_imu(small(31, 2, 2).with_attack(Attack::Replay).unwrap());
    let (first, again) = (samples(&replay, 1), samples(&replay, 2));
    assert!(first.iter().zip(&again).all(|(first, again)| first[1..] == again[1..] && first[0] < again[0]));
}

#[test]
fn a_plan_leaves_nothing_of_an_earlier_one_beside_the_video() {
    let folder = tempfile::tempdir().unwrap();
    let names = |plan: Plan| {
        waymark_simulate::simulate(&plan, folder.path(), TWO, &mut |_| {}).unwrap();
        let entries = std::fs::read_dir(folder.path().join("drives/001")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let gpx = small(3, 1, 1).with_track(waymark_simulate::TrackFormat::Gpx);
    assert_eq!(names(gpx.with_imu(true)), ["drive.gpx", "drive.imu.csv", "drive.mp4"]);
    assert_eq!(names(small(3, 1, 1)), ["drive.mp4", "drive.nmea"]);
}
