//! From footage to pay by the commands that a person would type.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;
use waymark_datasets::Reason;
use waymark_datasets::rows::Verdict;

use crate::assets::assets;
use crate::files::named;
use crate::finished::{EPOCH, finished};
use crate::footage::{bytes, track};
use crate::program::waymark;
use crate::world::{World, build, ingest, pay};

#[test]
fn a_drive_of_real_dashcam_frames_becomes_coverage_and_pay() {
    let Some(done) = finished() else { return };
    assert_eq!(done.device["device"].as_str().unwrap().len(), 43);
    assert_eq!(done.key_mode, 0o600, "a key is its owner's alone");
    assert_eq!((&done.signed["files"], &done.signed["fixes"]), (&70.into(), &70.into()));
    assert_eq!(done.ingested["state"], "landed");
    assert_eq!((&done.built["clips"], &done.built["partitions"]), (&1.into(), &1.into()));
    assert_eq!(done.paid["record"]["epoch"], EPOCH);
    let store = done.store.to_str().unwrap();
    let report = verified_report(store, EPOCH);
    let count = |name: &str| report[name].as_u64().unwrap();
    assert_eq!((count("frames_in"), count("clips_accepted"), count("clips_processed")), (70, 1, 1));
    assert!(count("frames_sampled") >= 60 && count("slots") > 0 && count("cells") > 0, "{report}");
    assert!(report["redacted"]["face"].as_u64().unwrap() > 0, "there are people in these streets: {report}");
    let inbox = done.store.join("inbox").metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(inbox, 0o700, "raw footage is its owner's alone");
}

#[test]
fn a_video_with_gps_inside_is_filed_under_its_own_time() {
    let Some(assets) = assets() else { return };
    let world = World::new();
    let (signed, report) = through(&world, &[assets.join("videos/gopro_hero7.mp4")], "2019-W19");
    assert_eq!(signed["fixes"], 199);
    assert!(report["frames_in"].as_u64().unwrap() > 300 && report["frames_sampled"].as_u64().unwrap() > 0, "{report}");
}

#[test]
fn a_video_with_a_csv_track_beside_it_begins_when_its_tag_says() {
    let Some(assets) = assets() else { return };
    let world = World::new();
    let video = world.write("drive.mp4", &bytes(assets.join("videos/bee_almost-crash.mp4")));
    // Ten seconds before the tag, and beyond the end.
    world.write("drive.csv", &track(TAG_MS - 10_000, 40));
    let (signed, report) = through_unpaid(&world, &[video], "2026-W06");
    assert_eq!((&signed["start_ms"], &signed["files"]), (&TAG_MS.into(), &2.into()));
    assert!(report["frames_sampled"].as_u64().unwrap() >= 15, "167 m make about 20 frames: {report}");
}

/// `creation_time` of `bee_almost-crash.mp4`: 2026-02-05T22:02:51Z.
const TAG_MS: i64 = 1_770_328_971_000;

#[test]
fn a_video_with_a_gpx_track_beside_it_begins_with_the_track() {
    let Some(assets) = assets() else { return };
    let world = World::new();
    let video = world.write("drive.mp4", &bytes(assets.join("videos/bee_almost-crash.mp4")));
    world.write("drive.gpx", &bytes(assets.join("videos/sf_30km_h.gpx")));
    let (signed, report) = through_unpaid(&world, &[video], "2025-W11");
    assert_eq!(signed["start_ms"], "2025-03-14T07:00:00Z".parse::<waymark_datasets::UtcMillis>().unwrap().millis());
    assert!(report["frames_sampled"].as_u64().unwrap() >= 15, "{report}");
}

