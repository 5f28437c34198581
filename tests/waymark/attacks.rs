//! Cheats lose: every kind through the program, a few drives each.

use serde_json::Value;

use crate::program::waymark;
use crate::world::World;

/// Two cheats of each kind beside six honest drives, small and short.
fn attacks(world: &World) -> Value {
    let out = world.text("attacks");
    let few = ["attacks", "--out", &out, "--drives", "2", "--honest", "6", "--seed", "3"];
    waymark(&[few.as_slice(), &["--seconds", "12", "--size", "640x360"]].concat()).done()
}

/// Kinds that a clip, its device or its footage give away, however few others there are.
const ALONE: [&str; 9] =
    ["replay", "copy", "teleport", "walk-the-map", "parked", "photo", "night-as-day", "two-places", "tamper"];

#[test]
fn cheats_are_found_out_and_honest_drives_are_not_doubted() {
    let world = World::unenrolled();
    let said = attacks(&world);
    for kind in said["kinds"].as_array().unwrap() {
        let name = kind["kind"].as_str().unwrap();
        assert_eq!(kind["false_alarms"], 0, "{kind}");
        if ALONE.contains(&name) {
            assert_eq!(kind["detected"], kind["drives"], "{kind}");
        }
    }
    assert_eq!(said["kinds"].as_array().unwrap().len(), 10);
    let picture = std::fs::read(world.path("attacks/roc.png")).unwrap();
    assert_eq!(&picture[1..4], b"PNG");
    // Once more, nothing is made again, and the figures are the same.
    assert_eq!(attacks(&world), said);
}
