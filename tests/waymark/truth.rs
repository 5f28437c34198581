//! A map beside the truth: one that is made of the truth is right, and each mistake that is put into it is counted.

use std::path::Path;

use serde_json::Value;
use tokio::runtime::Runtime;
use waymark_datasets::rows::{FeatureRow, FeatureState, FrameRow, Witness};
use waymark_datasets::table::write_rows;
use waymark_datasets::{Cell, Digest, Epoch, FrameId, Heading, Partition, Position, Ppm, Slot, Store, UtcMillis};
use waymark_ingest::{Manifest, jws};
use waymark_simulate::truth::{AttackRow, ObjectRow, PoseRow, read};

use crate::program::waymark;
use crate::world::World;

/// One short drive, filmed before and after the town has changed.
struct Town {
    world: World,
    objects: Vec<ObjectRow>,
}

impl Town {
    fn filmed() -> Self {
        let world = World::unenrolled();
        for (epoch, start) in [("1", "2026-01-12T20:00:00Z"), ("2", "2026-01-19T20:00:00Z")] {
            let (out, devices) = (world.text(epoch), world.text("devices"));
            let film = ["simulate", "--drives", "1", "--seconds", "15", "--seed", "2059", "--epoch", epoch];
            waymark(&[&film[..], &["--start", start, "--out", &out, "--devices", &devices]].concat()).done();
        }
        for epoch in ["1", "2"] {
            let drives: Vec<AttackRow> = read(&world.path(&format!("{epoch}/truth"))).unwrap();
            assert!(drives.iter().all(|drive| drive.town_epoch.to_string() == epoch) && drives.len() == 1);
        }
        let objects: Vec<ObjectRow> = read(&world.path("1/truth")).unwrap();
        let frames: Vec<FrameRow> = ["1", "2"].iter().flat_map(|epoch| frames(&world.path(epoch))).collect();
        write(&world.store(), frames);
        Self { world, objects }
    }

    /// What the map would be if it were right.
    fn right_map(&self) -> Vec<FeatureRow> {
        let feature = |object: &ObjectRow| {
            let state = match (object.in_epoch_1, object.in_epoch_2) {
                (true, true) => FeatureState::Present,
                (false, _) => FeatureState::New,
                (true, false) => FeatureState::Gone,
            };
            feature(object, state)
        };
        self.objects.iter().map(feature).collect()
    }

    /// The comparison, once `features` are the map.
    fn compared(&self, features: Vec<FeatureRow>) -> Value {
        let (store, one, two) = (self.world.store(), self.world.text("1"), self.world.text("2"));
        write(&store, features);
        let report = waymark(&["report", "--store", &store, "--truth", &one, "--truth", &two]).done();
        report["truth"].clone()
    }
}

/// All frames of a drive, as if they were published.
fn frames(dir: &Path) -> Vec<FrameRow> {
    let jws = std::fs::read(dir.join("bundles/001/manifest.jws")).unwrap();
    let verified = jws::verify(&jws, 1 << 20).unwrap();
    let manifest = Manifest::parse(&verified.payload).unwrap();
    let poses: Vec<PoseRow> = read(&dir.join("truth")).unwrap();
    let frame = |pose: PoseRow| {
        let position = Position { latitude: pose.latitude_deg, longitude: pose.longitude_deg };
        let slot = Slot::at(position, pose.heading_deg);
        let half = Ppm::from_ratio(0.5);
        FrameRow {
            frame_id: FrameId::derive(manifest.clip_id, pose.frame),
            clip_id: manifest.clip_id,
            frame_index: pose.frame,
            device_id: verified.device_id.clone(),
            driver: manifest.driver.clone(),
            captured_at_ms: pose.time_ms,
            h3_cell: slot.cell,
            heading_octant: slot.octant,
            latitude_deg: pose.latitude_deg,
            longitude_deg: pose.longitude_deg,
            altitude_m: None,
            heading_deg: pose.heading_deg,
            speed_mps: pose.speed_mps,
            accuracy_mm: 1_000,
            hfov_deg: Some(70.0),
            width_px: 1280,
            height_px: 720,
            quality_ppm: half,
            sharpness_ppm: half,
            exposure_ppm: half,
            redacted_ppm: half,
            witness: Witness::default(),
            image_path: "imagery/none.jpg".into(),
            image_sha256: Digest::of(b""),
            image_bytes: 0,
        }
    };
    poses.into_iter().map(frame).collect()
}

fn feature(object: &ObjectRow, state: FeatureState) -> FeatureRow {
    let at = Position { latitude: object.latitude_deg, longitude: object.longitude_deg };
    FeatureRow {
        feature_id: format!("{:032x}", object.object_id),
        class: object.class.clone(),
        h3_cell: Cell::at(at),
        latitude_deg: object.latitude_deg,
        longitude_deg: object.longitude_deg,
        accuracy_mm: 1_000,
        azimuth_deg: Some(object.azimuth_deg),
        confidence_ppm: Ppm::from_ratio(0.9),
        state,
        first_seen_ms: UtcMillis::try_from(0).unwrap(),
        last_seen_ms: UtcMillis::try_from(0).unwrap(),
        detections: 3,
        frames: 3,
        passes: 1,
        seen_from_min_mm: 5_000,
        clear_from_mm: 10_000,
        seen_from_octants: 1,
        evidence: Vec::new(),
    }
}

