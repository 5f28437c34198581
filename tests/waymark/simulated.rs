//! The simulated town from the command line: signed like any footage, the same every time, and its cheats labelled.

use std::fs;

use waymark_datasets::Digest;
use waymark_ingest::fixes::read_track;
use waymark_ingest::{Manifest, jws};
use waymark_simulate::Attack;
use waymark_simulate::truth::{self, AttackRow};

use crate::files::contents;
use crate::program::waymark;
use crate::world::{PAYOUT, World, ingest};

/// Two small, short drives.
fn simulate(world: &World, name: &str, more: &[&str]) -> serde_json::Value {
    let out = world.text(name);
    let short = ["simulate", "--out", &out, "--drives", "2", "--seconds", "3", "--size", "320x180"];
    waymark(&[&short, more].concat()).done()
}

#[test]
fn the_same_call_gives_the_same_footage_keys_bundles_and_truth() {
    let world = World::unenrolled();
    let said = simulate(&world, "once", &["--seed", "5"]);
    assert_eq!((said["drives"].as_u64(), said["frames"].as_u64()), (Some(2), Some(60)));
    assert_eq!(said, simulate(&world, "again", &["--seed", "5"]));
    simulate(&world, "other", &["--seed", "6"]);
    let [once, again, other] = ["once", "again", "other"].map(|name| contents(&world.path(name)));
    assert_eq!(once, again);
    assert_ne!(once, other);
    assert!(once.contains_key("truth/boxes.parquet"), "{once:?}");
}

#[test]
fn an_honest_drive_lands_and_a_tampered_one_does_not() {
    let world = World::unenrolled();
    simulate(&world, "town", &["--attack", "tamper"]);
    let store = world.store();
    let mut states = Vec::new();
    for number in ["001", "002"] {
        enrol(&world, &format!("town/bundles/{number}"), &store);
        let answer = ingest(&world.path(&format!("town/bundles/{number}")), &store).json();
        states.push(answer.get("reason").unwrap_or(&answer["state"]).as_str().unwrap().to_owned());
    }
    states.sort();
    assert_eq!(states, ["landed", "media_mismatch"]);
}

#[test]
fn every_way_to_cheat_is_one_call_away_signed_and_labelled() {
    let world = World::unenrolled();
    for attack in Attack::ALL {
        let name = attack.name();
        simulate(&world, name, &["--attack", name]);
        let labels: Vec<AttackRow> = truth::read(&world.path(&format!("{name}/truth"))).unwrap();
        let kinds: Vec<&str> = labels.iter().map(|label| label.kind.as_str()).collect();
        assert_eq!(kinds, ["honest", name]);
        assert_eq!(labels[1].source_drive, attack.needs_source().then_some(1), "{name}");
        let signers = ["001", "002"].map(|number| signed(&world, &format!("{name}/bundles/{number}")).driver);
        assert_eq!(
            signers,
            [1, labels[1].device].map(|device| format!("driver-{device:03}").parse().unwrap()),
            "{name}"
        );
    }
    let store = world.store();
    enrol(&world, "teleport/bundles/002", &store);
    let answer = ingest(&world.path("teleport/bundles/002"), &store).failed().json();
    assert_eq!(answer["reason"], "speed_implausible", "signed all the same, and refused: {answer}");
}

#[test]
fn devices_that_two_epochs_share_chain_on() {
    let world = World::unenrolled();
    let (devices, other) = (world.text("devices"), world.text("other"));
    let calls = || {
        simulate(&world, "one", &["--devices", &devices]);
        simulate(&world, "two", &["--devices", &devices, "--epoch", "2", "--start", "2026-01-21T20:00:00Z"]);
        contents(world.folder.path())
    };
    let first = calls();
    for number in ["001", "002"] {
        let [one, two] = ["one", "two"].map(|name| signed(&world, &format!("{name}/bundles/{number}")));
        assert_eq!((one.sequence, one.previous), (0, None));
        assert_eq!((two.sequence, two.previous), (1, Some(manifest_digest(&world, &format!("one/bundles/{number}")))));
    }
    assert_eq!(calls(), first, "the same calls change nothing");
    simulate(&world, "alone", &["--seed", "2", "--devices", &other]);
    let out = world.text("late");
    let answer = waymark(&["simulate", "--out", &out, "--seconds", "1", "--size", "320x180", "--devices", &other]);
    assert!(answer.failed().stderr.contains("is not of device 1 of seed 1"), "{answer:?}");
    assert!(!world.path("late").exists());
}

#[test]
fn a_track_as_gpx_has_the_fixes_of_the_one_as_nmea() {
    let world = World::unenrolled();
    simulate(&world, "nmea", &["--imu"]);
    simulate(&world, "gpx", &["--track", "gpx"]);
    assert!(
        world.path("nmea/drives/001/drive.imu.csv").exists() && !world.path("gpx/drives/001/drive.imu.csv").exists()
    );
    for number in ["001", "002"] {
        let [nmea, gpx] = ["nmea", "gpx"].map(|format| {
            let name = format!("drive.{format}");
            let bytes = fs::read(world.path(&format!("{format}/drives/{number}/{name}"))).unwrap();
            let media = signed(&world, &format!("{format}/bundles/{number}")).media;
            let kinds = media.iter().map(|file| file.name.as_str().to_owned()).collect::<Vec<_>>();
            assert_eq!(kinds, ["drive.mp4", name.as_str()]);
            read_track(&name, &bytes, 1_000).unwrap()
        });
        assert!(nmea.len() > 20 && nmea.len() == gpx.len());
        for (nmea, gpx) in nmea.iter().zip(&gpx) {
            assert_eq!((nmea.at, nmea.accuracy_mm, nmea.altitude_m), (gpx.at, gpx.accuracy_mm, gpx.altitude_m));
            // Millionths of a minute are 2 mm, hundred millionths of a degree 1 mm.
            assert!(nmea.position.distance_m(gpx.position) < 0.003, "{nmea:?} is not {gpx:?}");
        }
    }
}

