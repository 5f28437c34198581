//! A server, a driver with an enrolled device, and a folder to work in.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use waymark_datasets::rows::{Verdict, VerdictRow};
use waymark_datasets::table::read_rows;
use waymark_datasets::{Digest, DriverId, Reason, Store, UtcMillis};
use waymark_ingest::denylist::Denylist;
use waymark_ingest::{
    Admission, AdmitContext, AdmitSettings, Camera, DeviceKey, Manifest, SignError, SignRequest, SignedClip, admit,
    registry, sign_clip,
};

use crate::footage::{START_MS, csv, drive, film, jpeg, probe, shot};

pub const PAYOUT: &str = "0x52908400098527886E0F7030069857D2E4169EE7";

pub struct World {
    pub store: Store,
    pub inbox: Store,
    pub settings: AdmitSettings,
    pub key: DeviceKey,
    pub driver: DriverId,
    pub now: UtcMillis,
    pub folder: TempDir,
}

impl World {
    /// A server that knows the device.
    pub async fn new() -> Self {
        let world = Self::unenrolled();
        registry::enrol(&world.store, &world.driver, world.key.device_id(), PAYOUT.parse().unwrap()).await.unwrap();
        world
    }

    /// A server that does not.
    pub fn unenrolled() -> Self {
        Self {
            store: Store::open("memory://").unwrap(),
            inbox: Store::open("memory://").unwrap(),
            settings: AdmitSettings::default(),
            key: DeviceKey::from_seed(&[7; 32]).unwrap(),
            driver: "ana".parse().unwrap(),
            now: (START_MS + 3_600_000).try_into().unwrap(),
            folder: TempDir::new().unwrap(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Ten stills in folder `stills`.
    pub fn stills(&self) -> PathBuf {
        for i in 0..10 {
            self.write(&format!("stills/{i:02}.jpg"), &jpeg(&shot(i)));
        }
        self.path("stills")
    }

    /// A film of 20 s with a track of 20 s beside it.
    pub fn film(&self) -> PathBuf {
        self.write("film.csv", &csv(&drive(20)));
        self.write("film.mp4", &film(20_000, Some(START_MS)))
    }

    pub fn request(&self, inputs: &[&Path], out: &str) -> SignRequest<'_> {
        SignRequest {
            key: &self.key,
            driver: self.driver.clone(),
            inputs: inputs.iter().map(|&input| input.to_path_buf()).collect(),
            camera: Camera { model: "Test Cam 1".into(), hfov_deg: Some(90.0) },
            video_start: None,
            nonce: None,
            out: self.path(out),
            chain: None,
            settings: &self.settings,
            now: self.now,
        }
    }

    pub fn sign(&self, inputs: &[&Path], out: &str) -> Result<SignedClip, SignError> {
        sign_clip(&self.request(inputs, out), &probe)
    }

    /// Ten stills, signed into folder `bundle`.
    pub fn signed_stills(&self) -> SignedClip {
        self.sign(&[&self.stills()], "bundle").unwrap()
    }

    /// A film and its track, signed into folder `bundle`.
    pub fn signed_film(&self) -> SignedClip {
        self.sign(&[&self.film()], "bundle").unwrap()
    }

    /// Signs what `edit` makes of a bundle's manifest, whatever it is.
    pub fn resign(&self, bundle: &Path, edit: impl FnOnce(&mut serde_json::Value)) {
        let jws = fs::read(bundle.join("manifest.jws")).unwrap();
        let payload = waymark_ingest::jws::verify(&jws, 1 << 20).unwrap().payload;
        let mut json = serde_json::from_slice(&payload).unwrap();
        edit(&mut json);
        fs::write(bundle.join("manifest.jws"), self.key.sign(&serde_json::to_vec(&json).unwrap())).unwrap();
    }

    /// Makes bundle `name` with a manifest that fits the files, without the checks that signing makes.
    pub fn forge(&self, name: &str, files: &[(&str, Vec<u8>)], captured: (i64, i64)) -> PathBuf {
        let media: Vec<serde_json::Value> = files.iter().map(|(name, bytes)| media_json(name, bytes)).collect();
        let json = serde_json::json!({
            "version": 1, "clip_id": "0".repeat(32), "sequence": 0, "previous": null, "driver": self.driver,
            "captured": {"start_ms": captured.0, "end_ms": captured.1}, "nonce": null,
            "camera": {"model": "Test Cam 1", "hfov_deg": null}, "media": media,
        });
        let mut manifest = Manifest::parse(&serde_json::to_vec(&json).unwrap()).unwrap();
        manifest.clip_id = manifest.derived_clip_id(self.key.device_id());
        for (file, bytes) in files {
            self.write(&format!("{name}/{file}"), bytes);
        }
        self.write(&format!("{name}/manifest.jws"), self.key.sign(&manifest.to_json().unwrap()).as_bytes());
        self.path(name)
    }

    pub async fn admit(&self, bundle: &Path) -> Admission {
        let context = AdmitContext {
            store: &self.store,
            inbox: &self.inbox,
            settings: &self.settings,
            denied: &Denylist::default(),
            now: self.now,
            probe: &probe,
        };
        admit(bundle, &context).await.unwrap()
    }

    /// Admits, and asserts that it was refused for `reason` and that the verdict says so.
    pub async fn assert_refused(&self, bundle: &Path, reason: Reason) -> VerdictRow {
        let Admission::Refused(rejection) = self.admit(bundle).await else { panic!("{reason} was not refused") };
        assert_eq!(rejection.reason, reason, "{rejection}");
        assert!(!rejection.detail.contains(self.folder.path().to_str().unwrap()), "{rejection} tells a path of ours");
        let verdicts = self.verdicts().await;
        // One verdict is filed per manifest and reason; a bundle without a readable manifest has the hash of nothing.
        let manifest = fs::read(bundle.join("manifest.jws")).unwrap_or_default();
        let names = [Digest::of(&manifest), Digest::of(b"")];
        let filed = |row: &VerdictRow| row.verdict == Verdict::Refused(reason) && names.contains(&row.manifest_sha256);
        verdicts.into_iter().find(filed).expect("a verdict is filed")
    }

    pub async fn verdicts(&self) -> Vec<VerdictRow> {
        let mut rows = Vec::new();
        for object in self.store.list("verdicts").await.unwrap() {
            rows.extend(read_rows::<VerdictRow>(&self.store, &object.path).await.unwrap().unwrap());
        }
        rows
    }
}

fn media_json(name: &str, bytes: &[u8]) -> serde_json::Value {
    let (kind, media_type) = match name.rsplit_once('.').unwrap().1 {
        "jpg" => ("still", "image/jpeg"),
        "mp4" => ("video", "video/mp4"),
        _ => ("track", "text/csv"),
    };
    let sha256 = waymark_datasets::Digest::of(bytes);
    serde_json::json!({"name": name, "kind": kind, "type": media_type, "size_bytes": bytes.len(), "sha256": sha256})
}

/// Every object of a store with its bytes.
pub async fn contents(store: &Store) -> Vec<(String, bytes::Bytes)> {
    let mut contents = Vec::new();
    for object in store.list("").await.unwrap() {
        let bytes = store.get(&object.path).await.unwrap().unwrap();
        contents.push((object.path, bytes));
    }
    contents
}
