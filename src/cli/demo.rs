//! The command line of `waymark demo`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use waymark_simulate::Plan;

use super::simulate::count;

/// The whole job.
#[derive(Debug, Args)]
pub struct Demo {
    /// Footage: a folder of JPEGs with EXIF positions, or of videos with GPS inside or a track beside them; drives
    /// through the simulated town unless given.
    #[arg(long, value_name = "DIR")]
    pub footage: Option<PathBuf>,
    /// Where everything goes; must be empty or of an earlier demo.
    #[arg(long, default_value = "demo-out", value_name = "DIR")]
    pub out: PathBuf,
    /// Length of each of the six drives through the simulated town.
    #[arg(long, default_value_t = 45, value_name = "S", conflicts_with = "footage", allow_negative_numbers = true,
        value_parser = |text: &str| count(text, Plan::SECONDS_MAX))]
    pub seconds: u32,
    /// Which simulated town.
    #[arg(long, default_value_t = 2059, value_name = "K", conflicts_with = "footage")]
    pub seed: u64,
    /// The model pack: `town` for the simulated town and `street` for footage, unless given.
    #[arg(long, value_name = "PACK")]
    pub pack: Option<String>,
    /// Where model packs are.
    #[arg(long, default_value = "models", value_name = "DIR", env = "WAYMARK_MODELS")]
    pub models: PathBuf,
    /// A folder that has the pack's model files; they are downloaded otherwise, unless they are in the program.
    #[arg(long, value_name = "DIR")]
    pub models_from: Option<PathBuf>,
    /// The ONNX Runtime library; beside the program or on the system unless given.
    #[arg(long, value_name = "FILE", env = "ORT_DYLIB_PATH")]
    pub onnxruntime: Option<PathBuf>,
    /// Frames worked on side by side; all cores unless given. Results do not depend on it.
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
}
