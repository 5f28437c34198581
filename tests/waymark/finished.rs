//! The whole drive from frames to pay, by single commands, once for all tests.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::Value;

use crate::assets::assets;
use crate::program::waymark;
use crate::scratch::scratch;
use crate::world::{DRIVER, PAYOUT, build, ingest, models, pay};

/// When the drive was.
pub const EPOCH: &str = "2025-W51";

/// A store that is built and paid, and what each command said. Nobody changes it: copy it first.
pub struct Finished {
    pub store: PathBuf,
    pub bundle: PathBuf,
    /// Permissions of the key file.
    pub key_mode: u32,
    pub device: Value,
    pub signed: Value,
    pub ingested: Value,
    pub built: Value,
    pub paid: Value,
}

/// The store of the whole drive; none where assets are not present.
pub fn finished() -> Option<&'static Finished> {
    static FINISHED: OnceLock<Finished> = OnceLock::new();
    let frames = assets()?.join("images/bee_sf");
    Some(FINISHED.get_or_init(|| finish(frames.to_str().unwrap())))
}

fn finish(frames: &str) -> Finished {
    let folder = scratch().join("finished");
    let [key, store, bundle] = ["device.key", "store", "bundle"].map(|name| folder.join(name));
    std::fs::create_dir(&folder).unwrap();
    let (key_text, store_text) = (key.to_str().unwrap(), store.to_str().unwrap());
    let device = waymark(&["device", "new", "--out", key_text]).done();
    let id = format!("--device={}", device["device"].as_str().unwrap());
    waymark(&["device", "enrol", "--store", store_text, "--driver", DRIVER, &id, "--payout", PAYOUT]).done();
    let out = bundle.to_str().unwrap();
    let signed = waymark(&["device", "sign", "--key", key_text, "--driver", DRIVER, "--out", out, frames]).done();
    let ingested = ingest(&bundle, store_text).done();
    models();
    let built = build(store_text, "2").done();
    let paid = pay(store_text, EPOCH).done();
    let key_mode = key.metadata().unwrap().permissions().mode() & 0o777;
    Finished { store, bundle, key_mode, device, signed, ingested, built, paid }
}
