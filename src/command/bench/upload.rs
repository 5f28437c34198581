//! `waymark bench upload`: a server under load.

use anyhow::{Context, ensure};
use serde_json::json;

use crate::Done;
use crate::cli::{Protocol, UploadLoad};
use crate::command::Ask;
use crate::command::device::read_key;
use crate::load::{self, Arrivals, Load, stills};

pub(super) async fn run(ask: &Ask, what: &UploadLoad) -> anyhow::Result<Done> {
    let address = format!("{}:{}", what.to.host_str().context("the URL names no host")?, port(what)?);
    let is_waymark = what.protocol == Protocol::Waymark;
    ensure!(!is_waymark || what.key.is_some(), "manifests are signed: name the device's key with --key");
    let key = what.key.as_deref().map(read_key).transpose()?;
    let plan = stills::Plan { size_bytes: what.size, now: ask.now, apart_s: what.apart, driver: what.driver.clone() };
    let stills = stills::make(&plan, what.uploads, key.as_ref())?;
    let load = Load {
        address,
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

fn port(what: &UploadLoad) -> anyhow::Result<u16> {
    what.to.port_or_known_default().context("the URL names no port")
}
