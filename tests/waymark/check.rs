//! `models check` held against truths that are known: a simulated drive, and pictures labelled in COCO's format.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::assets::assets;
use crate::files::copy;
use crate::made::{Thing, pack_toml, yolox};
use crate::program::{command, waymark};
use crate::scratch::scratch;
use crate::world::{World, models};

/// One simulated drive of two seconds, filmed once for all tests. Nobody changes it: copy it first.
fn drive() -> &'static str {
    static DRIVE: OnceLock<String> = OnceLock::new();
    DRIVE.get_or_init(|| {
        let out = scratch().join("checked").to_str().unwrap().to_owned();
        waymark(&["simulate", "--out", &out, "--drives", "1", "--seconds", "2", "--seed", "11"]).done();
        out
    })
}

fn check(truth: &str, pack: &str, more: &[&str]) -> Value {
    waymark(&[&["models", "check", "--truth", truth, "--pack", pack], more].concat()).done()
}

fn class<'a>(checked: &'a Value, name: &str) -> &'a Value {
    checked["classes"].as_array().unwrap().iter().find(|class| class["class"] == name).unwrap()
}

/// Part and whole of a share.
fn share(value: &Value) -> (u64, u64) {
    (value["part"].as_u64().unwrap(), value["whole"].as_u64().unwrap())
}

#[test]
fn a_drive_is_scored_against_all_that_its_frames_show() {
    let alone = check(drive(), "town", &["--threads", "1"]);
    assert_eq!((&alone["pack"], &alone["frames"]), (&json!("town"), &json!(4)));
    let wholes = ["face", "plate", "person", "vehicle"].map(|name| share(&class(&alone, name)["recall"]["all"]).1);
    assert!(wholes.iter().sum::<u64>() > 0, "nobody was to be found: {alone}");
    assert_eq!(share(&alone["private"]["recall"]["all"]).1, wholes[0] + wholes[1]);
    let (asked, all) = (share(&alone["redacted"]["all"]).1, share(&alone["redacted_of_all"]).1);
    assert!(asked == wholes[0] + wholes[1] && asked <= all, "{alone}");
    assert_eq!(alone["not_scored"], json!({}), "the pack knows all that the town has");
    assert_eq!(alone, check(drive(), "town", &["--threads", "3"]));
    let twice = check(drive(), "town", &["--every", "20", "--truth", drive()]);
    assert_eq!(twice["frames"], 2, "two folders are scored together");
}

#[test]
fn public_models_are_scored_on_the_simulated_town_too() {
    if assets().is_none() {
        return;
    }
    let checked = check(drive(), "street", &["--models", models(), "--every", "10"]);
    assert_eq!((&checked["frames"], &class(&checked, "plate")["role"]), (&json!(2), &json!("private")));
    assert!(checked["not_scored"]["vehicle"].as_u64() > Some(0), "{checked}");
    assert!(checked["classes"].as_array().unwrap().iter().all(|class| class["class"] != "no-entry"), "{checked}");
}

#[test]
fn what_is_in_the_program_is_pulled_without_a_network() {
    let world = World::unenrolled();
    let models = world.text("models");
    let listed = |state: &str| {
        let listed = waymark(&["models", "list", "--models", &models]).done();
        let town = listed.as_array().unwrap().iter().find(|pack| pack["pack"] == "town").unwrap().clone();
        assert_eq!(town["state"], state, "{town}");
    };
    listed("ready, within this program");
    let mut pull = command(&["models", "pull", "town", "--models", &models]);
    // Nothing listens there.
    let nowhere = "http://127.0.0.1:9";
    pull.env("HTTPS_PROXY", nowhere).env("HTTP_PROXY", nowhere).env("ALL_PROXY", nowhere);
    assert!(pull.output().unwrap().status.success());
    listed("ready");
    fs::remove_file(world.path("models/town/pack.toml")).unwrap();
    let answer = waymark(&["models", "list", "--models", &models]);
    assert!(answer.stdout.contains("not ready"), "{answer:?}");
}

/// A pack that sees a face at 10, 10 to 30, 30 and a stop sign at 40, 8 to 60, 28 in every picture of 64 x 64.
fn seeing(world: &World) -> String {
    let onnx = yolox(
        64,
        &[8, 16, 32],
        &[
            Thing { stride: 8, edges: [10.0, 10.0, 30.0, 30.0], scores: &[0.9, 0.0] },
            Thing { stride: 16, edges: [40.0, 8.0, 60.0, 28.0], scores: &[0.0, 0.8] },
        ],
    );
    let classes = "score_min = 0.5\nclass = [{ index = 0, name = \"face\", role = \"private\" }, \
         { index = 1, name = \"stop-sign\", role = \"map\" }]";
    world.write("made/pack.toml", pack_toml(&onnx, 64, classes).as_bytes());
    world.write("made/made.onnx", &onnx);
    world.text("made")
}

