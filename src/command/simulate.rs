//! `waymark simulate`: drives through the synthetic town, signed like any footage.

use std::fs;
use std::path::Path;

use anyhow::Context;
use serde_json::json;
use waymark_datasets::{Digest, DriverId};
use waymark_ingest::{Camera, DeviceKey, SignRequest, sign_clip};
use waymark_simulate::{Attack, DriveReport, Plan, simulate};
use waymark_vision::probe;

use super::{Ask, device};
use crate::Done;
use crate::cli::Simulate;
use crate::progress;

pub(super) fn run(ask: &Ask, what: &Simulate) -> anyhow::Result<Done> {
    let plan = Plan::new(what.seed, what.drives, what.seconds, what.start)?;
    let plan = plan.in_epoch(what.epoch).with_size(what.size);
    let plan = match what.attack {
        Some(attack) => plan.with_attack(attack)?,
        None => plan,
    };
    let bar = progress::bar("simulate", (plan.drives() * plan.frames()) as usize);
    let report = simulate(&plan, &what.out, &mut |_| bar.inc(1))?;
    bar.finish_and_clear();
    for drive in &report.drives {
        sign(ask, &plan, (&what.out, drive))?;
    }
    let out = what.out.display();
    let (drives, frames, boxes) = (report.drives.len(), report.frames, report.boxes);
    let text =
        format!("{drives} drives, {frames} frames, {boxes} boxes of truth in {out}/truth; signed in {out}/bundles");
    ask.say(&json!({ "drives": drives, "frames": frames, "boxes": boxes, "objects": report.objects }), &text)?;
    Ok(Done::Yes)
}

/// The account of a simulated device.
pub(super) fn driver(device: u32) -> anyhow::Result<DriverId> {
    Ok(format!("driver-{device:03}").parse()?)
}

fn sign(ask: &Ask, plan: &Plan, (out, drive): (&Path, &DriveReport)) -> anyhow::Result<()> {
    let key = key(plan.seed(), drive.device)?;
    let file = out.join(format!("devices/{:03}.key", drive.device));
    if !file.exists() {
        device::write_key(&file, &key)?;
    }
    let bundle = out.join(format!("bundles/{:03}", drive.number));
    let camera = Camera { model: "simulated".into(), hfov_deg: Some(plan.camera().horizontal_fov_deg()) };
    let request = SignRequest {
        key: &key,
        driver: driver(drive.device)?,
        inputs: vec![drive.folder.join("drive.mp4"), drive.folder.join("drive.nmea")],
        camera,
        video_start: Some(drive.start),
        nonce: None,
        out: bundle.clone(),
        chain: Some(file.with_extension("chain.json")),
        settings: &ask.config.ingest,
        now: ask.now,
    };
    sign_clip(&request, &probe).with_context(|| format!("drive {:03}", drive.number))?;
    if drive.attack == Some(Attack::Tamper) { tamper(&bundle.join("drive.mp4")) } else { Ok(()) }
}

/// Follows from the seed, so that the same call signs the same bytes; good for nothing but the simulated town.
fn key(seed: u64, device: u32) -> anyhow::Result<DeviceKey> {
    Ok(DeviceKey::from_seed(Digest::of(format!("waymark simulated device {seed} {device}").as_bytes()).as_bytes())?)
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
