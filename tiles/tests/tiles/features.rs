//! The laws of features: a scene of a few signs, filmed by cars that drive by, seen through an exact pinhole.

use std::collections::BTreeSet;

use proptest::prelude::*;
use waymark_datasets::rows::{DetectionRow, FeatureRow, FeatureState, FrameRow};
use waymark_datasets::table::encode;
use waymark_datasets::{FrameId, Heading, Position, Ppm, Region, Role, Slot, UtcMillis};
use waymark_tiles::{FeatureInput, features};

use crate::frame;

const ORIGIN: (f64, f64) = (37.0, -122.0);
const HFOV_DEG: f64 = 70.0;
const WEEK_MS: i64 = 7 * 24 * 3_600_000;

/// Something at the road: metres east and north of the origin, metres above the camera, and how tall it is.
#[derive(Debug, Clone, Copy)]
struct Thing {
    class: &'static str,
    east_m: f64,
    north_m: f64,
    rise_m: f64,
    height_m: f64,
}

const STOP: Thing = Thing { class: "stop-sign", east_m: 4.0, north_m: 70.0, rise_m: 1.0, height_m: 0.75 };

/// What is filmed: frames and what is seen in them.
#[derive(Debug, Clone, Default)]
struct Footage {
    frames: Vec<FrameRow>,
    detections: Vec<DetectionRow>,
}

fn origin() -> Position {
    Position::from_degrees(ORIGIN.0, ORIGIN.1).unwrap()
}

fn at(origin: Position, east_m: f64, north_m: f64) -> Position {
    origin.destination(Heading::wrapping(0.0), north_m).destination(Heading::wrapping(90.0), east_m)
}

/// Drive `clip` to the north along the origin's meridian, in `week`, past `things`; its receiver is `off_m` too far
/// east.
fn drive(origin: Position, (clip, week): (u8, i64), things: &[Thing], off_m: f64) -> Footage {
    let mut footage = Footage::default();
    for index in 0..14 {
        let north_m = f64::from(index) * 5.0;
        let shown = at(origin, off_m, north_m);
        let slot = Slot::at(shown, Heading::wrapping(0.0));
        let mut row = frame((clip, index, 0, 0, 1_000_000, 4_000));
        row.captured_at_ms = UtcMillis::try_from(1_765_000_000_000 + week * WEEK_MS + i64::from(clip) * 600_000)
            .unwrap()
            .plus_ms(i64::from(index) * 500);
        // A clip of another week is another clip.
        row.clip_id = frame((clip + 100 * week as u8, 0, 0, 0, 0, 1)).clip_id;
        row.frame_id = FrameId::derive(row.clip_id, index);
        (row.latitude_deg, row.longitude_deg) = (shown.latitude, shown.longitude);
        (row.h3_cell, row.heading_octant, row.hfov_deg) = (slot.cell, slot.octant, Some(HFOV_DEG));
        let seen = things.iter().enumerate().filter_map(|(place, thing)| seen(&row, place, (*thing, north_m)));
        footage.detections.extend(seen);
        footage.frames.push(row);
    }
    footage
}

fn seen(frame: &FrameRow, place: usize, (thing, north_m): (Thing, f64)) -> Option<DetectionRow> {
    let focal_px = 640.0 / (HFOV_DEG / 2.0).to_radians().tan();
    let depth_m = thing.north_m - north_m;
    let (x, y) = (640.0 + thing.east_m / depth_m * focal_px, 360.0 - thing.rise_m / depth_m * focal_px);
    let half = thing.height_m / depth_m * focal_px / 2.0;
    let inside = depth_m > 3.0 && (half..1280.0 - half).contains(&x) && (half..720.0 - half).contains(&y);
    inside.then(|| DetectionRow {
        frame_id: frame.frame_id,
        detection_index: place as u32,
        clip_id: frame.clip_id,
        h3_cell: frame.h3_cell,
        class: thing.class.parse().unwrap(),
        role: Role::Map,
        score_ppm: Ppm::from_ratio(0.9),
        x_min_px: (x - half) as f32,
        y_min_px: (y - half) as f32,
        x_max_px: (x + half) as f32,
        y_max_px: (y + half) as f32,
        refined_class: None,
        refined_score_ppm: None,
        model: "model.onnx".into(),
    })
}

