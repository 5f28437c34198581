//! The command line of `waymark attacks`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use waymark_datasets::UtcMillis;
use waymark_simulate::{Attack, FrameSize, Plan};

use super::simulate::count;

/// What to measure.
#[derive(Debug, Args)]
pub struct Attacks {
    /// Where drives, stores, figures and the picture go; what is there already is not made again.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Dishonest drives of each kind; no more than honest ones.
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = |text: &str| count(text, Plan::DRIVES_MAX / 2))]
    pub drives: u32,
    /// Honest drives.
    #[arg(long, default_value_t = 200, value_name = "N", value_parser = |text: &str| count(text, Plan::DRIVES_MAX / 2))]
    pub honest: u32,
    /// How long each drive is.
    #[arg(long, default_value_t = 12, value_name = "S", value_parser = |text: &str| count(text, Plan::SECONDS_MAX))]
    pub seconds: u32,
    /// Size of the frames.
    #[arg(long, default_value = "640x360", value_name = "WIDTHxHEIGHT")]
    pub size: FrameSize,
    /// What the town, the drives and the noise follow from.
    #[arg(long, default_value_t = 1, value_name = "K")]
    pub seed: u64,
    /// When the first drive begins (RFC 3339).
    #[arg(long, default_value = "2026-01-12T20:00:00Z", value_name = "TIME")]
    pub start: UtcMillis,
    /// Only this kind of cheating; again for each.
    #[arg(long = "attack", value_name = "KIND")]
    pub attacks: Vec<Attack>,
    /// The model pack: a name below `--models`, or a folder.
    #[arg(long, default_value = "town")]
    pub pack: String,
    /// Where model packs are.
    #[arg(long, default_value = "models", value_name = "DIR", env = "WAYMARK_MODELS")]
    pub models: PathBuf,
    /// The ONNX Runtime library; beside the program or on the system unless given.
    #[arg(long, value_name = "FILE", env = "ORT_DYLIB_PATH")]
    pub onnxruntime: Option<PathBuf>,
    /// Drives filmed, and frames worked on, side by side; all cores unless given. Results do not depend on it.
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
}
