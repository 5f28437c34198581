//! What the truth says of a frame.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

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

/// Boxes of objects of which so much shows, each with whether the middle of the object is in it, give or take 1.5 px.
fn holds_middle(seed: u64, shows_ppm: RangeInclusive<u32>) -> Vec<(BoxRow, bool)> {
    let plan = small(seed, 3, 10).with_size(FrameSize::new(640, 360).unwrap());
    let written = written(&plan);
    let objects: BTreeMap<u32, ObjectRow> =
        written.rows::<ObjectRow>().into_iter().map(|row| (row.object_id, row)).collect();
    let poses: BTreeMap<(u32, u32), PoseRow> =
        written.rows::<PoseRow>().into_iter().map(|row| ((row.drive, row.frame), row)).collect();
    let middle = |row: BoxRow| {
        let object = objects.get(&row.object_id?)?;
        assert_eq!(row.class, object.class);
        let (x, y) = projected(plan.camera(), plan.size(), &poses[&(row.drive, row.frame)], object);
        let inside = |at: f64, from: f32, to: f32| (f64::from(from) - 1.5..=f64::from(to) + 1.5).contains(&at);
        let holds = inside(x, row.x_min_px, row.x_max_px) && inside(y, row.y_min_px, row.y_max_px);
        Some((row, holds))
    };
    let shows = |row: &BoxRow| shows_ppm.contains(&u32::from(row.visible_ppm));
    written.rows::<BoxRow>().into_iter().filter(shows).filter_map(middle).collect()
}

#[test]
fn an_object_is_drawn_where_the_truth_says_that_it_stands() {
    let boxes = holds_middle(21, 990_001..=1_000_000);
    boxes.iter().for_each(|(row, holds)| assert!(holds, "{row:?}"));
    assert!(boxes.len() > 200, "only {} boxes of objects", boxes.len());
}

#[test]
fn a_box_ends_where_its_thing_is_hidden() {
    // A box around all of a thing would hold its middle always.
    let boxes = holds_middle(23, 1..=500_000);
    let without = boxes.iter().filter(|(_, holds)| !holds).count();
    assert!(boxes.len() > 40 && without * 10 > boxes.len(), "{without} of {} boxes end before", boxes.len());
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
