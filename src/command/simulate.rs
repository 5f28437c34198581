//! `waymark simulate`: drives through the synthetic town, signed like any footage.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde_json::json;
use waymark_datasets::{Digest, DriverId};
use waymark_ingest::{AdmitSettings, Camera, DeviceKey, SignRequest, sign_clip};
use waymark_simulate::{Attack, DriveReport, Plan, PlanError, simulate};
use waymark_vision::probe;

use super::{Ask, device};
use crate::Done;
use crate::cli::Simulate;
use crate::progress;
use crate::stage::threads;

pub(super) fn run(ask: &Ask, what: &Simulate) -> anyhow::Result<Done> {
    let plan = plan(what)?;
    let garage = Garage::new(plan.seed(), what.devices.clone().unwrap_or_else(|| what.out.join("devices")));
    // Before the long part: a key that is not ours is no use at its end.
    for device in 1..=plan.drives() {
        garage.key(device)?;
    }
    let bar = progress::bar("simulate", (plan.drives() * plan.frames()) as usize);
    let report = simulate(&plan, &what.out, threads(), &mut |_| bar.inc(1))?;
    bar.finish_and_clear();
    for drive in &report.drives {
        let bundle = what.out.join(format!("bundles/{:03}", drive.number));
        sign(ask, (&plan, &garage), (drive, bundle)).with_context(|| format!("drive {:03}", drive.number))?;
    }
    let out = what.out.display();
    let (drives, frames, boxes) = (report.drives.len(), report.frames, report.boxes);
    let text =
        format!("{drives} drives, {frames} frames, {boxes} boxes of truth in {out}/truth; signed in {out}/bundles");
    ask.say(&json!({ "drives": drives, "frames": frames, "boxes": boxes, "objects": report.objects }), &text)?;
    Ok(Done::Yes)
}

fn plan(what: &Simulate) -> Result<Plan, PlanError> {
    let plan = Plan::new(what.seed, what.drives, what.seconds, what.start)?.in_epoch(what.epoch).with_size(what.size);
    let plan = plan.with_camera(what.lens.camera()?).with_track(what.track).with_imu(what.imu);
    match what.attack {
        Some(attack) => plan.with_attack(attack),
        None => Ok(plan),
    }
}

/// The account of a simulated device.
pub(super) fn driver(device: u32) -> anyhow::Result<DriverId> {
    Ok(format!("driver-{device:03}").parse()?)
}

/// The devices of one seed, and the folder of their keys and chains.
pub(super) struct Garage {
    seed: u64,
    folder: PathBuf,
}

impl Garage {
    pub(super) fn new(seed: u64, folder: PathBuf) -> Self {
        Self { seed, folder }
    }

    fn key_file(&self, device: u32) -> PathBuf {
        self.folder.join(format!("{device:03}.key"))
    }

    /// Follows from the seed, so that the same call signs the same bytes; good for nothing but the simulated town.
    /// A key that is in the folder already must be this one, as its chain is.
    pub(super) fn key(&self, device: u32) -> anyhow::Result<DeviceKey> {
        let seed = Digest::of(format!("waymark simulated device {} {device}", self.seed).as_bytes());
        let (key, file) = (DeviceKey::from_seed(seed.as_bytes())?, self.key_file(device));
        if file.exists() {
            let same = device::read_key(&file)?.device_id() == key.device_id();
            ensure!(same, "{}: is not of device {device} of seed {}: name another folder", file.display(), self.seed);
        }
        Ok(key)
    }

    /// The key, which then is in the folder.
    fn kept_key(&self, device: u32) -> anyhow::Result<DeviceKey> {
        let (key, file) = (self.key(device)?, self.key_file(device));
        if !file.exists() {
            device::write_key(&file, &key)?;
        }
        Ok(key)
    }
}

/// Signs a drive as its device would, and does what is to be done to it afterwards.
pub(super) fn sign(
    ask: &Ask,
    (plan, garage): (&Plan, &Garage),
    (drive, out): (&DriveReport, PathBuf),
) -> anyhow::Result<()> {
    let key = garage.kept_key(drive.device)?;
    let settings = settings(&ask.config.ingest, drive);
    let request = SignRequest {
        key: &key,
        driver: driver(drive.device)?,
        inputs: vec![drive.video.clone(), drive.track.clone()],
        camera: Camera { model: "simulated".into(), hfov_deg: Some(plan.camera().horizontal_fov_deg()) },
        video_start: Some(drive.start),
        nonce: None,
        out: out.clone(),
        chain: Some(garage.key_file(drive.device).with_extension("chain.json")),
        settings: &settings,
        now: ask.now,
    };
    sign_clip(&request, &probe)?;
    if drive.attack == Some(Attack::Tamper) { tamper(&out.join("drive.mp4")) } else { Ok(()) }
}

/// Who cheats signs what an honest program would not, such as a jump of 4 km.
fn settings(honest: &AdmitSettings, drive: &DriveReport) -> AdmitSettings {
    let speed_max_mps = if drive.attack.is_some() { f64::MAX } else { honest.speed_max_mps };
    AdmitSettings { speed_max_mps, ..honest.clone() }
}

/// Changes one byte of what was signed.
fn tamper(file: &Path) -> anyhow::Result<()> {
    let place = || file.display().to_string();
    let mut bytes = fs::read(file).with_context(place)?;
    if let Some(byte) = bytes.last_mut() {
        *byte ^= 1;
    }
    fs::write(file, bytes).with_context(place)
}
