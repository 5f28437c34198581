//! Readings as NMEA 0183: `RMC` and `GGA`.

use std::fmt::Write as _;

use waymark_datasets::UtcMillis;

use crate::gnss::{ALTITUDE_M, Reading};

const KNOTS_PER_MPS: f64 = 3_600.0 / 1_852.0;

/// Two sentences for each reading, of which the first is at `start`. A lost one says so.
pub(crate) fn sentences(readings: &[Reading], start: UtcMillis) -> String {
    let mut text = String::with_capacity(readings.len() * 160);
    for reading in readings {
        let at = start.plus_ms(reading.at_ms).to_chrono();
        let (time, date) = (at.format("%H%M%S%.3f"), at.format("%d%m%y"));
        if !reading.fixed {
            line(&mut text, &format!("GNRMC,{time},V,,,,,,,{date},,,N"));
            line(&mut text, &format!("GNGGA,{time},,,,,0,00,,,M,,M,,"));
            continue;
        }
        let (latitude, longitude) = reading.at.degrees();
        let north = degrees_minutes(latitude, 2, ('N', 'S'));
        let east = degrees_minutes(longitude, 3, ('E', 'W'));
        let (knots, course) = (reading.speed_mps * KNOTS_PER_MPS, reading.course_deg);
        line(&mut text, &format!("GNRMC,{time},A,{north},{east},{knots:.2},{course:.1},{date},,,A"));
        let (satellites, hdop) = (reading.satellites, reading.hdop);
        line(&mut text, &format!("GNGGA,{time},{north},{east},1,{satellites:02},{hdop:.1},{ALTITUDE_M:.1},M,0.0,M,,"));
    }
    text
}

/// Degrees and minutes run together, then the hemisphere; 1e-6 minutes are 2 mm.
fn degrees_minutes(degrees: f64, digits: usize, (positive, negative): (char, char)) -> String {
    // Rounded first, so that no 60.000000 minutes can appear.
    let millionths = (degrees.abs() * 60e6).round() as u64;
    let (whole, minutes) = (millionths / 60_000_000, millionths % 60_000_000);
    let hemisphere = if degrees < 0.0 { negative } else { positive };
    format!("{whole:0digits$}{:02}.{:06},{hemisphere}", minutes / 1_000_000, minutes % 1_000_000)
}

fn line(text: &mut String, sentence: &str) {
    let checksum = sentence.bytes().fold(0, |sum, byte| sum ^ byte);
    // Writing to a string cannot fail; were it to, the sentence would be missing.
    if write!(text, "${sentence}*{checksum:02X}\r\n").is_err() {
        text.clear();
    }
}
