//! `waymark`: the roof. Composes the crates below; the only place that reads the clock, the environment,
//! configuration files, and decides on exit codes.

mod cli;
mod client;
mod command;
mod compare;
mod config;
mod docs;
mod load;
mod picture;
mod probe;
mod progress;
mod stage;
mod stop;
mod telemetry;
mod watch;
mod web;
mod webhook;
mod zones;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;
use crate::config::Config;
use crate::telemetry::Telemetry;

/// What a command came to: 0, or 1 with what there is to say already said.
pub enum Done {
    /// The work is done.
    Yes,
    /// The work was refused or differs; a line on the way said what.
    No,
}

/// A server says what it does.
const SERVER_LOG: &str = "warn,waymark=info,waymark_ingest=info";

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli).await {
        Ok(Done::Yes) => ExitCode::SUCCESS,
        Ok(Done::No) => ExitCode::from(1),
        Err(error) => {
            eprintln!("waymark: {}", sentence(&error));
            ExitCode::from(1)
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<Done> {
    let config = Config::read(cli.config.as_deref())?;
    // The rasteriser of the simulated town warns of every shape that is thinner than a pixel.
    let level = if matches!(cli.command, cli::Command::Serve(_)) { SERVER_LOG } else { "warn,tiny_skia=error" };
    let telemetry = Telemetry::start((cli.log, level), config.telemetry.otlp_endpoint.as_deref())?;
    let done = command::run(cli, config).await;
    telemetry.end().await;
    done
}

/// The error and its causes, each said once: some errors quote their cause themselves.
fn sentence(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |said, cause| {
        if said.contains(&cause) {
            said
        } else if said.is_empty() {
            cause
        } else {
            format!("{said}: {cause}")
        }
    })
}