#[test]
fn a_video_without_a_position_is_neither_signed_nor_taken() {
    let Some(assets) = assets() else { return };
    for name in ["gopro_karma.mp4", "mapillary_sample-5s_h265.mp4"] {
        let world = World::new();
        let video = assets.join("videos").join(name);
        let refused = world.sign(std::slice::from_ref(&video), "honest");
        assert_eq!(refused.failed().json()["refused"], "position_missing", "{name}");
        assert!(!world.path("honest").exists(), "nothing is left of {name}");
        let bundle = world.forge("dishonest", &[("clip.mp4", bytes(&video))], (TAG_MS, TAG_MS + 12_000));
        let refused = ingest(&bundle, &world.store());
        assert_eq!(refused.failed().json()["reason"], "position_missing", "{name}");
        let verdicts: Vec<Verdict> = world.verdicts().into_iter().map(|row| row.verdict).collect();
        assert_eq!(verdicts, [Verdict::Refused(Reason::PositionMissing)], "{name}");
        assert!(named(&world.path("store"), "inbox/clips", "").is_empty(), "{name} is in the inbox");
    }
}

#[test]
fn a_key_is_never_replaced() {
    let world = World::unenrolled();
    let before = bytes(world.path("device.key"));
    let refused = waymark(&["device", "new", "--out", &world.text("device.key")]);
    assert!(refused.failed().stderr.contains("device.key"), "{refused:?}");
    assert_eq!(bytes(world.path("device.key")), before);
}

#[test]
fn a_wrong_call_is_told_from_work_that_failed() {
    assert_eq!(waymark(&["pay"]).code, Some(2));
    assert_eq!(
        waymark(&["device", "enrol", "--store", "x", "--driver", "Ana", "--device=x", "--payout=0x0"]).code,
        Some(2)
    );
    let world = World::new();
    let failed = pay(&world.store(), "2025-W51");
    assert!(failed.failed().stderr.contains("waymark build"), "says what to do: {failed:?}");
    let failed = pay(&world.text("nowhere"), "2025-W51");
    assert!(failed.failed().stderr.contains("nowhere"), "{failed:?}");
    assert!(!world.path("nowhere").exists());
}

/// Footage through every command; what signing said, and the report at the end.
fn through(world: &World, inputs: &[PathBuf], epoch: &str) -> (Value, Value) {
    let (signed, report) = settled(world, inputs, epoch);
    let paid = &report["epochs"][0];
    assert!(units(paid, "paid") > units(paid, "remainder"), "{paid}");
    assert!(report["slots"].as_u64().unwrap() > 0, "{report}");
    (signed, report)
}

/// The same of footage whose track was made up: it is published, covers nothing and earns nothing.
fn through_unpaid(world: &World, inputs: &[PathBuf], epoch: &str) -> (Value, Value) {
    let (signed, report) = settled(world, inputs, epoch);
    assert_eq!((units(&report["epochs"][0], "paid"), &report["slots"]), (0, &0.into()), "{report}");
    (signed, report)
}

fn units(paid: &Value, name: &str) -> u128 {
    paid[name].as_str().unwrap().parse().unwrap()
}

fn settled(world: &World, inputs: &[PathBuf], epoch: &str) -> (Value, Value) {
    let store = world.store();
    let signed = world.sign(inputs, "bundle").done();
    assert_eq!(ingest(&world.path("bundle"), &store).done()["state"], "landed");
    assert_eq!(build(&store, "2").done()["clips"], 1);
    pay(&store, epoch).done();
    let report = verified_report(&store, epoch);
    (signed, report)
}

/// Verifies everything; the report of a store with one paid epoch.
fn verified_report(store: &str, epoch: &str) -> Value {
    waymark(&["verify", "epoch", "--store", store, "--epoch", epoch]).done();
    let verified = waymark(&["verify", "snapshot", "--store", store]).done();
    let report = waymark(&["report", "--store", store]).done();
    assert_eq!(report["snapshot"], verified["snapshot"]);
    let paid = &report["epochs"][0];
    assert_eq!(paid["epoch"], epoch);
    assert_eq!(units(paid, "paid") + units(paid, "remainder"), units(paid, "pool"), "not a unit is lost");
    let images = named(Path::new(store), "imagery/", ".jpg");
    assert_eq!(images.len() as u64, report["frames_sampled"].as_u64().unwrap());
    assert!(images.iter().all(|(_, image)| fs::metadata(image).unwrap().len() > 0));
    report
}
