//! The command line of `waymark simulate`.

use std::path::PathBuf;

use clap::Args;
use waymark_datasets::UtcMillis;
use waymark_simulate::{Attack, Camera, FrameSize, Plan, PlanError, TownEpoch, TrackFormat};

/// What to simulate.
#[derive(Debug, Args)]
pub struct Simulate {
    /// Where drives, keys, signed bundles and the truth go.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The devices' keys and what each has signed; OUT/devices unless given. Calls of one seed that share the folder
    /// share the devices, and each manifest names the one before.
    #[arg(long, value_name = "DIR")]
    pub devices: Option<PathBuf>,
    /// How many drives.
    #[arg(long, default_value_t = 2, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| count(text, Plan::DRIVES_MAX))]
    pub drives: u32,
    /// How long each drive is.
    #[arg(long, default_value_t = 30, value_name = "S", allow_negative_numbers = true,
        value_parser = |text: &str| count(text, Plan::SECONDS_MAX))]
    pub seconds: u32,
    /// What the town, the drives and the noise follow from.
    #[arg(long, default_value_t = 1, value_name = "K", allow_negative_numbers = true,
        value_parser = |text: &str| text.parse::<u64>().map_err(|_| format!("expected 0 to {}", u64::MAX)))]
    pub seed: u64,
    /// State of the town: between epoch 1 and epoch 2 some signs go and others come.
    #[arg(long, default_value = "1", allow_negative_numbers = true)]
    pub epoch: TownEpoch,
    /// Make half of the drives dishonest in this way: replay, copy, teleport, walk-the-map, parked, photo,
    /// night-as-day, two-places, tamper or drift.
    #[arg(long, value_name = "KIND")]
    pub attack: Option<Attack>,
    /// Size of the frames.
    #[arg(long, default_value_t, value_name = "WIDTHxHEIGHT", allow_hyphen_values = true)]
    pub size: FrameSize,
    /// When the first drive begins (RFC 3339).
    #[arg(long, default_value = "2026-01-12T20:00:00Z", value_name = "TIME")]
    pub start: UtcMillis,
    /// The camera.
    #[command(flatten)]
    pub lens: Lens,
    /// How the track beside each video is written: nmea or gpx.
    #[arg(long, default_value_t, value_name = "FORMAT")]
    pub track: TrackFormat,
    /// Also write what a motion sensor in the camera felt: drive.imu.csv beside each video, not signed.
    #[arg(long)]
    pub imu: bool,
}

/// The camera behind the windscreen.
#[derive(Debug, Args)]
pub struct Lens {
    /// Horizontal field of view of the camera, without its distortion.
    #[arg(long, value_name = "DEG", allow_negative_numbers = true,
        default_value_t = Camera::default().horizontal_fov_deg())]
    pub hfov: f64,
    /// Height of the camera above the road.
    #[arg(long, value_name = "M", allow_negative_numbers = true, default_value_t = Camera::default().height_m())]
    pub camera_height: f64,
    /// How far up the camera looks; negative is down.
    #[arg(long, value_name = "DEG", allow_negative_numbers = true, default_value_t = Camera::default().pitch_deg())]
    pub pitch: f64,
    /// Barrel distortion of the lens: what is r focal lengths from the axis is drawn at r (1 + K1 r²).
    #[arg(long, value_name = "K1", allow_negative_numbers = true, default_value_t = Camera::default().distortion_k1())]
    pub distortion: f64,
}

impl Lens {
    /// The camera, if it can be drawn.
    pub fn camera(&self) -> Result<Camera, PlanError> {
        Camera::new(self.hfov, self.camera_height, self.pitch)?.with_distortion(self.distortion)
    }
}

/// A number from 1 to `max`.
pub(super) fn count(text: &str, max: u32) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| (1..=max).contains(number));
    number.ok_or_else(|| format!("expected 1 to {max}"))
}