#[test]
fn another_camera_films_otherwise_and_is_in_the_manifest() {
    let world = World::unenrolled();
    simulate(&world, "usual", &[]);
    let lens = ["--hfov", "95", "--camera-height", "2.2", "--pitch", "-4", "--distortion", "-0.05"];
    simulate(&world, "wide", &lens);
    let [usual, wide] = ["usual", "wide"].map(|name| signed(&world, &format!("{name}/bundles/001")));
    assert_eq!((usual.camera.hfov_deg, wide.camera.hfov_deg), (Some(70.0), Some(95.0)));
    assert_ne!(usual.media[0].sha256, wide.media[0].sha256);
    assert_eq!(usual.media[1].sha256, wide.media[1].sha256, "the track does not depend on the camera");
}

#[test]
fn the_rate_of_rendering_is_told() {
    let said = waymark(&["bench", "render", "--seconds", "1"]).done();
    assert_eq!((said["frames"].as_u64(), said["size"].as_str()), (Some(160), Some("1280x720")));
    let [all, slowest] =
        ["frames_per_second", "slowest_drive_frames_per_second"].map(|name| said[name].as_f64().unwrap());
    assert!(all >= slowest && slowest > 0.0, "{said}");
}

#[test]
fn what_cannot_be_simulated_is_refused_with_a_sentence() {
    let world = World::unenrolled();
    let out = world.text("out");
    for (wrong, code, said) in [
        (&["--drives", "0"][..], 2, "expected 1 to 999"),
        (&["--drives", "1000"], 2, "expected 1 to 999"),
        (&["--seconds", "0"], 2, "expected 1 to 3600"),
        (&["--seconds", "-3"], 2, "expected 1 to 3600"),
        (&["--seconds", "long"], 2, "expected 1 to 3600"),
        (&["--seed", "-1"], 2, "expected 0 to 18446744073709551615"),
        (&["--size", "17x9"], 2, "frames of 17x9: expected WIDTHxHEIGHT with even sides"),
        (&["--size", "-320x180"], 2, "expected WIDTHxHEIGHT with even sides"),
        (&["--attack", "charm"], 2, "expected one of replay"),
        (&["--attack", "replay", "--drives", "1"], 1, "at least 2"),
        (&["--epoch", "3"], 2, "expected 1 or 2"),
        (&["--track", "kml"], 2, "expected nmea or gpx"),
        (&["--hfov", "200"], 1, "the horizontal field of view must be 30 to 120 degrees"),
        (&["--hfov", "nan"], 1, "the horizontal field of view must be 30 to 120 degrees"),
        (&["--camera-height", "-1"], 1, "the height must be 0.5 to 4 metres"),
        (&["--pitch", "-40"], 1, "the pitch must be within 15 degrees"),
        (&["--distortion", "0.2"], 1, "the distortion k1 must be -0.15 to 0"),
        (&["--start", "yesterday"], 2, "yesterday"),
    ] {
        let answer = waymark(&[&["simulate", "--out", &out], wrong].concat());
        assert_eq!(answer.code, Some(code), "{wrong:?}: {answer:?}");
        assert!(answer.stderr.contains(said) && !answer.stderr.contains("panicked"), "{wrong:?}: {answer:?}");
    }
    assert!(!world.path("out").exists());
    world.write("file", b"in the way");
    let answer = waymark(&["simulate", "--out", &world.text("file/out")]);
    assert!(answer.failed().stderr.contains(&world.text("file/out")), "{answer:?}");
    assert_eq!(answer.stderr.lines().count(), 1, "{answer:?}");
    let answer = waymark(&["bench", "render", "--seconds", "0"]);
    assert!(answer.code == Some(2) && answer.stderr.contains("expected 1 to 3600"), "{answer:?}");
}

fn manifest_bytes(world: &World, bundle: &str) -> Vec<u8> {
    fs::read(world.path(bundle).join("manifest.jws")).unwrap()
}

fn manifest_digest(world: &World, bundle: &str) -> Digest {
    Digest::of(&manifest_bytes(world, bundle))
}

/// The manifest of a bundle, if its signature is right.
fn signed(world: &World, bundle: &str) -> Manifest {
    Manifest::parse(&jws::verify(&manifest_bytes(world, bundle), 1 << 20).unwrap().payload).unwrap()
}

/// Makes the signer of a bundle known to the store.
fn enrol(world: &World, bundle: &str, store: &str) {
    let jws = jws::verify(&manifest_bytes(world, bundle), 1 << 20).unwrap();
    let (device, driver) = (format!("--device={}", jws.device_id), signed(world, bundle).driver);
    waymark(&["device", "enrol", "--store", store, "--driver", driver.as_str(), &device, "--payout", PAYOUT]).done();
}
