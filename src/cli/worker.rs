//! The command lines of processes that `serve` starts for itself.

use clap::Args;

use super::{Detection, Place};

/// Where clips are, and with which models they are processed.
#[derive(Debug, Args)]
pub struct WorkOnClips {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// With which models.
    #[command(flatten)]
    pub models: Detection,
}

/// Which file is on standard input.
#[derive(Debug, Args)]
pub struct ProbeMedia {
    /// Its name in the bundle, for messages.
    #[arg(value_name = "NAME")]
    pub name: String,
}
