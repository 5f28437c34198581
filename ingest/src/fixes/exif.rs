//! The fix of a still, from its EXIF (CIPA DC-008, Exif 2.32, sections 4.6.5 and 4.6.6).

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use waymark_datasets::{Fix, Heading, Invalid, Position, Reason, Rejection};

use super::tiff::{Directory, Tiff};
use super::{accuracy, jpeg, unreadable};

/// Reads where and when a JPEG was taken.
///
/// The time is `DateTimeOriginal` with its sub-seconds if its offset from UTC is stated, else the GPS date and time,
/// which are in UTC. A local time without an offset is no time.
///
/// # Errors
/// [`Reason::PositionMissing`] without a position or a time in UTC; [`Reason::TrackUnreadable`] if they make no sense.
pub fn read(jpeg: &[u8]) -> Result<Fix, Rejection> {
    let exif = jpeg::exif(jpeg).and_then(Exif::new).ok_or_else(|| missing("it is no JPEG with EXIF"))?;
    let gps = exif.gps.ok_or_else(|| missing("its EXIF has no GPS part"))?;
    let position = exif.position(gps).ok_or_else(|| missing("its EXIF has no latitude and longitude"))?;
    let at = exif.taken().or_else(|| exif.gps_time(gps)).ok_or_else(|| {
        missing("its EXIF has no time in UTC: neither DateTimeOriginal with OffsetTimeOriginal nor a GPS date and time")
    })?;
    let nonsense = |error: Invalid| unreadable(format!("its EXIF makes no sense: {error}"));
    Ok(Fix {
        at: at.and_utc().timestamp_millis().try_into().map_err(nonsense)?,
        position: position.map_err(nonsense)?,
        altitude_m: exif.altitude_m(gps),
        accuracy_mm: exif.ratio(gps, GPS_DOP).and_then(accuracy::of_dop),
        heading: exif.heading(gps),
    })
}

fn missing(what: &str) -> Rejection {
    Rejection::new(Reason::PositionMissing, what)
}

const EXIF_POINTER: u16 = 0x8769;
const GPS_POINTER: u16 = 0x8825;
const DATE_TIME_ORIGINAL: u16 = 0x9003;
const OFFSET_TIME: u16 = 0x9010;
const OFFSET_TIME_ORIGINAL: u16 = 0x9011;
const SUB_SEC_TIME_ORIGINAL: u16 = 0x9291;
const GPS_LATITUDE_REF: u16 = 1;
const GPS_LATITUDE: u16 = 2;
const GPS_LONGITUDE_REF: u16 = 3;
const GPS_LONGITUDE: u16 = 4;
const GPS_ALTITUDE_REF: u16 = 5;
const GPS_ALTITUDE: u16 = 6;
const GPS_TIME_STAMP: u16 = 7;
const GPS_DOP: u16 = 11;
const GPS_IMG_DIRECTION_REF: u16 = 16;
const GPS_IMG_DIRECTION: u16 = 17;
const GPS_DATE_STAMP: u16 = 29;

struct Exif<'a> {
    tiff: Tiff<'a>,
    exif: Option<Directory>,
    gps: Option<Directory>,
}

