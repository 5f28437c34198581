//! The command line of `waymark report`.

use std::path::PathBuf;

use clap::Args;

/// What to report on.
#[derive(Debug, Args)]
pub struct Report {
    /// The store.
    #[arg(long, value_name = "URL")]
    pub store: String,
    /// Draw a map (map.png), a redacted frame (frame.png) and a sheet of them (contact-sheet.jpg) into this folder.
    #[arg(long, value_name = "DIR")]
    pub pictures: Option<PathBuf>,
    /// Compare the map with the truth of the simulated drives behind it: what `waymark simulate --out` wrote. Again
    /// for each such folder, all of one town.
    #[arg(long, value_name = "DIR")]
    pub truth: Vec<PathBuf>,
}
