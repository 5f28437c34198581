//! The demo: everything at once, as a person sees it first.

use std::fs;

use crate::assets::{assets, short_drive};
use crate::files::{contents, named};
use crate::finished::EPOCH;
use crate::footage::bytes;
use crate::program::waymark;
use crate::world::{World, models};

#[test]
fn a_demo_turns_a_folder_of_footage_into_a_paid_map_with_pictures_and_can_be_repeated() {
    let Some(assets) = assets() else { return };
    let world = World::unenrolled();
    for (i, frame) in short_drive(&assets).iter().enumerate() {
        world.write(&format!("footage/{i}.jpg"), &bytes(frame));
    }
    let (footage, out, from) = (world.text("footage"), world.text("out"), assets.join("models"));
    let from = from.to_str().unwrap();
    let demo = || waymark(&["demo", "--footage", &footage, "--out", &out, "--models-from", from, "--models", models()]);
    let answer = demo();
    assert_eq!(answer.code, Some(0), "{answer:?}");
    for step in ["device sign", "ingest", "build", "pay", "verify epoch", "verify snapshot", "report"] {
        assert!(answer.stderr.contains(&format!("$ waymark {step} ")), "{step} is not shown: {}", answer.stderr);
    }
    for picture in ["map.png", "frame.png"] {
        let drawn = image::open(world.path("out/pictures").join(picture)).unwrap();
        assert!(drawn.width() > 100 && drawn.height() > 100, "{picture}");
    }
    let store = world.path("out/store");
    waymark(&["verify", "epoch", "--store", store.to_str().unwrap(), "--epoch", EPOCH]).done();
    let before = contents(&store);
    assert_eq!(demo().code, Some(0));
    assert_eq!(contents(&store), before);
}

#[test]
fn a_demo_writes_into_no_folder_of_others() {
    let world = World::unenrolled();
    fs::create_dir(world.path("footage")).unwrap();
    world.write("footage/a.jpg", b"");
    let note = world.write("mine/note.txt", b"mine");
    let refused = waymark(&["demo", "--footage", &world.text("footage"), "--out", &world.text("mine")]);
    assert!(refused.failed().stderr.contains("is in use"), "{refused:?}");
    assert_eq!(named(&world.path("mine"), "", "").len(), 1);
    assert_eq!(bytes(note), b"mine");
}
