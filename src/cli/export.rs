//! The command line of `waymark export`.

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use waymark_datasets::Digest;

/// What to write of a snapshot, and where.
#[derive(Debug, Args)]
#[group(skip)]
#[command(group = ArgGroup::new("files").required(true).multiple(true).args(["pmtiles", "geoparquet", "stac_geoparquet"]))]
pub struct Export {
    /// The store.
    #[arg(long, value_name = "URL")]
    pub store: String,
    /// Which snapshot; the latest unless given.
    #[arg(long, value_name = "ID")]
    pub snapshot: Option<Digest>,
    /// All tiles of the map, as one PMTiles archive.
    #[arg(long, value_name = "FILE")]
    pub pmtiles: Option<PathBuf>,
    /// The tables `frames`, `coverage` and `features`, each as one GeoParquet file.
    #[arg(long, value_name = "DIR")]
    pub geoparquet: Option<PathBuf>,
    /// Frames as STAC items, in one GeoParquet file.
    #[arg(long, value_name = "FILE")]
    pub stac_geoparquet: Option<PathBuf>,
    /// Where images are to be had, before their keys: for the addresses in STAC items.
    #[arg(long, value_name = "URL", default_value = "")]
    pub images: String,
}
