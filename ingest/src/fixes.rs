//! GNSS fixes out of what a driver sends: EXIF, GoPro telemetry, GPX, NMEA and CSV.
//!
//! Every reader takes hostile bytes, in memory and time proportional to their length, and gives fixes in the
//! order of the file. A reading that says of itself that it is no fix is left out.

mod accuracy;
pub mod csv;
pub mod exif;
pub mod gpmf;
pub mod gpx;
mod jpeg;
pub mod nmea;
mod tiff;

use waymark_datasets::{Fix, Reason, Rejection};

/// Reads a track file by its extension: `gpx`, `csv`, or `nmea` and what else holds NMEA.
///
/// # Errors
/// [`Reason::TrackUnreadable`] if it is none of these, or has more than `fixes_max` fixes.
pub fn read_track(name: &str, bytes: &[u8], fixes_max: usize) -> Result<Vec<Fix>, Rejection> {
    let read = match TrackFormat::of(name) {
        Some(TrackFormat::Gpx) => gpx::read(bytes, fixes_max),
        Some(TrackFormat::Nmea) => nmea::read(bytes, fixes_max),
        Some(TrackFormat::Csv) => csv::read(bytes, fixes_max),
        None => Err(unreadable("a track ends in .gpx, .csv, .nmea, .nma, .txt or .log")),
    };
    read.map_err(|rejection| of_file(name, &rejection))
}

/// What a track beside a video can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TrackFormat {
    Gpx,
    Nmea,
    Csv,
}

impl TrackFormat {
    pub(crate) fn of(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "gpx" => Some(Self::Gpx),
            "nmea" | "nma" | "txt" | "log" => Some(Self::Nmea),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// Puts the file's name before what is wrong with it.
pub(crate) fn of_file(name: &str, rejection: &Rejection) -> Rejection {
    Rejection::new(rejection.reason, format!("{name}: {}", rejection.detail))
}

fn unreadable(what: impl Into<String>) -> Rejection {
    Rejection::new(Reason::TrackUnreadable, what)
}

/// Appends within the limit.
fn push_within(fixes: &mut Vec<Fix>, fix: Fix, fixes_max: usize) -> Result<(), Rejection> {
    if fixes.len() >= fixes_max {
        return Err(unreadable(format!("has more than {fixes_max} fixes")));
    }
    fixes.push(fix);
    Ok(())
}
