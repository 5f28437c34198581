//! `waymark device`: the driver's side.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use serde_json::json;
use waymark_ingest::privacy::{Privacy, Trim, sign_privately};
use waymark_ingest::{Camera, DeviceKey, SignError, SignRequest, SignedClip};
use waymark_vision::{cut, probe};

use super::{Ask, enrolment};
use crate::Done;
use crate::cli::{Device, Sign};
use crate::zones;

pub(super) async fn run(ask: &Arc<Ask>, what: Device) -> anyhow::Result<Done> {
    match what {
        Device::New { out } => new(ask, &out),
        Device::Sign(what) => sign(ask, &what).await,
        Device::Upload(what) => super::upload::run(ask, &what).await,
        Device::Invite(what) => enrolment::invite(ask, &what).await,
        Device::Enrol(what) => enrolment::enrol(ask, &what).await,
        Device::Rotate(what) => enrolment::rotate(ask, &what).await,
        Device::Revoke(what) => enrolment::revoke(ask, &what).await,
        Device::Zone(what) => super::zone::run(ask, &what),
    }
}

fn new(ask: &Ask, out: &Path) -> anyhow::Result<Done> {
    let key = DeviceKey::generate()?;
    write_key(out, &key)?;
    ask.say(&json!({ "device": key.device_id(), "key": out }), key.device_id().as_str())?;
    Ok(Done::Yes)
}

/// Writes a key that only its owner can read; `out` must not exist.
pub(super) fn write_key(out: &Path, key: &DeviceKey) -> anyhow::Result<()> {
    let in_file = || format!("key file {}", out.display());
    let pem = key.to_pkcs8_pem()?;
    std::fs::create_dir_all(out.parent().unwrap_or(Path::new("."))).with_context(in_file)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(out).with_context(in_file)?;
    file.write_all(pem.as_bytes()).and_then(|()| file.sync_all()).with_context(in_file)
}

async fn sign(ask: &Ask, what: &Sign) -> anyhow::Result<Done> {
    let key = read_key(&what.key)?;
    let nonce = match &what.nonce_from {
        Some(server) => Some(enrolment::fetch_nonce(server).await?),
        None => None,
    };
    let request = SignRequest {
        key: &key,
        driver: what.driver.clone(),
        inputs: what.inputs.clone(),
        camera: Camera { model: what.camera.clone(), hfov_deg: what.hfov },
        video_start: what.video_start,
        nonce,
        out: what.out.clone(),
        // The chain lies beside the key: it is the key's memory.
        chain: Some(what.key.with_extension("chain.json")),
        settings: &ask.config.ingest,
        now: ask.now,
    };
    let zones = zones::read_for(&what.key, what.zones.as_deref())?;
    let trim = what.trim.map_or(Trim::Off, Trim::Clip);
    match sign_privately(&request, &Privacy { zones: &zones, trim }, (&probe, &cut)) {
        Ok(clips) => {
            clips.iter().try_for_each(|clip| say_signed(ask, clip))?;
            Ok(Done::Yes)
        }
        Err(SignError::Withheld(why)) => {
            ask.say(&json!({ "withheld": why }), &format!("not signed: {why}"))?;
            Ok(Done::No)
        }
        Err(SignError::Refused(rejection)) => {
            let value = json!({ "refused": rejection.reason, "detail": rejection.detail });
            ask.say(&value, &format!("refused, not signed: {rejection}"))?;
            Ok(Done::No)
        }
        Err(error) => Err(error.into()),
    }
}

fn say_signed(ask: &Ask, clip: &SignedClip) -> anyhow::Result<()> {
    let (id, files, fixes) = (clip.clip_id, clip.media.len(), clip.fixes);
    let text = format!("signed clip {id}: {files} files, {fixes} fixes, {} to {}", clip.start, clip.end);
    let value = json!({
        "clip": id, "device": clip.device_id, "sequence": clip.sequence, "files": files, "fixes": fixes,
        "start_ms": clip.start, "end_ms": clip.end, "bundle": clip.bundle,
    });
    ask.say(&value, &text)
}

pub(super) fn read_key(file: &Path) -> anyhow::Result<DeviceKey> {
    let hint = || format!("key {} (make one with `waymark device new --out {0}`)", file.display());
    let pem = std::fs::read_to_string(file).with_context(hint)?;
    DeviceKey::from_pkcs8_pem(&pem).with_context(hint)
}