/// Two pictures: one shows just what the pack sees, the other a face elsewhere, a crowd of stop signs, and a tram.
fn annotations() -> Value {
    json!({
        "images": [
            { "id": 7, "file_name": "a.png", "width": 64, "height": 64 },
            { "id": 9, "file_name": "below/b.png" },
        ],
        "annotations": [
            { "image_id": 7, "category_id": 1, "bbox": [10, 10, 20, 20] },
            { "image_id": 7, "category_id": 2, "bbox": [40, 8, 20, 20], "iscrowd": 0 },
            { "image_id": 9, "category_id": 1, "bbox": [1.5, 34, 24, 24] },
            { "image_id": 9, "category_id": 2, "bbox": [30, 0, 34, 40], "iscrowd": 1 },
            { "image_id": 9, "category_id": 3, "bbox": [0, 0, 64, 64] },
        ],
        "categories": [
            { "id": 1, "name": "Face" },
            { "id": 2, "name": "stop sign", "supercategory": "outdoor" },
            { "id": 3, "name": "tram" },
        ],
    })
}

fn labelled(world: &World, annotations: &Value) -> String {
    world.write("labelled/annotations.json", annotations.to_string().as_bytes());
    for name in ["a.png", "below/b.png"] {
        let mut png = std::io::Cursor::new(Vec::new());
        image::RgbImage::new(64, 64).write_to(&mut png, image::ImageFormat::Png).unwrap();
        world.write(&format!("labelled/{name}"), png.get_ref());
    }
    world.text("labelled")
}

#[test]
fn labelled_pictures_are_scored_by_the_same_rules() {
    let world = World::unenrolled();
    let checked = check(&labelled(&world, &annotations()), &seeing(&world), &[]);
    let (face, stop) = (class(&checked, "face"), class(&checked, "stop-sign"));
    assert_eq!((share(&face["recall"]["16-32 px"]), &face["false_positives"]["all"]), ((1, 2), &json!(1)));
    assert_eq!((share(&face["precision"]), &face["false_positives_per_frame"]), ((1, 2), &json!(0.5)));
    assert_eq!(
        (share(&stop["recall"]["all"]), &stop["false_positives"]["all"]),
        ((1, 1), &json!(0)),
        "a crowd excuses"
    );
    assert_eq!((share(&checked["redacted"]["all"]), share(&checked["redacted_of_all"])), ((1, 2), (1, 2)));
    assert_eq!((&checked["frames"], &checked["not_scored"]), (&json!(2), &json!({ "tram": 1 })));
    let mut shown = command(&["models", "check", "--truth", &world.text("labelled"), "--pack", &world.text("made")]);
    let arguments: Vec<_> = shown.get_args().filter(|argument| *argument != "--json").map(ToOwned::to_owned).collect();
    shown = std::process::Command::new(shown.get_program());
    let output = shown.args(arguments).env("ORT_DYLIB_PATH", std::env::var_os("ORT_DYLIB_PATH").unwrap()).output();
    let text = String::from_utf8(output.unwrap().stdout).unwrap();
    assert!(text.contains("0.500 (1/2)") && text.contains("tram (1)") && text.contains("redacted"), "{text}");
}

#[test]
fn a_folder_without_a_usable_truth_is_refused_with_a_sentence() {
    let world = World::unenrolled();
    let pack = seeing(&world);
    let refused = |truth: &str, said: &str| {
        let answer = waymark(&["models", "check", "--truth", truth, "--pack", &pack]);
        assert!(answer.failed().stderr.contains(said), "{said:?} is not in {answer:?}");
    };
    refused(&world.text("nowhere"), "holds no truth");
    type Edit = fn(&mut Value);
    let edits: [(Edit, &str); 10] = [
        (|all| all["images"] = json!([]), "names no images"),
        (|all| all["images"] = json!("none"), "not in the format of COCO"),
        (|all| all["images"][1]["id"] = json!(7), "the same id"),
        (|all| all["images"][1]["file_name"] = json!("../made/made.onnx"), "not below this folder"),
        (|all| all["images"][1]["file_name"] = json!("c.png"), "c.png is not there"),
        (|all| all["images"][0]["width"] = json!(65), "64x64"),
        (|all| all["annotations"][0]["image_id"] = json!(8), "there is no image 8"),
        (|all| all["annotations"][0]["category_id"] = json!(8), "there is no category 8"),
        (|all| all["annotations"][0]["bbox"] = json!([10, 10, -2, 5]), "make no box"),
        (|all| all["categories"][0]["name"] = json!("Gesicht!"), "Gesicht!"),
    ];
    for (edit, said) in edits {
        let mut all = annotations();
        edit(&mut all);
        refused(&labelled(&world, &all), said);
    }
}

#[test]
fn a_drive_that_does_not_fit_its_truth_is_refused_with_a_sentence() {
    let world = World::unenrolled();
    let pack = seeing(&world);
    let refused = |name: &str, change: &dyn Fn(PathBuf), said: &str| {
        copy(drive().as_ref(), &world.path(name), &["bundles", "devices"]);
        change(world.path(name));
        let answer = waymark(&["models", "check", "--truth", &world.text(name), "--pack", &pack]);
        assert!(answer.failed().stderr.contains(said), "{said:?} is not in {answer:?}");
    };
    refused("none", &|town| fs::remove_dir_all(town.join("drives/001")).unwrap(), "no drives/001");
    refused("torn", &|town| fs::write(town.join("truth/boxes.parquet"), "PAR1").unwrap(), "boxes.parquet");
    let short = world.text("short-drive");
    waymark(&["simulate", "--out", &short, "--drives", "1", "--seconds", "1", "--seed", "11"]).done();
    let video = world.path("short-drive/drives/001/drive.mp4");
    let cut = |town: PathBuf| fs::copy(&video, town.join("drives/001/drive.mp4")).map(|_| ()).unwrap();
    refused("short", &cut, "which has 10 frames");
}
