//! The command line: what can be asked for.

mod attacks;
mod bench;
mod demo;
mod device;
mod enrolment;
mod erase;
mod export;
mod key;
mod models;
mod report;
mod serve;
mod simulate;
mod upload;
mod webhook;
mod worker;
mod zone;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use waymark_datasets::{Amount, Digest, Epoch, Region, UtcMillis};

pub use attacks::Attacks;
pub use bench::{Bench, Protocol, UploadLoad};
pub use demo::Demo;
pub use device::{Device, Sign};
pub use enrolment::{Enrol, Invite, Revoke, Rotate};
pub use erase::{By, Erase, Erased, Older};
pub use export::Export;
pub use key::{Key, NewKey};
pub use models::{Check, Models};
pub use report::Report;
pub use serve::Serve;
pub use simulate::Simulate;
pub use upload::{Upload, Watching};
pub use webhook::{Hook, Webhook};
pub use worker::{ProbeMedia, WorkOnClips};
pub use zone::{ZoneCommand, ZoneFile};

/// An open, self-hostable backend for a crowdsourced street-level map.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub struct Cli {
    /// Configuration file; every setting has a default.
    #[arg(long, global = true, env = "WAYMARK_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Take this moment (RFC 3339) for now, instead of the clock.
    #[arg(long, global = true, value_name = "TIME")]
    pub now: Option<UtcMillis>,
    /// Print JSON for scripts instead of text, a line for each answer.
    #[arg(long, global = true)]
    pub json: bool,
    /// How to log, on standard error; what is logged is said by WAYMARK_LOG, such as waymark=debug.
    #[arg(long, global = true, value_enum, default_value = "text", value_name = "FORMAT")]
    pub log: LogFormat,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// How lines of the log look.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Film drives through a synthetic town whose truth is known, and sign them.
    Simulate(Simulate),
    /// The driver's side: make a key, sign footage, enrol a device.
    #[command(subcommand)]
    Device(Device),
    /// Take clips from drivers over HTTP, and process them as they land.
    Serve(Serve),
    /// Check signed bundles and take them into the inbox.
    Ingest(Ingest),
    /// Turn what landed into frames, coverage and a snapshot.
    Build(Build),
    /// Close an epoch: statements and payouts.
    Pay(Pay),
    /// Recompute what was published and compare it bit for bit.
    #[command(subcommand)]
    Verify(Verify),
    /// API keys of those who read the map.
    #[command(subcommand)]
    Key(Key),
    /// Tell others what changes on the map.
    #[command(subcommand)]
    Webhook(Webhook),
    /// Take footage out of inbox, imagery, tables and snapshots, for good.
    Erase(Erase),
    /// Say what is in a store: frames, refusals, redaction, slots, pay; and draw it.
    Report(Report),
    /// Write one snapshot as files: map tiles, tables, STAC items.
    Export(Export),
    /// Blur faces and plates in images, nothing else.
    Redact(Redact),
    /// Model packs: what is there, fetch, measure.
    #[command(subcommand)]
    Models(Models),
    /// Simulate every kind of cheating beside honest drives, and say how much of it is found out.
    Attacks(Attacks),
    /// The whole job on some footage, with a report and pictures.
    Demo(Demo),
    /// Measure parts of the pipeline.
    #[command(subcommand)]
    Bench(Bench),
    /// What `serve` starts for itself, to process clips.
    #[command(hide = true)]
    WorkOnClips(WorkOnClips),
    /// What `serve` starts for itself, to read the headers of a video.
    #[command(hide = true)]
    ProbeMedia(ProbeMedia),
}

/// What to take in.
#[derive(Debug, Args)]
pub struct Ingest {
    /// Signed bundles, as `device sign` made them.
    #[arg(required = true, value_name = "BUNDLE")]
    pub bundles: Vec<PathBuf>,
    /// Where.
    #[command(flatten)]
    pub place: Place,
}

/// The public bucket and the private one.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// The store: a folder, file:///folder or s3://bucket/prefix.
    #[arg(long, value_name = "URL")]
    pub store: String,
    /// The private bucket for raw footage; `inbox/` within the store unless given.
    #[arg(long, value_name = "URL")]
    pub inbox: Option<String>,
}

/// The detector.
#[derive(Debug, Clone, Args)]
pub struct Detection {
    /// The model pack: a name below `--models`, or a folder.
    #[arg(long, default_value = "street")]
    pub pack: String,
    /// Where model packs are.
    #[arg(long, default_value = "models", value_name = "DIR", env = "WAYMARK_MODELS")]
    pub models: PathBuf,
    /// The ONNX Runtime library; beside the program or on the system unless given.
    #[arg(long, value_name = "FILE", env = "ORT_DYLIB_PATH")]
    pub onnxruntime: Option<PathBuf>,
    /// Frames worked on side by side; all cores unless given. Results do not depend on it.
    #[arg(long, value_name = "N")]
    pub threads: Option<std::num::NonZeroUsize>,
}

/// What to build.
#[derive(Debug, Args)]
pub struct Build {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// With which models.
    #[command(flatten)]
    pub models: Detection,
    /// Only clips of this epoch. Coverage and features follow from all frames: those of a later epoch take up what
    /// earlier ones knew, and are recomputed with them.
    #[arg(long)]
    pub epoch: Option<Epoch>,
    /// Only clips of this region.
    #[arg(long)]
    pub region: Option<Region>,
}

/// What to pay.
#[derive(Debug, Args)]
pub struct Pay {
    /// The store.
    #[arg(long, value_name = "URL")]
    pub store: String,
    /// The epoch to close.
    #[arg(long)]
    pub epoch: Epoch,
    /// The pool in smallest units; from the configuration unless given.
    #[arg(long)]
    pub pool: Option<Amount>,
    /// Compute and print, but write nothing and close nothing.
    #[arg(long)]
    pub simulate: bool,
}

/// What to check.
#[derive(Debug, Subcommand)]
pub enum Verify {
    /// Every file of a snapshot; coverage and features recomputed from its frames and detections.
    Snapshot {
        /// The store.
        #[arg(long, value_name = "URL")]
        store: String,
        /// Which; the latest unless given.
        #[arg(long)]
        snapshot: Option<Digest>,
    },
    /// That a server signed for a clip.
    Receipt {
        /// The receipt, as `device upload` saved it.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The server's keys: a file, or the address of its /.well-known/jwks.json.
        #[arg(long, value_name = "FILE|URL")]
        jwks: Option<String>,
    },
    /// That no published object, nor the inbox, holds anything that was erased.
    Erasure {
        /// Where.
        #[command(flatten)]
        place: Place,
        /// One tombstone; all of them unless given.
        #[arg(long)]
        tombstone: Option<Digest>,
        /// The server's keys, which must have signed: a file, or the address of its /.well-known/jwks.json.
        #[arg(long, value_name = "FILE|URL")]
        jwks: Option<String>,
    },
    /// Statements and payouts of a closed epoch, recomputed from the snapshot that it was closed on.
    Epoch {
        /// The store.
        #[arg(long, value_name = "URL")]
        store: String,
        /// Which.
        #[arg(long)]
        epoch: Epoch,
    },
}

/// What to blur.
#[derive(Debug, Args)]
pub struct Redact {
    /// JPEG and PNG files, and folders of them.
    #[arg(required = true, value_name = "IN")]
    pub inputs: Vec<PathBuf>,
    /// Where the blurred JPEGs go, under the same names.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// With which models.
    #[command(flatten)]
    pub models: Detection,
}
