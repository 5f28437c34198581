//! `waymark demo`: the whole job on some footage, step by step, as a person would type it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use clap::Parser;
use waymark_datasets::{Epoch, Store, Table};

use super::device::read_key;
use super::{Ask, run as run_command};
use crate::Done;
use crate::cli::{Cli, Demo};

pub(super) async fn run(ask: &Ask, what: &Demo) -> anyhow::Result<Done> {
    let out = what.out.display().to_string();
    prepare(&what.out)?;
    let models = what.models.models.display().to_string();
    pull(ask, what, &models).await?;
    let store = format!("{out}/store");
    let bundles = match &what.footage {
        Some(footage) => own_footage(ask, footage, (&out, &store)).await?,
        None => simulated_town(ask, (&out, &store)).await?,
    };
    ensure!(!bundles.is_empty(), "no clip could be signed: the lines above say why");
    let mut ingest: Vec<&str> = vec!["ingest", "--store", &store];
    ingest.extend(bundles.iter().map(String::as_str));
    step(ask, &ingest).await?;
    build(ask, what, (&store, &models)).await?;
    settle_all(ask, &store).await?;
    step(ask, &["verify", "snapshot", "--store", &store]).await?;
    let pictures = format!("{out}/pictures");
    step(ask, &["report", "--store", &store, "--pictures", &pictures]).await?;
    eprintln!("\nLook at {pictures}/map.png and {pictures}/frame.png.");
    eprintln!("The tables are Parquet: duckdb -c \"SELECT * FROM '{store}/coverage/*/*/*.parquet' LIMIT 5\"");
    if what.footage.is_none() {
        eprintln!("This was the simulated town; for your own footage: make demo FOOTAGE=DIR");
    }
    Ok(Done::Yes)
}

async fn pull(ask: &Ask, what: &Demo, models: &str) -> anyhow::Result<()> {
    let mut pull = vec!["models", "pull", &what.models.pack, "--models", models];
    let from = what.models_from.as_ref().map(|dir| dir.display().to_string());
    pull.extend(from.iter().flat_map(|dir| ["--from", dir.as_str()]));
    step(ask, &pull).await
}

/// Drives through the town: as many devices as drives, each with a driver.
const DRIVES: u32 = 3;

async fn simulated_town(ask: &Ask, (out, store): (&str, &str)) -> anyhow::Result<Vec<String>> {
    let town = format!("{out}/town");
    step(ask, &["simulate", "--out", &town, "--drives", &DRIVES.to_string(), "--seconds", "30"]).await?;
    let mut bundles = Vec::new();
    for number in 1..=DRIVES {
        let key = format!("{town}/devices/{number:03}.key");
        enrol(ask, (&key, store), super::simulate::driver(number)?.as_str()).await?;
        bundles.push(format!("{town}/bundles/{number:03}"));
    }
    Ok(bundles)
}

async fn own_footage(ask: &Ask, footage: &Path, (out, store): (&str, &str)) -> anyhow::Result<Vec<String>> {
    let (clips, key) = (clips(footage)?, format!("{out}/device.key"));
    if !Path::new(&key).exists() {
        step(ask, &["device", "new", "--out", &key]).await?;
    }
    enrol(ask, (&key, store), "demo").await?;
    sign_all(ask, &key, (&clips, out)).await
}

/// Every video is a clip, and all JPEGs together are one.
fn clips(footage: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    const VIDEO: [&str; 6] = ["mp4", "mov", "mkv", "avi", "webm", "ts"];
    let place = || footage.display().to_string();
    if footage.is_file() {
        return Ok(vec![("clip".into(), footage.into())]);
    }
    let entries: Result<Vec<_>, _> = std::fs::read_dir(footage).with_context(place)?.collect();
    let mut files: Vec<PathBuf> = entries.with_context(place)?.into_iter().map(|entry| entry.path()).collect();
    files.sort();
    let ending = |file: &Path| file.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let mut clips = Vec::new();
    if files.iter().any(|file| matches!(ending(file).as_str(), "jpg" | "jpeg")) {
        clips.push(("stills".into(), footage.to_path_buf()));
    }
    for video in files.into_iter().filter(|file| VIDEO.contains(&ending(file).as_str())) {
        let name = video.file_stem().with_context(place)?.to_string_lossy().into_owned();
        clips.push((name, video));
    }
    if clips.is_empty() {
        bail!("{}: there are neither JPEGs nor videos in it", footage.display());
    }
    Ok(clips)
}

