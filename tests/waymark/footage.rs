//! Tracks and pictures that tests make up.

use std::fmt::Write;
use std::fs;
use std::io::Cursor;
use std::path::Path;

use image::{ImageFormat, RgbImage};

/// A car that drives north through San Francisco at 8 m/s: one fix per second, as CSV.
pub fn track(start_ms: i64, seconds: i64) -> Vec<u8> {
    let mut csv = String::from("time_ms,latitude_deg,longitude_deg,accuracy_m\n");
    for second in 0..seconds {
        let latitude_deg = 37.79 + 8.0 * second as f64 / 111_195.0;
        writeln!(csv, "{},{latitude_deg:.7},-122.3950000,3.0", start_ms + 1_000 * second).unwrap();
    }
    csv.into_bytes()
}

/// A receiver that never had a fix, as CSV.
pub fn track_at_null_island(start_ms: i64, seconds: i64) -> Vec<u8> {
    let rows = (0..seconds).map(|second| format!("{},0.0,0.0\n", start_ms + 1_000 * second));
    ["time_ms,latitude_deg,longitude_deg\n".to_owned()].into_iter().chain(rows).collect::<String>().into_bytes()
}

/// A small grey picture without a position.
pub fn jpeg() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    RgbImage::from_pixel(16, 16, image::Rgb([90, 90, 90])).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

/// A picture of a few hundred bytes whose header says that it is 50,000 pixels wide and high.
pub fn jpeg_bomb() -> Vec<u8> {
    let mut bytes = jpeg();
    let header = bytes.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
    // Marker, length and precision come before height and width.
    let side = 50_000_u16.to_be_bytes();
    bytes[header + 5..header + 9].copy_from_slice(&[side, side].concat());
    bytes
}

/// A file as bytes.
pub fn bytes(path: impl AsRef<Path>) -> Vec<u8> {
    fs::read(path.as_ref()).unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}
