//! The command line of `waymark device zone`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use waymark_datasets::Position;

/// Places that are never shown: applied before anything is signed.
#[derive(Debug, Subcommand)]
pub enum ZoneCommand {
    /// Keep a place private: nothing from within the radius is ever signed.
    Add {
        /// What to call it; a zone of this name is replaced.
        #[arg(value_name = "NAME")]
        name: String,
        /// Its middle, in degrees.
        #[arg(long, value_name = "LAT,LNG", allow_hyphen_values = true, value_parser = position)]
        at: Position,
        /// How far it reaches: 50 to 50000 metres.
        #[arg(long, value_name = "METRES")]
        radius: f64,
        /// Where.
        #[command(flatten)]
        file: ZoneFile,
    },
    /// Print the zones.
    List {
        /// Where.
        #[command(flatten)]
        file: ZoneFile,
    },
    /// Forget a zone.
    Remove {
        /// What it is called.
        #[arg(value_name = "NAME")]
        name: String,
        /// Where.
        #[command(flatten)]
        file: ZoneFile,
    },
}

/// Where zones are kept.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct ZoneFile {
    /// The device's key, beside which its zones are.
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// The file of zones.
    #[arg(long, value_name = "FILE")]
    pub zones: Option<PathBuf>,
}

fn position(text: &str) -> Result<Position, String> {
    let wrong = || "expected LAT,LNG in degrees, such as 45.813,15.977".to_owned();
    let (latitude, longitude) = text.split_once(',').ok_or_else(wrong)?;
    let number = |text: &str| text.trim().parse::<f64>().map_err(|_| wrong());
    Position::from_degrees(number(latitude)?, number(longitude)?).map_err(|error| error.to_string())
}
