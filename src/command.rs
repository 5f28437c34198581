//! One file for each command.

mod attacks;
mod bench;
mod build;
mod clips;
mod demo;
mod device;
mod enrolment;
mod erase;
mod export;
mod ingest;
mod key;
mod models;
mod pay;
mod probe;
mod redact;
mod report;
mod serve;
mod simulate;
mod upload;
mod verify;
mod webhook;
mod zone;

use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Context;
use serde::Serialize;
use waymark_datasets::{Store, UtcMillis};

use crate::Done;
use crate::cli::{Cli, Command, LogFormat, Place};
use crate::config::Config;

/// What every command may use.
pub struct Ask {
    /// The settings.
    pub config: Config,
    /// Where the settings are from; none where all are the defaults.
    pub config_file: Option<PathBuf>,
    /// The moment of the call.
    pub now: UtcMillis,
    /// Whether that moment stands still, as it was given.
    pub is_now_given: bool,
    /// Print JSON.
    pub json: bool,
    /// How to log.
    pub log: LogFormat,
}

/// Does what was asked.
pub async fn run(cli: Cli, config: Config) -> anyhow::Result<Done> {
    let clock = || UtcMillis::try_from(SystemTime::now()).context("the clock of this machine");
    let now = cli.now.map_or_else(clock, Ok)?;
    let is_now_given = cli.now.is_some();
    let ask = Arc::new(Ask { config, config_file: cli.config, now, is_now_given, json: cli.json, log: cli.log });
    match cli.command {
        Command::Simulate(what) => simulate::run(&ask, &what),
        Command::Device(what) => device::run(&ask, what).await,
        Command::Serve(what) => serve::run(&ask, &what).await,
        Command::Ingest(what) => ingest::run(&ask, &what).await,
        Command::Build(what) => build::run(&ask, &what).await,
        Command::Pay(what) => pay::run(&ask, &what).await,
        Command::Key(what) => key::run(&ask, what).await,
        Command::Webhook(what) => webhook::run(&ask, what).await,
        Command::Erase(what) => erase::run(&ask, what).await,
        Command::Verify(what) => verify::run(&ask, what).await,
        Command::Report(what) => report::run(&ask, &what).await,
        Command::Export(what) => export::run(&ask, &what).await,
        Command::Redact(what) => redact::run(&ask, &what),
        Command::Models(what) => models::run(&ask, what).await,
        Command::Attacks(what) => attacks::run(&ask, &what).await,
        Command::Demo(what) => demo::run(&ask, &what).await,
        Command::Bench(what) => bench::run(&ask, &what).await,
        Command::WorkOnClips(what) => clips::run(&ask, &what).await,
        Command::ProbeMedia(what) => probe::run(&what),
    }
}

/// The public bucket and the private one, opened.
pub struct Buckets {
    /// Everything that is published, and the registry.
    pub store: Store,
    /// Raw footage.
    pub inbox: Store,
}

impl Buckets {
    /// Opens both; `inbox/` within the store is the default for the private one.
    pub fn open(place: &Place) -> anyhow::Result<Self> {
        let inbox = place.inbox.clone().unwrap_or_else(|| format!("{}/inbox", place.store.trim_end_matches('/')));
        Ok(Self { store: Store::create_at(&place.store)?, inbox: Store::create_private_at(&inbox)? })
    }
}

impl Ask {
    /// The moment at any time later, for work that goes on.
    pub fn clock(&self) -> Arc<dyn Fn() -> UtcMillis + Send + Sync> {
        let (now, is_given) = (self.now, self.is_now_given);
        Arc::new(move || if is_given { now } else { UtcMillis::try_from(SystemTime::now()).unwrap_or(now) })
    }

    /// Prints `value` as a line of JSON if that was asked for, else `text`.
    pub fn say(&self, value: &impl Serialize, text: &str) -> anyhow::Result<()> {
        let mut stdout = std::io::stdout().lock();
        let said =
            if self.json { writeln!(stdout, "{}", serde_json::to_string(value)?) } else { writeln!(stdout, "{text}") };
        match said {
            // Whoever reads has read enough (`| head`).
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            said => said.context("standard output"),
        }
    }
}
