//! The command line of `waymark bench`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use url::Url;

use super::simulate;

/// What to measure.
#[derive(Debug, Subcommand)]
pub enum Bench {
    /// One model's inference alone, on a constant input.
    Infer {
        /// The ONNX file.
        #[arg(long, value_name = "FILE")]
        model: PathBuf,
        /// Intra-op threads.
        #[arg(long, default_value_t = 1)]
        threads: usize,
        /// Timed runs, after three that are not.
        #[arg(long, default_value_t = 20)]
        runs: usize,
        /// The ONNX Runtime library.
        #[arg(long, value_name = "FILE", env = "ORT_DYLIB_PATH")]
        onnxruntime: Option<PathBuf>,
    },
    /// Frames of the simulated town at 1280x720 on one core, without encoding them.
    Render {
        /// Length of each of the 16 drives that are rendered.
        #[arg(long, default_value_t = 1, value_name = "S", allow_negative_numbers = true,
            value_parser = |text: &str| simulate::count(text, waymark_simulate::Plan::SECONDS_MAX))]
        seconds: u32,
    },
    /// An endpoint, or another server of tus, under load.
    Upload(UploadLoad),
    /// Map tiles of GeoJSON features, one a line, points or polygons.
    Tiles {
        /// The features.
        #[arg(long, value_name = "FILE")]
        input: PathBuf,
        /// The archive.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// The first zoom level.
        #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=16))]
        min_zoom: u8,
        /// The last zoom level.
        #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u8).range(0..=16))]
        max_zoom: u8,
    },
    /// The best frame of each slot, from the frames of a store.
    Dedupe {
        /// The store.
        #[arg(long, value_name = "URL")]
        store: String,
    },
    /// H3 cells of positions, on one thread.
    H3 {
        /// How many positions.
        #[arg(long, default_value_t = 5_000_000)]
        positions: u32,
    },
    /// What a new clip costs on maps of several sizes: trust, coverage, features, snapshot and tiles.
    Rebuild {
        /// Sizes of the map in regions.
        #[arg(long, value_delimiter = ',', default_value = "1,10,100")]
        regions: Vec<u32>,
        /// Frames of each region.
        #[arg(long, default_value_t = 2_000)]
        frames: u32,
    },
}

/// How to load a server, and with what.
#[derive(Debug, Args)]
pub struct UploadLoad {
    /// The server; for `--protocol tus` with the path where uploads are created.
    #[arg(long, value_name = "URL")]
    pub to: Url,
    /// What the server speaks.
    #[arg(long, value_enum, default_value_t)]
    pub protocol: Protocol,
    /// The store of the server: new devices are enrolled there, of a driver each.
    #[arg(long, value_name = "URL")]
    pub store: Option<String>,
    /// Devices that upload by turns.
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub devices: u32,
    /// Clips to upload, of one still each.
    #[arg(long, value_name = "N", default_value_t = 400)]
    pub uploads: u32,
    /// Bytes of each still.
    #[arg(long, value_name = "BYTES", default_value_t = 1_000_000)]
    pub size: usize,
    /// Connections, all opened in the same moment; each takes the next clip when it has brought one.
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub connections: u32,
    /// Begin so many clips a second, each on a connection of its own, however long they take.
    #[arg(long, value_name = "PER_SECOND", conflicts_with = "connections")]
    pub rate: Option<f64>,
    /// Meanwhile, so many connections that send a byte every ten seconds: every second one of a header, the others of
    /// a body.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub slow: u32,
    /// Seconds between the captures of two stills, from the moment of the call into the past.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub apart: u32,
}

/// What a server speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    /// Manifest first, then the still by tus, until the clip has landed.
    #[default]
    Waymark,
    /// tus 1.0.0 alone: creation, then one PATCH.
    Tus,
}
