//! What the truth says of a frame.

use std::collections::BTreeMap;

use proptest::prelude::*;
use waymark_datasets::Position;
use waymark_simulate::truth::{BoxRow, ObjectRow, PoseRow};
use waymark_simulate::{Camera, FrameSize};

use crate::{small, written};

/// Where a point at a height is drawn, from the truth alone: a pinhole at the pose, tilted by the pitch.
fn projected(camera: Camera, size: FrameSize, pose: &PoseRow, object: &ObjectRow) -> (f64, f64) {
    let eye = Position { latitude: pose.latitude_deg, longitude: pose.longitude_deg };
    let at = Position { latitude: object.latitude_deg, longitude: object.longitude_deg };
    let turn = (eye.bearing_to(at).degrees() - f64::from(pose.heading_deg)).to_radians();
    let distance_m = eye.distance_m(at);
    let (right, ahead, up) = (distance_m * turn.sin(), distance_m * turn.cos(), object.height_m - camera.height_m());
    let pitch = camera.pitch_deg().to_radians();
    let (depth, above) = (ahead * pitch.cos() + up * pitch.sin(), up * pitch.cos() - ahead * pitch.sin());
    let (width, height) = (f64::from(size.width_px()), f64::from(size.height_px()));
    let focal = width / 2.0 / (camera.horizontal_fov_deg() / 2.0).to_radians().tan();
    (width / 2.0 + focal * right / depth, height / 2.0 - focal * above / depth)
}

#[test]
fn an_object_is_drawn_where_the_truth_says_that_it_stands() {
    let plan = small(21, 3, 10).with_size(FrameSize::new(640, 360).unwrap());
    let written = written(&plan);
    let objects: BTreeMap<u32, ObjectRow> =
        written.rows::<ObjectRow>().into_iter().map(|row| (row.object_id, row)).collect();
    let poses: BTreeMap<(u32, u32), PoseRow> =
        written.rows::<PoseRow>().into_iter().map(|row| ((row.drive, row.frame), row)).collect();
    let mut checked = 0;
    for row in written.rows::<BoxRow>().iter().filter(|row| u32::from(row.visible_ppm) > 990_000) {
        let Some(object) = row.object_id.and_then(|id| objects.get(&id)) else { continue };
        assert_eq!(row.class, object.class);
        let (x, y) = projected(plan.camera(), plan.size(), &poses[&(row.drive, row.frame)], object);
        let inside = |at: f64, from: f32, to: f32| (f64::from(from) - 1.5..=f64::from(to) + 1.5).contains(&at);
        let found = inside(x, row.x_min_px, row.x_max_px) && inside(y, row.y_min_px, row.y_max_px);
        assert!(found, "{object:?} should be at {x:.1}, {y:.1}, is in {row:?}");
        checked += 1;
    }
    assert!(checked > 200, "only {checked} boxes of objects");
}

#[test]
fn faces_and_plates_come_with_their_person_and_vehicle() {
    let plan = small(22, 2, 10).with_size(FrameSize::new(640, 360).unwrap());
    let boxes = written(&plan).rows::<BoxRow>();
    for (part, whole) in [("face", "person"), ("plate", "vehicle")] {
        let parts: Vec<_> = boxes.iter().filter(|row| row.class.as_str() == part).collect();
        assert!(parts.len() > 20, "only {} of {part}", parts.len());
        for row in parts {
            let holds = |other: &&BoxRow| {
                (other.drive, other.frame, other.class.as_str()) == (row.drive, row.frame, whole)
                    && other.x_min_px <= row.x_min_px
                    && other.x_max_px >= row.x_max_px
                    && other.y_min_px <= row.y_min_px
                    && other.y_max_px >= row.y_max_px
            };
            assert!(boxes.iter().find(holds).is_some(), "{row:?} is of no {whole}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn boxes_stay_within_the_frame(seed in any::<u64>(), bent in any::<bool>(), drives in 1_u32..3) {
        let mut plan = small(seed, drives, 2);
        if bent {
            plan = plan.with_camera(Camera::new(95.0, 1.6, -3.0).unwrap().with_distortion(-0.08).unwrap());
        }
        let written = written(&plan);
        let boxes = written.rows::<BoxRow>();
        prop_assert_eq!(boxes.len() as u64, written.report.boxes);
        for row in boxes {
            prop_assert!(0.0 <= row.x_min_px && row.x_min_px < row.x_max_px && row.x_max_px <= 192.0, "{row:?}");
            prop_assert!(0.0 <= row.y_min_px && row.y_min_px < row.y_max_px && row.y_max_px <= 108.0, "{row:?}");
            prop_assert!((1..=1_000_000).contains(&u32::from(row.visible_ppm)), "{row:?}");
            prop_assert!((row.y_max_px - row.y_min_px - row.height_px).abs() < 1e-3, "{row:?}");
            prop_assert!(row.frame < 20 && (1..=drives).contains(&row.drive), "{row:?}");
        }
    }
}
