//! Real models and footage beside the project, and what tests share.

use std::io::Write;
use std::path::PathBuf;

use bytes::Bytes;
use waymark_vision::{Detector, Pack, PackManifest, Runtime, STREET};

/// The folder of real assets; says so and gives nothing where they are not present.
pub fn assets() -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/assets"));
    if folder.is_dir() {
        return Some(folder);
    }
    // Written past the harness, which would swallow it: a skip is loud.
    std::io::stderr().write_all(b"skipped: assets not present\n").unwrap();
    None
}

pub fn read(path: &str) -> Option<Bytes> {
    let bytes = std::fs::read(assets()?.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    Some(bytes.into())
}

/// ONNX Runtime is no asset: `make setup` fetches it, and without it nothing here would be tested.
pub fn runtime() -> Runtime {
    let library = std::env::var_os("ORT_DYLIB_PATH").expect("ORT_DYLIB_PATH is not set: run `make setup` first");
    Runtime::load(Some(library.as_ref())).unwrap()
}

/// A pack of the public models with `text` as its `pack.toml`.
pub fn pack(text: &str) -> Option<Pack> {
    let models = assets()?.join("models");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pack.toml"), text).unwrap();
    for model in PackManifest::parse(text).unwrap().models {
        std::os::unix::fs::symlink(models.join(&model.file), folder.path().join(&model.file)).unwrap();
    }
    Some(Pack::load(folder.path()).unwrap())
}

pub fn street_detector() -> Option<Detector> {
    let pack = pack(STREET)?;
    Some(Detector::new(&runtime(), &pack).unwrap())
}

/// The detections of the reference decoders: image, model, boxes with scores and classes.
pub struct Reference {
    pub image: String,
    pub model: String,
    pub class: String,
    pub score: f32,
    pub edges: [f32; 4],
}

pub fn reference() -> Option<Vec<Reference>> {
    let text = read("reference/reference_detections.json")?;
    let all: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&text).unwrap();
    let mut found = Vec::new();
    for (image, models) in all.iter().filter(|(image, _)| *image != "_about") {
        for (model, boxes) in models.as_object().unwrap().iter().filter(|(model, _)| *model != "size") {
            for item in boxes.as_array().unwrap() {
                let edge = |i: usize| item["box"][i].as_f64().unwrap() as f32;
                found.push(Reference {
                    image: image.clone(),
                    model: model.clone(),
                    class: item["class"].as_str().unwrap().to_owned(),
                    score: item["score"].as_f64().unwrap() as f32,
                    edges: [edge(0), edge(1), edge(2), edge(3)],
                });
            }
        }
    }
    Some(found)
}
