//! The command line of `waymark simulate`.

use std::path::PathBuf;

use clap::Args;
use waymark_datasets::UtcMillis;
use waymark_simulate::{Attack, FrameSize, TownEpoch};

/// What to simulate.
#[derive(Debug, Args)]
pub struct Simulate {
    /// Where drives, keys, signed bundles and the truth go.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// How many drives.
    #[arg(long, default_value_t = 2, value_name = "N")]
    pub drives: u32,
    /// How long each drive is.
    #[arg(long, default_value_t = 30, value_name = "S")]
    pub seconds: u32,
    /// What the town, the drives and the noise follow from.
    #[arg(long, default_value_t = 1, value_name = "K")]
    pub seed: u64,
    /// State of the town: between epoch 1 and epoch 2 some signs go and others come.
    #[arg(long, default_value = "1")]
    pub epoch: TownEpoch,
    /// Make half of the drives dishonest in this way: replay, copy, teleport, walk-the-map, parked, photo,
    /// night-as-day, two-places, tamper or drift.
    #[arg(long, value_name = "KIND")]
    pub attack: Option<Attack>,
    /// Size of the frames.
    #[arg(long, default_value_t, value_name = "WIDTHxHEIGHT")]
    pub size: FrameSize,
    /// When the first drive begins (RFC 3339).
    #[arg(long, default_value = "2026-01-12T20:00:00Z", value_name = "TIME")]
    pub start: UtcMillis,
}