fn together(footage: impl IntoIterator<Item = Footage>) -> Footage {
    footage.into_iter().fold(Footage::default(), |mut all, one| {
        all.frames.extend(one.frames);
        all.detections.extend(one.detections);
        all
    })
}

fn mapped(footage: &Footage, previous: &[FeatureRow], covered_before: &BTreeSet<Slot>) -> Vec<FeatureRow> {
    let region = Region::at(origin());
    let (frames, detections) = (footage.frames.as_slice(), footage.detections.as_slice());
    features(&FeatureInput { region, frames, detections, previous, covered_before })
}

fn slots(footage: &Footage) -> BTreeSet<Slot> {
    footage.frames.iter().map(FrameRow::slot).collect()
}

fn first_week(things: &[Thing]) -> Footage {
    together((1..4).map(|clip| drive(origin(), (clip, 0), things, 0.0)))
}

#[test]
fn a_sign_is_where_it_stands_and_faces_those_who_see_it() {
    let found = mapped(&first_week(&[STOP]), &[], &BTreeSet::new());
    let [sign] = found.as_slice() else { panic!("{found:?}") };
    let error_m = sign.position().distance_m(at(origin(), STOP.east_m, STOP.north_m));
    assert!(error_m < 0.5, "{error_m} m: {sign:?}");
    let azimuth_deg = sign.azimuth_deg.unwrap().degrees();
    assert!((165.0..195.0).contains(&azimuth_deg), "{azimuth_deg}");
    assert_eq!((sign.state, sign.passes), (FeatureState::Present, 3));
    assert_eq!((sign.frames, sign.evidence.len()), (sign.detections, 5));
    assert!(sign.evidence.iter().all(|id| first_week(&[STOP]).frames.iter().any(|frame| frame.frame_id == *id)));
    assert!(sign.seen_from_min_mm < sign.clear_from_mm && sign.clear_from_mm < 40_000, "{sign:?}");
    assert_eq!(sign.seen_from_octants, 1 << 4);
}

const LIMIT: Thing = Thing { class: "speed-limit-50", ..STOP };

/// As a detector reads it: what is smaller than so many pixels as 30, and every third time as both.
fn read(mut footage: Footage, legible_px: f32) -> Footage {
    let called = |row: &DetectionRow, class: &str, score, index| DetectionRow {
        class: class.parse().unwrap(),
        score_ppm: Ppm::from_ratio(score),
        detection_index: index,
        ..row.clone()
    };
    let as_read = |(number, row): (usize, &DetectionRow)| {
        let is_small = row.y_max_px - row.y_min_px < legible_px;
        let (right, wrong) = (called(row, row.class.as_str(), 0.6, 0), called(row, "speed-limit-30", 0.55, 1));
        match (is_small, number % 3 == 0) {
            (_, true) => vec![right, wrong],
            (true, false) => vec![wrong],
            (false, false) => vec![right],
        }
    };
    footage.detections = footage.detections.iter().enumerate().flat_map(as_read).collect();
    footage
}

#[test]
fn a_number_that_is_misread_from_afar_is_what_is_read_near_by() {
    let footage = read(first_week(&[LIMIT]), 20.0);
    let misread = footage.detections.iter().filter(|row| row.class.as_str() == "speed-limit-30").count();
    assert!(misread * 2 > footage.detections.len(), "{misread} of {}", footage.detections.len());
    let found = mapped(&footage, &[], &BTreeSet::new());
    let [sign] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((sign.class.as_str(), sign.state, sign.passes), ("speed-limit-50", FeatureState::Present, 3));
}

#[test]
fn what_is_misread_by_those_who_only_see_it_from_afar_is_still_what_it_was() {
    let first = first_week(&[LIMIT]);
    let known = mapped(&first, &[], &BTreeSet::new());
    let mut far = read(drive(origin(), (9, 1), &[LIMIT], 0.0), 40.0);
    far.detections.retain(|row| row.y_max_px - row.y_min_px < 18.0);
    let found = mapped(&far, &known, &slots(&first));
    let [sign] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((sign.class.as_str(), sign.state), ("speed-limit-50", FeatureState::Present));
    assert_eq!((&sign.feature_id, sign.passes), (&known[0].feature_id, 4));
}

