//! Footage made for tests: small JPEGs with EXIF, a make-believe film, tracks along a straight road.

use std::io::Cursor;

use bytes::Bytes;
use exif::experimental::Writer;
use exif::{Field, In, Rational, Tag, Value};
use waymark_datasets::{Fix, MediaFacts, MediaKind, Position, Reason, Rejection, UtcMillis};

/// 2026-11-21T10:00:00Z, a Saturday.
pub const START_MS: i64 = 1_795_255_200_000;

/// Where and when a test still was taken.
#[derive(Clone)]
pub struct Shot {
    pub at_ms: i64,
    pub latitude_deg: f64,
    pub longitude_deg: f64,
    pub offset: Option<&'static str>,
    pub gps_time: bool,
    pub more: Vec<(Tag, Value)>,
}

/// Shot `i` of a drive north through Zagreb at 10 m/s.
pub fn shot(i: u32) -> Shot {
    Shot {
        at_ms: START_MS + i64::from(i) * 1_000 + 120,
        latitude_deg: 45.8 + f64::from(i) * 9.0e-5,
        longitude_deg: 15.97,
        offset: Some("+00:00"),
        gps_time: false,
        more: Vec::new(),
    }
}

pub fn ascii(text: &str) -> Value {
    Value::Ascii(vec![text.as_bytes().to_vec()])
}

pub fn ratio(value: f64) -> Value {
    Value::Rational(vec![rational(value)])
}

fn rational(value: f64) -> Rational {
    Rational { num: (value * 1e6).round() as u32, denom: 1_000_000 }
}

fn sexagesimal(degrees: f64) -> Value {
    let (degrees, minutes) = (degrees.trunc(), degrees.fract() * 60.0);
    let whole = |value: f64| Rational { num: value as u32, denom: 1 };
    Value::Rational(vec![whole(degrees), whole(minutes.trunc()), rational(minutes.fract() * 60.0)])
}

/// The EXIF fields of a shot, as a dashcam writes them.
pub fn fields(shot: &Shot) -> Vec<(Tag, Value)> {
    let at = UtcMillis::try_from(shot.at_ms).unwrap().to_chrono();
    let mut fields = vec![
        (Tag::GPSLatitudeRef, ascii(if shot.latitude_deg < 0.0 { "S" } else { "N" })),
        (Tag::GPSLatitude, sexagesimal(shot.latitude_deg.abs())),
        (Tag::GPSLongitudeRef, ascii(if shot.longitude_deg < 0.0 { "W" } else { "E" })),
        (Tag::GPSLongitude, sexagesimal(shot.longitude_deg.abs())),
        (Tag::DateTimeOriginal, ascii(&at.format("%Y:%m:%d %H:%M:%S").to_string())),
        (Tag::SubSecTimeOriginal, ascii(&at.format("%3f").to_string())),
    ];
    if let Some(offset) = shot.offset {
        fields.push((Tag::OffsetTimeOriginal, ascii(offset)));
    }
    if shot.gps_time {
        let part = |format: &str| rational(at.format(format).to_string().parse().unwrap());
        fields.push((Tag::GPSDateStamp, ascii(&at.format("%Y:%m:%d").to_string())));
        fields.push((Tag::GPSTimeStamp, Value::Rational(vec![part("%H"), part("%M"), part("%S%.3f")])));
    }
    fields.extend(shot.more.iter().cloned());
    fields
}

/// A JPEG of 16 by 16 pixels with `fields` in its EXIF, in either byte order.
pub fn jpeg_with(fields: Vec<(Tag, Value)>, little_endian: bool) -> Vec<u8> {
    let fields: Vec<Field> =
        fields.into_iter().map(|(tag, value)| Field { tag, ifd_num: In::PRIMARY, value }).collect();
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    let mut tiff = Cursor::new(Vec::new());
    writer.write(&mut tiff, little_endian).unwrap();
    with_app1(&tiff.into_inner())
}

/// A JPEG with this TIFF structure as its EXIF.
pub fn with_app1(tiff: &[u8]) -> Vec<u8> {
    let mut picture = Cursor::new(Vec::new());
    image::RgbImage::new(16, 16).write_to(&mut picture, image::ImageFormat::Jpeg).unwrap();
    let picture = picture.into_inner();
    let length = u16::try_from(2 + 6 + tiff.len()).unwrap();
    let app1 = [&[0xff, 0xe1], length.to_be_bytes().as_slice(), b"Exif\0\0", tiff].concat();
    [&picture[..2], &app1, &picture[2..]].concat()
}

pub fn jpeg(shot: &Shot) -> Vec<u8> {
    jpeg_with(fields(shot), false)
}

/// A film in a container of our own: what [`probe`] reads.
pub fn film(duration_ms: u64, created_at_ms: Option<i64>) -> Vec<u8> {
    format!("FILM {duration_ms} {} END", created_at_ms.map_or("-".into(), |ms| ms.to_string())).into_bytes()
}

/// Reads [`film`]s and JPEGs, as far as their headers.
pub fn probe(name: &str, bytes: &Bytes) -> Result<MediaFacts, Rejection> {
    let refused = |reason| Err(Rejection::new(reason, format!("{name}: test probe")));
    let facts = |kind, duration_ms, created_at_ms| {
        Ok(MediaFacts {
            kind,
            width_px: 16,
            height_px: 16,
            duration_ms,
            frames: 1,
            created_at_ms,
            telemetry: Vec::new(),
        })
    };
    if bytes.starts_with(&[0xff, 0xd8]) {
        let whole = bytes.ends_with(&[0xff, 0xd9]);
        return if whole { facts(MediaKind::Still, 0, None) } else { refused(Reason::MediaTruncated) };
    }
    let words: Vec<&str> = str::from_utf8(bytes).unwrap_or_default().split(' ').collect();
    match words[..] {
        ["FILM", duration_ms, created, "END"] => {
            facts(MediaKind::Video, duration_ms.parse().unwrap(), created.parse().ok())
        }
        ["FILM", ..] => refused(Reason::MediaTruncated),
        _ => refused(Reason::MediaUnreadable),
    }
}

/// One fix a second, north at 10 m/s.
pub fn drive(seconds: u32) -> Vec<Fix> {
    (0..seconds).map(|i| fix(START_MS + i64::from(i) * 1_000, 45.8 + f64::from(i) * 9.0e-5, 15.97)).collect()
}

pub fn fix(at_ms: i64, latitude_deg: f64, longitude_deg: f64) -> Fix {
    Fix {
        at: at_ms.try_into().unwrap(),
        position: Position::from_degrees(latitude_deg, longitude_deg).unwrap(),
        altitude_m: None,
        accuracy_mm: None,
        heading: None,
    }
}

pub fn csv(fixes: &[Fix]) -> Vec<u8> {
    let row =
        |fix: &Fix| format!("{},{},{}\n", fix.at.millis(), fix.position.latitude_deg(), fix.position.longitude_deg());
    let rows: String = fixes.iter().map(row).collect();
    format!("time_ms,latitude_deg,longitude_deg\n{rows}").into_bytes()
}
