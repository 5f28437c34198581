//! What lies beside a video: the track, and if it is wanted what the motion sensor felt.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::plan::{Plan, TrackFormat};
use crate::recording::Recording;
use crate::{gpx, imu, nmea};

/// Where the track of a drive goes.
pub(crate) fn track_file(folder: &Path, format: TrackFormat) -> PathBuf {
    folder.join("drive").with_extension(format.name())
}

/// Writes what the plan wants beside the video, and removes what an earlier plan wanted.
pub(crate) fn write(plan: &Plan, recording: &Recording, folder: &Path) -> Result<(), Error> {
    for format in TrackFormat::ALL {
        let file = track_file(folder, format);
        if format != plan.track() {
            remove(&file)?;
            continue;
        }
        let (readings, start) = (&recording.track, recording.claimed_start);
        let text = match format {
            TrackFormat::Nmea => nmea::sentences(readings, start),
            TrackFormat::Gpx => gpx::document(readings, start).map_err(|error| Error::table(&file, &error))?,
        };
        fs::write(&file, text).map_err(Error::file(&file))?;
    }
    let file = folder.join("drive.imu.csv");
    if !plan.imu() {
        return remove(&file);
    }
    let text = imu::csv(&recording.motion, recording.claimed_start).map_err(|error| Error::table(&file, &error))?;
    fs::write(&file, text).map_err(Error::file(&file))
}

fn remove(file: &Path) -> Result<(), Error> {
    match fs::remove_file(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        done => done.map_err(Error::file(file)),
    }
}