#[test]
fn a_limit_that_was_changed_is_gone_and_another_is_new() {
    let first = first_week(&[LIMIT]);
    let known = mapped(&first, &[], &BTreeSet::new());
    let changed = Thing { class: "speed-limit-80", ..LIMIT };
    let found = mapped(&drive(origin(), (9, 1), &[changed], 0.0), &known, &slots(&first));
    let mut states: Vec<_> = found.iter().map(|row| (row.class.as_str(), row.state)).collect();
    states.sort_by_key(|(class, _)| *class);
    assert_eq!(states, [("speed-limit-50", FeatureState::Gone), ("speed-limit-80", FeatureState::New)]);
    assert_ne!(found[0].feature_id, found[1].feature_id);
}

#[test]
fn several_receivers_with_errors_of_their_own_average_out() {
    let off_m = [-3.0, 3.0, -1.5, 1.5];
    let drives = (1..).zip(off_m).map(|(clip, off_m)| drive(origin(), (clip, 0), &[STOP], off_m));
    let found = mapped(&together(drives.clone()), &[], &BTreeSet::new());
    let one = mapped(&together(drives.take(1)), &[], &BTreeSet::new());
    let error_m = |row: &FeatureRow| row.position().distance_m(at(origin(), STOP.east_m, STOP.north_m));
    assert_eq!((found.len(), one.len()), (1, 1));
    assert!(error_m(&found[0]) < 0.7 && error_m(&one[0]) > 2.0, "{found:?} {one:?}");
    assert!(found[0].accuracy_mm < one[0].accuracy_mm);
    assert!(error_m(&one[0]) * 1_000.0 < f64::from(one[0].accuracy_mm));
}

#[test]
fn two_signs_of_one_kind_on_both_sides_of_a_street_stay_two() {
    let other = Thing { east_m: -4.0, ..STOP };
    let off_m = [-2.5, 2.5, 0.0];
    let drives = (1..).zip(off_m).map(|(clip, off_m)| drive(origin(), (clip, 0), &[STOP, other], off_m));
    let found = mapped(&together(drives), &[], &BTreeSet::new());
    assert_eq!(found.iter().map(|sign| sign.passes).collect::<Vec<_>>(), [3, 3], "{found:?}");
}

/// The camera is bumped on its way: its boxes begin a track of their own, and one frame has a box of both.
#[test]
fn a_sign_that_is_detected_twice_in_a_frame_is_one_sign() {
    let footage = first_week(&[STOP]);
    let (far, near): (Vec<_>, Vec<_>) = footage.detections.iter().partition(|row| row.y_max_px - row.y_min_px < 20.0);
    let bumped = |row: &DetectionRow| {
        let (x_min_px, x_max_px) = (row.x_min_px + 80.0, row.x_max_px + 80.0);
        DetectionRow { detection_index: row.detection_index + 50, x_min_px, x_max_px, ..row.clone() }
    };
    let last = |clip: &[&DetectionRow]| clip.last().map(|row| bumped(row));
    let twice: Vec<DetectionRow> = far.chunk_by(|a, b| a.clip_id == b.clip_id).filter_map(last).collect();
    assert_eq!(twice.len(), 3);
    let near = near.into_iter().map(bumped).chain(twice);
    let detections = far.iter().copied().cloned().chain(near).collect();
    let found = mapped(&Footage { detections, ..footage.clone() }, &[], &BTreeSet::new());
    assert_eq!(found.len(), 1, "{found:?}");
}

/// Makes a box as wide as something flat is that faces `azimuth_deg`, seen by who looks north.
fn narrow(row: &mut DetectionRow, azimuth_deg: f64) {
    let tan_per_px = (HFOV_DEG / 2.0).to_radians().tan() / 640.0;
    let middle_px = f64::from(row.x_min_px + row.x_max_px) / 2.0;
    let aside_rad = ((middle_px - 640.0) * tan_per_px).atan();
    let cosine = (azimuth_deg.to_radians() - std::f64::consts::PI - aside_rad).cos().max(0.1);
    let half_px = f64::from(row.y_max_px - row.y_min_px) / 2.0 * cosine / aside_rad.cos();
    (row.x_min_px, row.x_max_px) = ((middle_px - half_px) as f32, (middle_px + half_px) as f32);
}

