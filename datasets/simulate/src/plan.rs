//! What to simulate.

mod epoch;
mod size;
mod track;

use std::ops::RangeInclusive;

pub use epoch::TownEpoch;
pub use size::FrameSize;
pub use track::TrackFormat;
use waymark_datasets::UtcMillis;

use crate::attack::Attack;
use crate::camera::Camera;

/// What to simulate: once made, it can be carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    seed: u64,
    drives: u32,
    seconds: u32,
    start: UtcMillis,
    epoch: TownEpoch,
    size: FrameSize,
    camera: Camera,
    attack: Option<Attack>,
    track: TrackFormat,
    imu: bool,
    only: Option<u32>,
}

/// Why a plan cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Drives are numbered with three digits.
    #[error("{0} drives: expected 1 to {max}", max = Plan::DRIVES_MAX)]
    Drives(u32),
    /// A clip is a clip.
    #[error("{0} seconds: expected 1 to {max}", max = Plan::SECONDS_MAX)]
    Seconds(u32),
    /// H.264 in 4:2:0 wants even sides; more pixels than 4K take too long to paint.
    #[error("frames of {0}: expected WIDTHxHEIGHT with even sides, from 64x48 to 3840x2160, such as 1280x720")]
    Size(String),
    /// There are two.
    #[error("epoch {0} of the town: expected 1 or 2")]
    Epoch(String),
    /// Not one of [`TrackFormat::ALL`].
    #[error("track as {0}: expected nmea or gpx")]
    Track(String),
    /// Not one of [`Attack::ALL`].
    #[error("attack {given}: expected one of {known}", known = Attack::names())]
    Attack {
        /// What was asked for.
        given: String,
    },
    /// Some attacks need an honest drive to start from.
    #[error("attack {attack} with {drives} drive: it needs an honest drive beside it, so at least 2")]
    TooFewToAttack {
        /// What was asked for.
        attack: Attack,
        /// How many drives there are.
        drives: u32,
    },
    /// A lens that we cannot draw.
    #[error("camera: {0}")]
    Camera(&'static str),
}

impl Plan {
    /// Most drives of one plan.
    pub const DRIVES_MAX: u32 = 999;
    /// Longest drive.
    pub const SECONDS_MAX: u32 = 3_600;
    /// Drives begin this far apart, so that they meet different light.
    pub const DEPARTURE_STEP_MS: i64 = 37 * 60_000;
    /// Then the departures begin again, so that a plan spans ten hours at most.
    pub const DEPARTURES: u32 = 16;

    /// Honest drives of `seconds` each through epoch 1 of the town of `seed`, in frames of 1280 × 720. Drive n of
    /// N begins (n - 1) mod 16 times 37 minutes after `start`.
    ///
    /// # Errors
    /// [`PlanError`] with 0 or too many drives or seconds.
    pub fn new(seed: u64, drives: u32, seconds: u32, start: UtcMillis) -> Result<Self, PlanError> {
        if !(1..=Self::DRIVES_MAX).contains(&drives) {
            return Err(PlanError::Drives(drives));
        }
        if !(1..=Self::SECONDS_MAX).contains(&seconds) {
            return Err(PlanError::Seconds(seconds));
        }
        let (size, camera, track) = (FrameSize::default(), Camera::default(), TrackFormat::default());
        Ok(Self {
            seed,
            drives,
            seconds,
            start,
            epoch: TownEpoch::One,
            size,
            camera,
            attack: None,
            track,
            imu: false,
            only: None,
        })
    }

    /// The same in another epoch of the town.
    #[must_use]
    pub fn in_epoch(self, epoch: TownEpoch) -> Self {
        Self { epoch, ..self }
    }

    /// The same in other frames.
    #[must_use]
    pub fn with_size(self, size: FrameSize) -> Self {
        Self { size, ..self }
    }

    /// The same through another camera.
    #[must_use]
    pub fn with_camera(self, camera: Camera) -> Self {
        Self { camera, ..self }
    }

    /// The same with half of the drives dishonest: see [`Attack`].
    ///
    /// # Errors
    /// [`PlanError::TooFewToAttack`] when it needs an honest drive beside it and there is none.
    pub fn with_attack(self, attack: Attack) -> Result<Self, PlanError> {
        let drives = self.drives;
        if attack.needs_source() && drives < 2 {
            return Err(PlanError::TooFewToAttack { attack, drives });
        }
        Ok(Self { attack: Some(attack), ..self })
    }

    /// The same with tracks in this format.
    #[must_use]
    pub fn with_track(self, track: TrackFormat) -> Self {
        Self { track, ..self }
    }

    /// The same with what the motion sensor felt beside each video, or without.
    #[must_use]
    pub fn with_imu(self, imu: bool) -> Self {
        Self { imu, ..self }
    }

    /// Of the same drives only the one of this number: what it looks like does not depend on the others.
    #[must_use]
    pub fn with_only(self, number: u32) -> Self {
        Self { only: Some(number), ..self }
    }

    /// What the town, the drives and the noise follow from.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How many drives.
    #[must_use]
    pub fn drives(&self) -> u32 {
        self.drives
    }

    /// Length of each drive.
    #[must_use]
    pub fn seconds(&self) -> u32 {
        self.seconds
    }

    /// When the first drive begins.
    #[must_use]
    pub fn start(&self) -> UtcMillis {
        self.start
    }

    /// Which of the town's epochs.
    #[must_use]
    pub fn epoch(&self) -> TownEpoch {
        self.epoch
    }

    /// Size of the frames.
    #[must_use]
    pub fn size(&self) -> FrameSize {
        self.size
    }

    /// The camera behind the windscreen.
    #[must_use]
    pub fn camera(&self) -> Camera {
        self.camera
    }

    /// What is done to half of the drives.
    #[must_use]
    pub fn attack(&self) -> Option<Attack> {
        self.attack
    }

    /// What the tracks are written as.
    #[must_use]
    pub fn track(&self) -> TrackFormat {
        self.track
    }

    /// Whether what the motion sensor felt is written.
    #[must_use]
    pub fn imu(&self) -> bool {
        self.imu
    }

    /// The numbers of the drives to write, from 1.
    pub(crate) fn numbers(&self) -> RangeInclusive<u32> {
        self.only.map_or(1..=self.drives, |number| number..=number.min(self.drives))
    }

    /// When drive `number` (from 1) begins.
    #[must_use]
    pub fn departure(&self, number: u32) -> UtcMillis {
        let turn = number.saturating_sub(1) % Self::DEPARTURES;
        self.start.plus_ms(i64::from(turn) * Self::DEPARTURE_STEP_MS)
    }

    /// Frames of one drive.
    #[must_use]
    pub fn frames(&self) -> u32 {
        self.seconds * crate::FRAMES_PER_SECOND
    }
}

/// What was asked for, for a message: cut, and without control characters.
pub(crate) fn quoted(text: &str) -> String {
    format!("{:?}", text.chars().take(40).collect::<String>())
}
