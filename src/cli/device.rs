//! The command line of `waymark device`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use url::Url;
use waymark_datasets::{DriverId, UtcMillis};

use super::{Enrol, Invite, Revoke, Rotate, Upload, ZoneCommand};

/// The driver's side.
#[derive(Debug, Subcommand)]
pub enum Device {
    /// Make an Ed25519 key (PKCS#8 PEM, mode 0600) and print the device id.
    New {
        /// Where to write it; an existing file is never replaced.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Sign footage into a bundle: JPEGs with EXIF, a video with a track beside it, or a video with GPS inside.
    Sign(Sign),
    /// Upload signed bundles to a server, or whatever appears in a folder; goes on where it was interrupted.
    Upload(Upload),
    /// Make an invitation, with which one device of a driver enrols itself.
    Invite(Invite),
    /// Register a device: with a store, or with a server that its driver was invited by.
    #[command(visible_alias = "enroll")]
    Enrol(Enrol),
    /// Hand over from a device's key to a new one.
    Rotate(Rotate),
    /// Places that are kept private.
    #[command(subcommand)]
    Zone(ZoneCommand),
    /// Take no more clips of a device.
    Revoke(Revoke),
}

/// What to sign.
#[derive(Debug, Args)]
pub struct Sign {
    /// The device's key.
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The account to be paid.
    #[arg(long)]
    pub driver: DriverId,
    /// Folders and files that make one clip.
    #[arg(required = true, value_name = "PATH")]
    pub inputs: Vec<PathBuf>,
    /// The folder that becomes the bundle.
    #[arg(long, value_name = "BUNDLE")]
    pub out: PathBuf,
    /// Private zones, nothing of which is signed; those beside the key unless given.
    #[arg(long, value_name = "FILE")]
    pub zones: Option<PathBuf>,
    /// Keep back what is nearer than this to where the footage began or ended, as it is a whole trip.
    #[arg(long, value_name = "METRES")]
    pub trim: Option<f64>,
    /// When the video began (RFC 3339), if its track and tags do not tell.
    #[arg(long, value_name = "TIME")]
    pub video_start: Option<UtcMillis>,
    /// The camera's model.
    #[arg(long, default_value = "unknown")]
    pub camera: String,
    /// The camera's horizontal field of view in degrees.
    #[arg(long, value_name = "DEGREES")]
    pub hfov: Option<f64>,
    /// Fetch a nonce of this server and sign it too, for a server that wants to see that clips are signed lately.
    #[arg(long, value_name = "URL")]
    pub nonce_from: Option<Url>,
}