impl<'a> Exif<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let tiff = Tiff::new(bytes)?;
        let first = tiff.first()?;
        let (exif, gps) = (tiff.below(first, EXIF_POINTER), tiff.below(first, GPS_POINTER));
        Some(Self { tiff, exif, gps })
    }

    /// None if there is none; an error if it is not on Earth.
    fn position(&self, gps: Directory) -> Option<Result<Position, Invalid>> {
        let latitude = self.degrees(gps, GPS_LATITUDE)? * self.sign(gps, GPS_LATITUDE_REF, ["N", "S"])?;
        let longitude = self.degrees(gps, GPS_LONGITUDE)? * self.sign(gps, GPS_LONGITUDE_REF, ["E", "W"])?;
        Some(Position::from_degrees(latitude, longitude))
    }

    /// Degrees, minutes and seconds, each a fraction.
    fn degrees(&self, gps: Directory, tag: u16) -> Option<f64> {
        let value = self.tiff.find(gps, tag)?;
        Some(value.ratio(0)? + value.ratio(1)? / 60.0 + value.ratio(2)? / 3_600.0)
    }

    fn sign(&self, gps: Directory, tag: u16, [positive, negative]: [&str; 2]) -> Option<f64> {
        match self.tiff.find(gps, tag)?.text()? {
            text if text == positive => Some(1.0),
            text if text == negative => Some(-1.0),
            _ => None,
        }
    }

    /// Reference 1 means below the sea or the ellipsoid.
    fn altitude_m(&self, gps: Directory) -> Option<f64> {
        let below = self.tiff.find(gps, GPS_ALTITUDE_REF).and_then(|value| value.number(0)) == Some(1);
        self.ratio(gps, GPS_ALTITUDE).map(|height_m| if below { -height_m } else { height_m })
    }

    /// Only against true north; the declination of a magnetic direction is not known here.
    fn heading(&self, gps: Directory) -> Option<Heading> {
        let magnetic = self.tiff.find(gps, GPS_IMG_DIRECTION_REF).is_some_and(|value| value.text() == Some("M"));
        let degrees = self.ratio(gps, GPS_IMG_DIRECTION).filter(|_| !magnetic)?;
        (0.0..=360.0).contains(&degrees).then(|| Heading::wrapping(degrees))
    }

    fn ratio(&self, directory: Directory, tag: u16) -> Option<f64> {
        self.tiff.find(directory, tag)?.ratio(0)
    }

    fn taken(&self) -> Option<NaiveDateTime> {
        let exif = self.exif?;
        let local = self.tiff.find(exif, DATE_TIME_ORIGINAL)?;
        let local = NaiveDateTime::parse_from_str(local.text()?, "%Y:%m:%d %H:%M:%S").ok()?;
        let offset = self.tiff.find(exif, OFFSET_TIME_ORIGINAL).or_else(|| self.tiff.find(exif, OFFSET_TIME))?;
        let offset_ms = 60_000 * offset_minutes(offset.text()?)?;
        let sub_second = self.tiff.find(exif, SUB_SEC_TIME_ORIGINAL);
        let sub_second_ms = sub_second.and_then(|value| value.text().map(milliseconds)).unwrap_or_default();
        local.checked_add_signed(chrono::TimeDelta::milliseconds(sub_second_ms - offset_ms))
    }

    fn gps_time(&self, gps: Directory) -> Option<NaiveDateTime> {
        let date = self.tiff.find(gps, GPS_DATE_STAMP)?;
        let date = NaiveDate::parse_from_str(date.text()?, "%Y:%m:%d").ok()?;
        let time = self.tiff.find(gps, GPS_TIME_STAMP)?;
        let seconds = time.ratio(0)? * 3_600.0 + time.ratio(1)? * 60.0 + time.ratio(2)?;
        let day_ms = (0.0..86_400.0).contains(&seconds).then(|| (seconds * 1_000.0).round() as i64)?;
        date.and_time(NaiveTime::MIN).checked_add_signed(chrono::TimeDelta::milliseconds(day_ms))
    }
}

/// `+09:00`, or `Z`.
fn offset_minutes(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let (sign, digits) = text.split_at_checked(1)?;
    let (hours, minutes) = digits.split_once(':')?;
    let minutes = i64::from(hours.parse::<u8>().ok()?) * 60 + i64::from(minutes.parse::<u8>().ok()?);
    match sign {
        "+" => Some(minutes),
        "-" => Some(-minutes),
        _ => None,
    }
}

/// The digits of a decimal fraction, cut to milliseconds.
fn milliseconds(digits: &str) -> i64 {
    let digit = |i: usize| digits.as_bytes().get(i).filter(|byte| byte.is_ascii_digit()).map_or(0, |byte| byte - b'0');
    i64::from(digit(0)) * 100 + i64::from(digit(1)) * 10 + i64::from(digit(2))
}
