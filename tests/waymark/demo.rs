//! The demo: everything at once, as a person sees it first.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;
use waymark_datasets::rows::{CoverageRow, FeatureRow, FrameRow, PayoutRow};
use waymark_datasets::table::{Row, decode};

use crate::assets::{assets, short_drive};
use crate::files::{assert_same, contents, named};
use crate::finished::EPOCH;
use crate::footage::bytes;
use crate::program::{Answer, waymark};
use crate::world::{World, models};

const PICTURES: [&str; 3] = ["map.png", "frame.png", "contact-sheet.jpg"];

#[test]
fn a_demo_needs_nothing_but_the_program_and_comes_out_the_same_twice() {
    let ((world, told), again) = (demoed(), World::unenrolled());
    let told_again = town_demo(&again);
    assert_eq!(told.stdout, told_again.stdout);
    assert_same(&world.path("demo-out"), &again.path("demo-out"), "two demos");
    for step in ["simulate", "device enrol", "ingest", "pay", "verify epoch", "verify snapshot", "report"] {
        assert!(told.stderr.contains(&format!("$ waymark {step} ")), "{step} is not shown: {}", told.stderr);
    }
    for title in ["Frames\n", "Redaction\n", "Coverage\n", "Map", "Against the truth\n", "Pay of 2026-W04 "] {
        assert!(told.stdout.contains(&format!("\n{title}")), "no {title:?} in {}", told.stdout);
    }
    assert_pictures(&world.path("demo-out/pictures"));
    assert_report_is_of_the_store(world);
}

/// The folder of a short demo, made once for all tests that look at one, and what it told. Nobody writes into it.
pub fn demoed() -> &'static (World, Answer) {
    static DEMOED: OnceLock<(World, Answer)> = OnceLock::new();
    DEMOED.get_or_init(|| {
        let world = World::unenrolled();
        let told = town_demo(&world);
        (world, told)
    })
}

/// A short demo in the folder of the world, told as text.
fn town_demo(world: &World) -> Answer {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_waymark"));
    demo.args(["demo", "--seconds", "4"]).current_dir(world.folder.path());
    demo.env_remove("WAYMARK_CONFIG").env_remove("WAYMARK_MODELS").env_remove("WAYMARK_LOG");
    let answer = Answer::from(demo.output().unwrap());
    assert_eq!(answer.code, Some(0), "{answer:?}");
    answer
}

/// Each is there, and has a lot to see in it.
fn assert_pictures(folder: &Path) {
    for name in PICTURES {
        let picture = image::open(folder.join(name)).unwrap().into_rgb8();
        assert!(picture.width() >= 1000 && picture.height() >= 300, "{name}");
        let colours: BTreeSet<[u8; 3]> = picture.pixels().map(|pixel| pixel.0).collect();
        assert!(colours.len() > 100, "{name} is blank");
    }
}

fn assert_report_is_of_the_store(world: &World) {
    let (store, town) = (world.path("demo-out/store"), world.path("demo-out/town"));
    let [one, two] = ["epoch-1", "epoch-2"].map(|epoch| town.join(epoch).to_str().unwrap().to_owned());
    let report = ["report", "--store", store.to_str().unwrap(), "--truth", &one, "--truth", &two];
    let report = waymark(&report).done();
    let frames: Vec<FrameRow> = rows(&store);
    assert_eq!((&report["clips_accepted"], &report["frames_in"]), (&Value::from(6), &Value::from(240)));
    assert_eq!(report["frames_sampled"], frames.len());
    assert!(frames.len() >= 6, "every clip has a frame: {report}");
    let drivers: BTreeSet<_> = frames.iter().map(|frame| frame.driver.to_string()).collect();
    assert_eq!(drivers, BTreeSet::from(["driver-001", "driver-002", "driver-003"].map(String::from)));
    let slots: BTreeSet<_> = rows::<CoverageRow>(&store).iter().map(|row| (row.h3_cell, row.heading_octant)).collect();
    assert_eq!(report["slots"], slots.len());
    let features = rows::<FeatureRow>(&store.join("features/epoch=2026-W04"));
    let counted: u64 = report["features"].as_object().unwrap().values().map(sum).sum();
    assert_eq!(counted, features.len() as u64);
    let epochs = report["epochs"].as_array().unwrap();
    assert_eq!(
        epochs.iter().map(|epoch| epoch["epoch"].as_str().unwrap()).collect::<Vec<_>>(),
        ["2026-W03", "2026-W04"]
    );
    for epoch in epochs {
        let folder = store.join(format!("payouts/epoch={}", epoch["epoch"].as_str().unwrap()));
        for payout in rows::<PayoutRow>(&folder) {
            let said = &epoch["drivers"][payout.driver.to_string()];
            assert_eq!(said["points_ppm"], payout.points_ppm);
            assert_eq!(said["amount"], payout.amount.to_string());
        }
    }
}

fn sum(counts: &Value) -> u64 {
    counts.as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum()
}

/// All rows of a table in a folder of a store, or of a part of that table.
fn rows<R: Row>(folder: &Path) -> Vec<R> {
    let table = format!("{}/", R::TABLE.name());
    let prefix = if folder.join(R::TABLE.name()).is_dir() { table.as_str() } else { "" };
    let files = if folder.is_dir() { named(folder, prefix, ".parquet") } else { Vec::new() };
    files.into_iter().flat_map(|(name, path)| decode::<R>(&name, fs::read(path).unwrap().into()).unwrap()).collect()
}

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
    for picture in PICTURES {
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