/// Into the partition of the town in its second week, in place of what was there; which epoch a frame is of does not
/// matter here.
fn write<R: waymark_datasets::table::Row>(store: &str, rows: Vec<R>) {
    let week: Epoch = "2026-W04".parse().unwrap();
    let town = Cell::at(Position::from_degrees(-45.0, -130.0).unwrap()).region();
    let store = Store::create_at(store).unwrap();
    Runtime::new().unwrap().block_on(write_rows(&store, Partition::of(week, town), "rows", &rows)).unwrap();
}

fn moved(mut feature: FeatureRow, metres: f64) -> FeatureRow {
    let at = Position { latitude: feature.latitude_deg, longitude: feature.longitude_deg };
    let to = at.destination(Heading::wrapping(0.0), metres);
    (feature.latitude_deg, feature.longitude_deg, feature.h3_cell) = (to.latitude, to.longitude, Cell::at(to));
    feature
}

/// The sum of a number over all classes.
fn sum(truth: &Value, number: &str) -> u64 {
    truth["classes"].as_object().unwrap().values().map(|class| class[number].as_u64().unwrap()).sum()
}

#[test]
fn a_map_is_measured_by_the_truth() {
    let town = Town::filmed();
    let right = town.right_map();
    let truth = town.compared(right.clone());
    let standing = town.objects.iter().filter(|object| object.in_epoch_2).count() as u64;
    assert!(sum(&truth, "well_seen") >= 3, "the drive is too short: {truth}");
    assert_eq!(sum(&truth, "found"), sum(&truth, "well_seen"));
    assert_eq!((sum(&truth, "features"), sum(&truth, "real")), (standing, standing));
    assert_eq!((&truth["error_median_mm"], &truth["error_95th_mm"]), (&Value::from(0), &Value::from(0)));
    for (all, right) in
        [("removed", "removed_found"), ("added", "added_found"), ("gone", "gone_real"), ("new", "new_real")]
    {
        assert_eq!(truth[all], truth[right], "{all}: {truth}");
    }
    for number in ["removed", "added", "gone", "new"] {
        assert!(truth[number].as_u64().unwrap() > 0, "{number}: {truth}");
    }

    assert_eq!((&truth["fronts"], &truth["fronts_right"]), (&Value::from(standing), &Value::from(standing)));
    let turned = |(n, feature): (u32, FeatureRow)| {
        let turn_deg = f64::from(n % 3) * 29.0;
        FeatureRow { azimuth_deg: feature.azimuth_deg.map(|a| Heading::wrapping(a.degrees() - turn_deg)), ..feature }
    };
    let turned = town.compared((0..).zip(right.clone()).map(turned).collect());
    let right_share = turned["fronts_right"].as_f64().unwrap() / standing as f64;
    assert!((0.6..0.75).contains(&right_share), "a third is turned by 58°: {turned}");

    let nothing = town.compared(Vec::new());
    assert_eq!(sum(&nothing, "well_seen"), sum(&truth, "well_seen"));
    assert_eq!((sum(&nothing, "found"), sum(&nothing, "features")), (0, 0));
    assert_eq!(nothing["error_median_mm"], Value::Null);

    let near = town.compared(right.iter().cloned().map(|feature| moved(feature, 2.5)).collect());
    let error_mm = near["error_median_mm"].as_i64().unwrap();
    assert!(
        (error_mm - 2_500).abs() <= 50,
        "two of a class may lie so near that they are taken for each other: {near}"
    );
    let far = town.compared(right.iter().cloned().map(|feature| moved(feature, 500_000.0)).collect());
    assert_eq!((sum(&far, "found"), sum(&far, "real"), sum(&far, "features")), (0, 0, standing));

    let still_there: Vec<FeatureRow> =
        right.into_iter().map(|feature| FeatureRow { state: FeatureState::Present, ..feature }).collect();
    let removed = still_there.len() as u64 - standing;
    let unchanged = town.compared(still_there);
    assert_eq!(
        sum(&unchanged, "features") - sum(&unchanged, "real"),
        removed,
        "what is not there any more is not real"
    );
    assert_eq!((&unchanged["removed_found"], &unchanged["added_found"]), (&Value::from(0), &Value::from(0)));
}

#[test]
fn truth_that_is_none_or_of_other_drives_is_refused_with_a_sentence() {
    let world = World::new();
    let (store, town) = (world.store(), world.text("town"));
    let report = || waymark(&["report", "--store", &store, "--truth", &town]);
    let refused = report();
    assert!(refused.failed().stderr.contains("--truth takes an --out of simulate"), "{refused:?}");
    waymark(&["simulate", "--out", &town, "--drives", "1", "--seconds", "1", "--size", "64x48"]).done();
    let refused = report();
    assert!(refused.failed().stderr.contains("not of the drives behind the published frames"), "{refused:?}");
}