/// Turned to the side street, and seen only by those who pass on the main one: its width tells to which side.
#[test]
fn a_front_that_nobody_sees_squarely_is_told_by_how_its_width_changes() {
    for turned_deg in [-50.0, 50.0_f64] {
        let mut footage = first_week(&[Thing { east_m: 8.0, ..STOP }]);
        footage.detections.iter_mut().for_each(|row| narrow(row, 180.0 + turned_deg));
        let found = mapped(&footage, &[], &BTreeSet::new());
        let azimuth = found[0].azimuth_deg.expect("a front").degrees();
        let off_deg = (azimuth - 180.0 - turned_deg + 540.0).rem_euclid(360.0) - 180.0;
        assert!(off_deg.abs() < 20.0, "{azimuth} instead of {}", 180.0 + turned_deg);
    }
}

#[test]
fn what_is_seen_again_keeps_its_id_and_what_is_not_is_gone() {
    let second = Thing { class: "yield-sign", north_m: 60.0, ..STOP };
    let footage = first_week(&[STOP, second]);
    let week_1 = mapped(&footage, &[], &BTreeSet::new());
    let third = Thing { class: "no-entry-sign", north_m: 65.0, ..STOP };
    let week_2 = mapped(&drive(origin(), (1, 1), &[STOP, third], 0.5), &week_1, &slots(&footage));
    let of = |rows: &[FeatureRow], class: &str| rows.iter().find(|row| row.class.as_str() == class).unwrap().clone();
    let (before, after) = (of(&week_1, "stop-sign"), of(&week_2, "stop-sign"));
    assert_eq!((&before.feature_id, before.first_seen_ms), (&after.feature_id, after.first_seen_ms));
    assert_eq!((after.state, after.passes), (FeatureState::Present, 4));
    assert!(after.last_seen_ms > before.last_seen_ms && after.confidence_ppm > before.confidence_ppm);
    let (gone, new) = (of(&week_2, "yield-sign"), of(&week_2, "no-entry-sign"));
    assert_eq!(gone, FeatureRow { state: FeatureState::Gone, ..of(&week_1, "yield-sign") });
    assert_eq!((new.state, week_2.len()), (FeatureState::New, 3));
    let week_3 = mapped(&drive(origin(), (1, 2), &[STOP, second, third], 0.0), &week_2, &slots(&footage));
    assert!(week_3.iter().all(|row| row.state == FeatureState::Present), "{week_3:?}");
    assert_eq!(week_3.len(), 3);
}

#[test]
fn nothing_is_gone_or_new_where_nobody_looked() {
    let week_1 = mapped(&first_week(&[STOP]), &[], &BTreeSet::new());
    let elsewhere = at(origin(), 300.0, 0.0);
    let far = drive(elsewhere, (1, 1), &[Thing { class: "yield-sign", ..STOP }], 0.0);
    let week_2 = mapped(&far, &week_1, &slots(&first_week(&[])));
    assert_eq!(week_2.iter().map(|row| row.state).collect::<Vec<_>>(), [FeatureState::Present; 2]);
    assert!(week_2.contains(&week_1[0]));
    assert_eq!(mapped(&Footage::default(), &week_1, &BTreeSet::new()), week_1);
}

#[test]
fn a_camera_of_unknown_width_says_less() {
    let known = mapped(&first_week(&[STOP]), &[], &BTreeSet::new());
    let mut footage = first_week(&[STOP]);
    footage.frames.iter_mut().for_each(|frame| frame.hfov_deg = None);
    let unknown = mapped(&footage, &[], &BTreeSet::new());
    assert!(unknown[0].accuracy_mm > known[0].accuracy_mm, "{unknown:?}");
}

#[test]
fn few_frames_are_only_enough_if_the_detector_is_sure_and_other_roles_do_not_count() {
    let footage = drive(origin(), (1, 0), &[STOP], 0.0);
    let some = |(count, score): (usize, f64)| {
        let row = |row: &DetectionRow| DetectionRow { score_ppm: Ppm::from_ratio(score), ..row.clone() };
        let detections = footage.detections.iter().rev().take(count).map(row).collect();
        mapped(&Footage { detections, ..footage.clone() }, &[], &BTreeSet::new()).len()
    };
    assert_eq!([(1, 1.0), (2, 0.58), (2, 0.62), (4, 0.48), (4, 0.52)].map(some), [0, 0, 1, 0, 1]);
    let mut private = footage.clone();
    private.detections.iter_mut().for_each(|row| row.role = Role::Private);
    assert!(mapped(&private, &[], &BTreeSet::new()).is_empty());
}

