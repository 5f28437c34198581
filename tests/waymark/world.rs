//! A driver with a key, a store that may know it, and a folder to work in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Value, json};
use tempfile::TempDir;
use waymark_datasets::rows::VerdictRow;
use waymark_datasets::table::decode;
use waymark_datasets::{Digest, MediaKind};
use waymark_ingest::{DeviceKey, Manifest};

use crate::assets::assets;
use crate::files::named;
use crate::program::{Answer, waymark};
use crate::scratch::{folder, scratch};

pub const DRIVER: &str = "ana";
pub const PAYOUT: &str = "0x52908400098527886E0F7030069857D2E4169EE7";

pub struct World {
    pub folder: TempDir,
    pub key: DeviceKey,
}

impl World {
    /// A store that knows the device.
    pub fn new() -> Self {
        let world = Self::unenrolled();
        world.enrol(&world.store()).done();
        world
    }

    /// A store that does not. The key is the same in every world, so that their stores can be compared.
    pub fn unenrolled() -> Self {
        let world = Self { folder: folder(), key: DeviceKey::from_seed(&[7; 32]).unwrap() };
        world.write("device.key", world.key.to_pkcs8_pem().unwrap().as_bytes());
        world
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub fn store(&self) -> String {
        self.text("store")
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    pub fn enrol(&self, store: &str) -> Answer {
        // An id may begin with a dash.
        let device = format!("--device={}", self.key.device_id());
        waymark(&["device", "enrol", "--store", store, "--driver", DRIVER, &device, "--payout", PAYOUT])
    }

    /// Signs `inputs` into the bundle `out`.
    pub fn sign(&self, inputs: &[PathBuf], out: &str) -> Answer {
        let (key, out) = (self.text("device.key"), self.text(out));
        let mut arguments = vec!["device", "sign", "--key", &key, "--driver", DRIVER, "--out", &out];
        arguments.extend(inputs.iter().map(|input| input.to_str().unwrap()));
        waymark(&arguments)
    }

    /// Makes bundle `name` with a manifest that fits the files, without the checks that signing makes.
    pub fn forge(&self, name: &str, files: &[(&str, Vec<u8>)], captured_ms: (i64, i64)) -> PathBuf {
        let media: Vec<Value> = files.iter().map(|(name, bytes)| media(name, bytes)).collect();
        let json = json!({
            "version": 1, "clip_id": "0".repeat(32), "sequence": 0, "previous": null, "driver": DRIVER,
            "captured": {"start_ms": captured_ms.0, "end_ms": captured_ms.1}, "nonce": null,
            "camera": {"model": "Test Cam 1", "hfov_deg": null}, "media": media,
        });
        let mut manifest = Manifest::parse(json.to_string().as_bytes()).unwrap();
        manifest.clip_id = manifest.derived_clip_id(self.key.device_id());
        for (file, bytes) in files {
            self.write(&format!("{name}/{file}"), bytes);
        }
        self.write(&format!("{name}/manifest.jws"), self.key.sign(&manifest.to_json().unwrap()).as_bytes());
        self.path(name)
    }

    /// Signs what `edit` makes of a bundle's manifest, whatever it is.
    pub fn resign(&self, bundle: &Path, edit: impl FnOnce(&mut Value)) {
        let jws = fs::read(bundle.join("manifest.jws")).unwrap();
        let payload = waymark_ingest::jws::verify(&jws, 1 << 20).unwrap().payload;
        let mut json = serde_json::from_slice(&payload).unwrap();
        edit(&mut json);
        fs::write(bundle.join("manifest.jws"), self.key.sign(&serde_json::to_vec(&json).unwrap())).unwrap();
    }

    pub fn verdicts(&self) -> Vec<VerdictRow> {
        let read = |(name, path): (String, PathBuf)| decode(&name, fs::read(path).unwrap().into()).unwrap();
        named(&self.path("store"), "verdicts/", ".parquet").into_iter().flat_map(read).collect()
    }
}

fn media(name: &str, bytes: &[u8]) -> Value {
    let (kind, media_type) = match name.rsplit_once('.').unwrap().1 {
        "jpg" => (MediaKind::Still, "image/jpeg"),
        "mp4" => (MediaKind::Video, "video/mp4"),
        _ => (MediaKind::Track, "text/csv"),
    };
    json!({"name": name, "kind": kind, "type": media_type, "size_bytes": bytes.len(), "sha256": Digest::of(bytes)})
}

/// Enrols the device that signed a bundle, for the driver whom its manifest names; `run` makes the program's call.
pub fn enrol_signer(bundle: &Path, store: &str, run: &impl Fn(&[&str]) -> Command) {
    let jws = fs::read(bundle.join("manifest.jws")).unwrap();
    let jws = waymark_ingest::jws::verify(&jws, 1 << 20).unwrap();
    let driver = waymark_ingest::Manifest::parse(&jws.payload).unwrap().driver.to_string();
    let device = format!("--device={}", jws.device_id);
    let enrol = ["device", "enrol", "--store", store, "--driver", &driver, &device, "--payout", PAYOUT];
    Answer::from(run(&enrol).output().unwrap()).done();
}

/// Takes one bundle into a store.
pub fn ingest(bundle: &Path, store: &str) -> Answer {
    waymark(&["ingest", bundle.to_str().unwrap(), "--store", store])
}

/// Builds a store on so many threads.
pub fn build(store: &str, threads: &str) -> Answer {
    waymark(&build_arguments(store, models(), threads))
}

pub fn build_arguments<'a>(store: &'a str, models: &'a str, threads: &'a str) -> [&'a str; 7] {
    ["build", "--store", store, "--models", models, "--threads", threads]
}

pub fn pay(store: &str, epoch: &str) -> Answer {
    waymark(&["pay", "--store", store, "--epoch", epoch])
}

/// The folder of model packs, pulled once for all tests.
pub fn models() -> &'static str {
    static MODELS: OnceLock<String> = OnceLock::new();
    MODELS.get_or_init(|| {
        let from = assets().expect("only tests that found assets ask for models").join("models");
        let models = scratch().join("models").to_str().unwrap().to_owned();
        let pulled = waymark(&["models", "pull", "--from", from.to_str().unwrap(), "--models", &models]).done();
        assert_eq!(pulled["pack"], "street");
        models
    })
}
