//! `waymark demo`: the whole job, step by step, as a person would type it.

mod footage;
mod town;

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, ensure};
use clap::Parser;
use waymark_datasets::{Epoch, Store, Table, UtcMillis};
use waymark_vision::KnownPack;

use super::device::read_key;
use super::{Ask, run as run_command};
use crate::Done;
use crate::cli::{Cli, Demo};
use crate::config::Config;

pub(super) async fn run(ask: &Ask, what: &Demo) -> anyhow::Result<Done> {
    let demo = Walk::of(ask, what)?;
    prepare(&what.out)?;
    demo.pull().await?;
    let drives = match &what.footage {
        Some(folder) => footage::drives(&demo, folder).await?,
        None => town::drives(&demo).await?,
    };
    ensure!(!drives.bundles.is_empty(), "no clip could be signed: the lines above say why");
    let store = &demo.store;
    let mut ingest: Vec<&str> = vec!["ingest", "--store", store];
    ingest.extend(drives.bundles.iter().map(String::as_str));
    demo.step(&ingest).await?;
    demo.build().await?;
    demo.settle_all().await?;
    demo.step(&["verify", "snapshot", "--store", store]).await?;
    let pictures = format!("{}/pictures", demo.out);
    let mut report = vec!["report", "--store", store, "--pictures", &pictures];
    report.extend(drives.truths.iter().flat_map(|truth| ["--truth", truth.as_str()]));
    demo.step(&report).await?;
    eprintln!("\n{}", demo.next(&pictures));
    Ok(Done::Yes)
}

/// Signed footage, and where its truth is known, that.
struct Drives {
    bundles: Vec<String>,
    truths: Vec<String>,
}

/// One demo: what was asked for, and where things are.
struct Walk<'a> {
    ask: &'a Ask,
    what: &'a Demo,
    /// The moment of every step.
    now: UtcMillis,
    out: String,
    store: String,
    pack: &'a str,
}

impl<'a> Walk<'a> {
    fn of(ask: &'a Ask, what: &'a Demo) -> anyhow::Result<Self> {
        let is_town = what.footage.is_none();
        let now = if is_town { town::AFTERWARDS.parse()? } else { ask.now };
        let out = what.out.display().to_string();
        let store = format!("{out}/store");
        let pack = what.pack.as_deref().unwrap_or(if is_town { "town" } else { "street" });
        Ok(Self { ask, what, now, out, store, pack })
    }

    /// A pack that is in the program need not be fetched.
    async fn pull(&self) -> anyhow::Result<()> {
        if KnownPack::named(self.pack).is_some_and(|known| !known.files.is_empty()) {
            return Ok(());
        }
        let models = self.what.models.display().to_string();
        let mut pull = vec!["models", "pull", self.pack, "--models", &models];
        let from = self.what.models_from.as_ref().map(|dir| dir.display().to_string());
        pull.extend(from.iter().flat_map(|dir| ["--from", dir.as_str()]));
        self.step(&pull).await
    }

    async fn build(&self) -> anyhow::Result<()> {
        let models = self.what.models.display().to_string();
        let settings = town::settings(self)?;
        let mut build: Vec<&str> = settings.iter().flat_map(|file| ["--config", file.as_str()]).collect();
        build.extend(["build", "--store", &self.store, "--pack", self.pack, "--models", &models]);
        let threads = self.what.threads.map(|threads| threads.to_string());
        build.extend(threads.iter().flat_map(|threads| ["--threads", threads.as_str()]));
        let library = self.what.onnxruntime.as_ref().map(|file| file.display().to_string());
        build.extend(library.iter().flat_map(|file| ["--onnxruntime", file.as_str()]));
        self.step(&build).await
    }

    /// Enrols the device of `key`; driver `number` is paid to an address of their own, which belongs to nobody.
    async fn enrol(&self, key: &str, (driver, number): (&str, u32)) -> anyhow::Result<()> {
        let payout = format!("0x{:040x}", 0xdead_0000_0000_u64 + u64::from(number));
        // `--device=` because an id may begin with a dash.
        let device = format!("--device={}", read_key(Path::new(key))?.device_id());
        self.step(&["device", "enrol", "--store", &self.store, "--driver", driver, &device, "--payout", &payout]).await
    }

    /// Closes every epoch that has coverage and is over, and verifies it.
    async fn settle_all(&self) -> anyhow::Result<()> {
        let objects = Store::open(&self.store)?.list(Table::Coverage.name()).await?;
        let epoch = |path: &str| path.split('/').find_map(|part| part.strip_prefix("epoch="))?.parse::<Epoch>().ok();
        let epochs: BTreeSet<Epoch> = objects.iter().filter_map(|object| epoch(&object.path)).collect();
        let grace_ms = i64::from(self.ask.config.rewards.grace_hours) * 3_600_000;
        for epoch in epochs {
            let name = epoch.to_string();
            if self.now < epoch.end().plus_ms(grace_ms) {
                self.step(&["pay", "--store", &self.store, "--epoch", &name, "--simulate"]).await?;
            } else {
                self.step(&["pay", "--store", &self.store, "--epoch", &name]).await?;
                self.step(&["verify", "epoch", "--store", &self.store, "--epoch", &name]).await?;
            }
        }
        Ok(())
    }

    /// Shows the command as it could be typed, and does it.
    async fn step(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let config = self.ask.config_file.as_ref().map(|file| file.display().to_string());
        let config: Vec<&str> = config.iter().flat_map(|file| ["--config", file.as_str()]).collect();
        let arguments = &[&config, arguments].concat();
        eprintln!("\n$ waymark {}", typed(arguments));
        let now = self.now.to_string();
        let mut call = vec!["waymark", "--now", &now];
        call.extend(self.ask.json.then_some("--json"));
        call.extend(arguments);
        let cli = Cli::try_parse_from(call)?;
        let config = Config::read(cli.config.as_deref())?;
        Box::pin(run_command(cli, config)).await?;
        Ok(())
    }

    /// Where things are, and what else can be done with them.
    fn next(&self, pictures: &str) -> String {
        let (program, store) = (program(), typed(&[self.store.as_str()]));
        let pictures = typed(&[pictures]);
        let place = format!(
            "Look at {pictures}/map.png, {pictures}/contact-sheet.jpg and {pictures}/frame.png.\n\
             The tables are Parquet, in {store}; with DuckDB, for one:\n  \
             duckdb -c \"SELECT epoch, class, state, count(*) FROM '{}/features/*/*/*.parquet' GROUP BY ALL\"",
            self.store
        );
        let more = match self.what.footage {
            Some(_) => format!("  {program} report --store {store} --json"),
            None => town::next(self, &program),
        };
        format!("{place}\n\nTo try next:\n{more}")
    }
}

/// How this program was called.
fn program() -> String {
    std::env::args().next().map_or("waymark".into(), |name| typed(&[name.as_str()]))
}

/// Arguments as they are typed into a shell.
fn typed(arguments: &[&str]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:".contains(c);
    let quoted = |argument: &&str| {
        let is_plain = !argument.is_empty() && argument.chars().all(plain);
        if is_plain { (*argument).to_owned() } else { format!("'{}'", argument.replace('\'', "'\\''")) }
    };
    arguments.iter().map(quoted).collect::<Vec<_>>().join(" ")
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