#[test]
fn a_sign_by_the_pole_or_on_the_180th_meridian_is_where_it_stands() {
    for (latitude, longitude) in [(89.9, 10.0), (-45.0, 179.999_98), (0.0, 0.5)] {
        let origin = Position::from_degrees(latitude, longitude).unwrap();
        let footage = together((1..3).map(|clip| drive(origin, (clip, 0), &[STOP], 0.0)));
        let (frames, there) = (footage.frames.as_slice(), at(origin, STOP.east_m, STOP.north_m));
        let (detections, covered_before) = (footage.detections.as_slice(), &BTreeSet::new());
        let input = FeatureInput { region: Region::at(there), frames, detections, previous: &[], covered_before };
        let found = features(&input);
        assert_eq!(found.len(), 1, "{latitude}");
        assert!(found[0].position().distance_m(there) < 1.0, "{latitude}: {found:?}");
        assert!(features(&FeatureInput { region: Region::at(self::origin()), ..input }).is_empty());
    }
}

/// A scene with some of everything, of two weeks.
fn scene() -> (Footage, Footage) {
    let lamp = |north_m| Thing { class: "street-lamp", east_m: -5.0, north_m, rise_m: 5.0, height_m: 0.4 };
    let other = Thing { east_m: -4.0, ..STOP };
    let things = [STOP, other, lamp(40.0), lamp(65.0), Thing { class: "hydrant", rise_m: -1.0, ..other }];
    let drives = [(1, 0.0), (2, -2.0), (3, 1.0)].map(|(clip, off_m)| drive(origin(), (clip, 0), &things, off_m));
    (together(drives), drive(origin(), (1, 1), &things[1..], 0.7))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn order_and_repetition_of_frames_detections_and_features_do_not_matter(turn in 0..60usize, cut in 0..60usize) {
        let (first, second) = scene();
        let turned = |footage: &Footage| {
            let mut turned = footage.clone();
            let (frames, detections) = (turned.frames.len(), turned.detections.len());
            turned.frames.rotate_left(turn % frames);
            turned.detections.rotate_left(turn % detections);
            turned.detections.reverse();
            turned.frames.extend_from_within(..cut % frames);
            turned.detections.extend_from_within(..cut % detections);
            turned
        };
        let none = BTreeSet::new();
        let week_1 = mapped(&first, &[], &none);
        prop_assert!(week_1.len() >= 4);
        let again = mapped(&turned(&first), &[], &none);
        prop_assert_eq!(encode(&again).unwrap(), encode(&week_1).unwrap());
        let mut known = [week_1.clone(), week_1.clone()].concat();
        known.rotate_left(turn % week_1.len());
        known.reverse();
        let (one, other) = (mapped(&second, &week_1, &slots(&first)), mapped(&turned(&second), &known, &slots(&first)));
        prop_assert_eq!(encode(&one).unwrap(), encode(&other).unwrap());
    }

    #[test]
    fn boxes_frames_and_features_of_any_numbers_give_rows_that_can_be_written(
        numbers in prop::collection::vec(prop::num::f32::ANY, 4),
        hfov_deg in prop::option::of(prop::num::f64::ANY),
        size in (0..3u32, 0..3u32),
        sure in prop_oneof![Just(0), Just(u32::MAX), 1..10_000_u32],
    ) {
        let (mut footage, second) = scene();
        for row in footage.detections.iter_mut().step_by(3) {
            [row.x_min_px, row.y_min_px, row.x_max_px, row.y_max_px] = std::array::from_fn(|i| numbers[i]);
        }
        for row in footage.frames.iter_mut().step_by(4) {
            (row.hfov_deg, row.accuracy_mm) = (hfov_deg, sure);
            (row.width_px, row.height_px) = ([0, 1280, u32::MAX][size.0 as usize], [0, 720, u32::MAX][size.1 as usize]);
        }
        let mut week_1 = mapped(&footage, &[], &BTreeSet::new());
        encode(&week_1).unwrap();
        for row in &mut week_1 {
            (row.accuracy_mm, row.detections, row.passes) = (sure, u32::MAX, u32::MAX);
            (row.clear_from_mm, row.seen_from_min_mm, row.seen_from_octants) = (sure, sure / 2, u32::MAX);
        }
        encode(&mapped(&second, &week_1, &slots(&footage))).unwrap();
    }
}
