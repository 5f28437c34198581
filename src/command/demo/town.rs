//! The simulated town: the same drives by the same devices in two weeks, between which some signs go and others come.

use anyhow::Context;

use super::{Drives, Walk, typed};
use crate::command::simulate::driver;

/// As many devices as drives, each with a driver.
const DRIVES: u32 = 3;
/// When the first drive of each of the town's epochs begins: the same hour, a week later.
const STARTS: [&str; 2] = ["2026-01-12T20:00:00Z", "2026-01-19T20:00:00Z"];
/// The town has a calendar of its own, so that the demo comes out the same on any day: both weeks can be paid.
pub(super) const AFTERWARDS: &str = "2026-02-01T00:00:00Z";

/// Films both epochs and enrols the devices.
pub(super) async fn drives(demo: &Walk<'_>) -> anyhow::Result<Drives> {
    let (town, devices) = (format!("{}/town", demo.out), format!("{}/town/devices", demo.out));
    eprintln!("In the simulated town it is {AFTERWARDS}: every command below is given that as --now.");
    let (count, seconds, seed) = (DRIVES.to_string(), demo.what.seconds.to_string(), demo.what.seed.to_string());
    let mut drives = Drives { bundles: Vec::new(), truths: Vec::new() };
    for (epoch, start) in ["1", "2"].into_iter().zip(STARTS) {
        let out = format!("{town}/epoch-{epoch}");
        let mut film = vec!["simulate", "--out", &out, "--devices", &devices, "--epoch", epoch, "--start", start];
        film.extend(["--drives", &count, "--seconds", &seconds, "--seed", &seed]);
        demo.step(&film).await?;
        drives.bundles.extend((1..=DRIVES).map(|number| format!("{out}/bundles/{number:03}")));
        drives.truths.push(out);
    }
    for number in 1..=DRIVES {
        demo.enrol(&format!("{devices}/{number:03}.key"), (driver(number)?.as_str(), number)).await?;
    }
    Ok(drives)
}

/// The demo's drives are short: its frames are nearer together than by default, so that more of them show each thing.
const SETTINGS: &str = "# What `waymark demo` builds the simulated town with.\n\n[vision.sample]\nspacing_m = 4.0\n";

/// Writes the settings of the demo, unless there are others; says where.
pub(super) fn settings(demo: &Walk<'_>) -> anyhow::Result<Option<String>> {
    if demo.what.footage.is_some() || demo.ask.config_file.is_some() {
        return Ok(None);
    }
    let file = format!("{}/waymark.toml", demo.out);
    std::fs::write(&file, SETTINGS).with_context(|| file.clone())?;
    Ok(Some(file))
}

/// What else can be done with the town.
pub(super) fn next(demo: &Walk<'_>, program: &str) -> String {
    let path = |name: &str| typed(&[format!("{}/{name}", demo.out).as_str()]);
    let (store, cheat, seed) = (path("store"), path("town/cheat"), demo.what.seed);
    let (devices, truth, bundle) = (path("town/devices"), path("town/epoch-2"), path("town/cheat/bundles/002"));
    format!(
        "  {program} models check --pack town --truth {truth} --every 10    # how good the detector is\n  \
         {program} simulate --out {cheat} --devices {devices} --seed {seed} --drives 2 --seconds 5 --attack teleport\n  \
         {program} ingest {bundle} --store {store}    # a drive that cannot be true is refused\n  \
         {program} demo --seed 7 --out other-town\n  \
         {program} demo --footage DIR --out own-footage    # with the models for real streets"
    )
}
