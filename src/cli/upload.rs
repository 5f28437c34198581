//! The command line of `waymark device upload`.

use std::path::PathBuf;

use clap::Args;
use url::Url;
use waymark_datasets::DriverId;

/// What to upload.
#[derive(Debug, Args)]
pub struct Upload {
    /// Signed bundles, as `device sign` made them.
    #[arg(required_unless_present = "watch", conflicts_with = "watch", value_name = "BUNDLE")]
    pub bundles: Vec<PathBuf>,
    /// The server.
    #[arg(long, value_name = "URL")]
    pub to: Url,
    /// The device's key: signs, fetches the receipt, and the reason of a refusal.
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// How often a request is tried that fails for no fault of the clip.
    #[arg(long, default_value_t = 8, value_name = "N")]
    pub tries: u32,
    /// Sign and upload what appears in this folder, until asked to end.
    #[arg(long, value_name = "DIR", requires = "driver")]
    pub watch: Option<PathBuf>,
    /// How to watch.
    #[command(flatten)]
    pub how: Watching,
}

/// How to sign what appears.
#[derive(Debug, Args)]
pub struct Watching {
    /// The account to be paid.
    #[arg(long, requires = "watch")]
    pub driver: Option<DriverId>,
    /// The camera's model.
    #[arg(long, default_value = "unknown", requires = "watch")]
    pub camera: String,
    /// The camera's horizontal field of view in degrees.
    #[arg(long, value_name = "DEGREES", requires = "watch")]
    pub hfov: Option<f64>,
    /// Private zones; those beside the key unless given.
    #[arg(long, value_name = "FILE", requires = "watch")]
    pub zones: Option<PathBuf>,
    /// Keep back what is nearer than this to where a trip began or ended; 0 keeps nothing back, and waits for nothing.
    #[arg(long, default_value_t = 500.0, value_name = "METRES", requires = "watch")]
    pub trim: f64,
    /// Clips less than so far apart are of one trip, which is over when nothing came for so long.
    #[arg(long, default_value_t = 10.0, value_name = "MINUTES", requires = "watch")]
    pub trip_gap: f64,
    /// A file is taken when it has not changed for so long.
    #[arg(long, default_value_t = 5.0, value_name = "SECONDS", requires = "watch")]
    pub settle: f64,
    /// Where the queue is kept; `.waymark` in the folder unless given.
    #[arg(long, value_name = "DIR", requires = "watch")]
    pub state: Option<PathBuf>,
    /// Sign and upload what is there now, taking every trip for over, and end.
    #[arg(long, requires = "watch")]
    pub once: bool,
}
