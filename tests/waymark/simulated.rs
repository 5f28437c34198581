//! The simulated town from the command line: signed like any footage, the same every time, and its cheats labelled.

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
        let manifest = std::fs::read(world.path(&format!("town/bundles/{number}/manifest.jws"))).unwrap();
        let signed = waymark_ingest::jws::verify(&manifest, 1 << 20).unwrap();
        let (device, driver) = (format!("--device={}", signed.device_id), format!("driver-{number}"));
        waymark(&["device", "enrol", "--store", &store, "--driver", &driver, &device, "--payout", PAYOUT]).done();
        let answer = ingest(&world.path(&format!("town/bundles/{number}")), &store).json();
        states.push(answer.get("reason").unwrap_or(&answer["state"]).as_str().unwrap().to_owned());
    }
    states.sort();
    assert_eq!(states, ["landed", "media_mismatch"]);
}

#[test]
fn what_cannot_be_simulated_is_refused_with_a_sentence() {
    let world = World::unenrolled();
    let out = world.text("out");
    for (wrong, said) in [
        (["--drives", "0"], "0 drives"),
        (["--seconds", "0"], "0 seconds"),
        (["--size", "17x9"], "17x9"),
        (["--attack", "charm"], "expected one of replay"),
        (["--epoch", "3"], "expected 1 or 2"),
    ] {
        let answer = waymark(&[&["simulate", "--out", &out], &wrong[..]].concat());
        assert!(matches!(answer.code, Some(1 | 2)) && answer.stderr.contains(said), "{wrong:?}: {answer:?}");
    }
    assert!(!world.path("out").exists());
}
