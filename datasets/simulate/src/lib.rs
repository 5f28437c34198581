//! A synthetic town whose truth is known: streets, houses, signs, cars and people from a seed; drives through it,
//! filmed by a dashcam, with the track of a receiver that errs; and what every frame really shows.
//!
//! The town lies in open sea around 45° S, 130° W. The same [`Plan`] gives the same bytes: of the frames wherever the
//! mathematical library is the same, of the videos wherever x264 is.

mod attack;
mod beside;
mod blur;
mod board;
mod camera;
mod canvas;
mod develop;
mod drive;
mod error;
mod film;
mod glyphs;
mod gnss;
mod gpx;
mod ids;
mod imu;
mod light;
mod line;
mod nmea;
mod order;
mod picture;
mod plan;
mod plane;
mod random;
mod recording;
mod scene;
mod simulate;
mod tone;
mod town;
pub mod truth;
mod video;

pub use attack::Attack;
pub use camera::Camera;
pub use error::Error;
pub use gnss::FIXES_PER_SECOND;
pub use picture::Picture;
pub use plan::{FrameSize, Plan, PlanError, TownEpoch, TrackFormat};
pub use plane::{ORIGIN_LATITUDE_DEG, ORIGIN_LONGITUDE_DEG};
pub use simulate::{DriveReport, Progress, Report, render, simulate};

/// Frames in a second of video.
pub const FRAMES_PER_SECOND: u32 = 10;