/// Only our own folder is written into.
fn prepare(out: &Path) -> anyhow::Result<()> {
    let place = || format!("folder {}", out.display());
    std::fs::create_dir_all(out).with_context(place)?;
    let is_empty = std::fs::read_dir(out).with_context(place)?.next().is_none();
    let is_ours = ["town", "device.key", "store"].iter().any(|made| out.join(made).exists());
    ensure!(is_empty || is_ours, "{} is in use: choose another --out", out.display());
    Ok(())
}

/// A well-known address that belongs to nobody.
const PAYOUT: &str = "0x000000000000000000000000000000000000dEaD";

async fn enrol(ask: &Ask, (key, store): (&str, &str), driver: &str) -> anyhow::Result<()> {
    // `--device=` because an id may begin with a dash.
    let device = format!("--device={}", read_key(Path::new(key))?.device_id());
    step(ask, &["device", "enrol", "--store", store, "--driver", driver, &device, "--payout", PAYOUT]).await
}

async fn sign_all(ask: &Ask, key: &str, (clips, out): (&[(String, PathBuf)], &str)) -> anyhow::Result<Vec<String>> {
    let mut bundles = Vec::new();
    for (name, footage) in clips {
        let (bundle, footage) = (format!("{out}/bundles/{name}"), footage.display().to_string());
        step(ask, &["device", "sign", "--key", key, "--driver", "demo", &footage, "--out", &bundle]).await?;
        if Path::new(&bundle).exists() {
            bundles.push(bundle);
        }
    }
    Ok(bundles)
}

async fn build(ask: &Ask, what: &Demo, (store, models): (&str, &str)) -> anyhow::Result<()> {
    let mut build = vec!["build", "--store", store, "--pack", &what.models.pack, "--models", models];
    let threads = what.models.threads.map(|threads| threads.to_string());
    build.extend(threads.iter().flat_map(|threads| ["--threads", threads.as_str()]));
    let library = what.models.onnxruntime.as_ref().map(|file| file.display().to_string());
    build.extend(library.iter().flat_map(|file| ["--onnxruntime", file.as_str()]));
    step(ask, &build).await
}

/// Closes every epoch that has coverage and is over, and verifies it.
async fn settle_all(ask: &Ask, store: &str) -> anyhow::Result<()> {
    let objects = Store::open(store)?.list(Table::Coverage.name()).await?;
    let epoch = |path: &str| path.split('/').find_map(|part| part.strip_prefix("epoch="))?.parse::<Epoch>().ok();
    let epochs: BTreeSet<Epoch> = objects.iter().filter_map(|object| epoch(&object.path)).collect();
    let grace_ms = i64::from(ask.config.rewards.grace_hours) * 3_600_000;
    for epoch in epochs {
        let name = epoch.to_string();
        if ask.now < epoch.end().plus_ms(grace_ms) {
            step(ask, &["pay", "--store", store, "--epoch", &name, "--simulate"]).await?;
        } else {
            step(ask, &["pay", "--store", store, "--epoch", &name]).await?;
            step(ask, &["verify", "epoch", "--store", store, "--epoch", &name]).await?;
        }
    }
    Ok(())
}

/// Shows the command as it could be typed, and does it.
async fn step(ask: &Ask, arguments: &[&str]) -> anyhow::Result<()> {
    let quoted: Vec<String> = arguments.iter().map(|argument| quote(argument)).collect();
    eprintln!("\n$ waymark {}", quoted.join(" "));
    let now = ask.now.to_string();
    let global = ["waymark", "--now", &now].into_iter().chain(ask.json.then_some("--json"));
    let cli = Cli::try_parse_from(global.chain(arguments.iter().copied()))?;
    Box::pin(run_command(cli)).await?;
    Ok(())
}

fn quote(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:".contains(c);
    if argument.chars().all(plain) { argument.into() } else { format!("'{}'", argument.replace('\'', "'\\''")) }
}
