//! How the track beside a video is written.

use std::fmt;
use std::str::FromStr;

use super::{PlanError, quoted};

/// What the receiver's readings are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TrackFormat {
    /// NMEA 0183: `drive.nmea`.
    #[default]
    Nmea,
    /// GPX 1.1: `drive.gpx`.
    Gpx,
}

impl TrackFormat {
    /// Every format.
    pub const ALL: [Self; 2] = [Self::Nmea, Self::Gpx];

    /// Its name, as on the command line, and the extension of its files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Nmea => "nmea",
            Self::Gpx => "gpx",
        }
    }
}

impl FromStr for TrackFormat {
    type Err = PlanError;
    fn from_str(text: &str) -> Result<Self, PlanError> {
        Self::ALL.into_iter().find(|format| format.name() == text).ok_or_else(|| PlanError::Track(quoted(text)))
    }
}

impl fmt::Display for TrackFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
