//! `waymark bench upload`: a server under load.

use anyhow::{Context, ensure};
use serde_json::json;
use waymark_datasets::{Digest, PayoutAddress, Store};
use waymark_ingest::{DeviceKey, registry};

use crate::Done;
use crate::cli::{Protocol, UploadLoad};
use crate::command::Ask;
use crate::load::{self, Arrivals, Load, stills};

/// Nobody is paid for a measurement.
const PAYOUT: &str = "0x0000000000000000000000000000000000000001";

pub(super) async fn run(ask: &Ask, what: &UploadLoad) -> anyhow::Result<Done> {
    let host = what.to.host_str().context("the URL names no host")?;
    let port = what.to.port_or_known_default().context("the URL names no port")?;
    let is_waymark = what.protocol == Protocol::Waymark;
    ensure!(!is_waymark || what.store.is_some(), "the server must know who uploads: name its store with --store");
    let senders = match &what.store {
        Some(store) => enrol(ask, store, what.devices).await?,
        None => Vec::new(),
    };
    let plan = stills::Plan { size_bytes: what.size, now: ask.now, apart_s: what.apart };
    let stills = stills::make(&plan, what.uploads, &senders)?;
    let load = Load {
        address: format!("{host}:{port}"),
        path: if is_waymark { "/v1/clips".into() } else { what.to.path().into() },
        is_waymark,
        arrivals: what.rate.map_or(Arrivals::Connections(what.connections), Arrivals::PerSecond),
        slow: what.slow,
    };
    let report = load::run(load, stills).await?;
    let failed: u64 = report.failed.values().sum();
    let text = format!(
        "{} uploads in {:.2} s: {:.1}/s, {:.1} MB/s, p50 {:.0} ms, p99 {:.0} ms; {} sent away, {failed} failed {:?}",
        report.done,
        report.seconds,
        report.per_second,
        report.megabytes_per_second,
        report.p50_ms,
        report.p99_ms,
        report.sent_away,
        report.failed,
    );
    ask.say(&json!(report), &text)?;
    Ok(if failed == 0 { Done::Yes } else { Done::No })
}

/// New devices for each call: a device that signed two chains would be a finding.
async fn enrol(ask: &Ask, store: &str, devices: u32) -> anyhow::Result<Vec<stills::Sender>> {
    let store = Store::create_at(store)?;
    let mut senders = Vec::new();
    for index in 0..devices.max(1) {
        let seed = Digest::of(format!("{} {} {index}", ask.now.millis(), std::process::id()).as_bytes());
        let (key, driver) = (DeviceKey::from_seed(seed.as_bytes())?, format!("bench-{index}").parse()?);
        registry::enrol(&store, &driver, key.device_id(), PAYOUT.parse::<PayoutAddress>()?).await?;
        senders.push(stills::Sender { key, driver });
    }
    Ok(senders)
}
