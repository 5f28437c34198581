//! The command line of `waymark erase`.

use clap::{Args, ValueEnum};
use waymark_datasets::{ClipId, DeviceId, DriverId, FrameId};

use super::Place;

/// What to erase, and why.
#[derive(Debug, Args)]
pub struct Erase {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// What.
    #[command(flatten)]
    pub what: Erased,
    /// Why, in a sentence that names nobody: it is published with the tombstone.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Who asked for it; the driver for a driver or device and a person for a clip or frames, unless given.
    #[arg(long, value_enum)]
    pub by: Option<By>,
    /// What becomes of snapshots before the latest; those that a closed epoch was paid on are always made again.
    #[arg(long, value_enum, default_value_t = Older::Rewrite)]
    pub older_snapshots: Older,
}

/// One of these.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Erased {
    /// All clips of this driver.
    #[arg(long)]
    pub driver: Option<DriverId>,
    /// All clips of this device.
    #[arg(long)]
    pub device: Option<DeviceId>,
    /// One clip.
    #[arg(long)]
    pub clip: Option<ClipId>,
    /// Single frames, and the raw footage that shows them.
    #[arg(long, num_args = 1..)]
    pub frame: Vec<FrameId>,
}

/// Who asked.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum By {
    /// Whoever filmed it.
    Driver,
    /// Somebody who is in the picture, or whose home is.
    Person,
    /// A court or an authority.
    Authority,
    /// Whoever runs the server.
    Operator,
}

/// What becomes of older snapshots.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Older {
    /// Each is made again without it.
    Rewrite,
    /// Each that holds something of it is removed.
    Drop,
}
