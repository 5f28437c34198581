//! Input that is made to cost more than it should.

use std::time::{Duration, Instant};

use waymark_ingest::fixes::{exif, gpmf, gpx};

use crate::footage::with_app1;

/// Far above what any of these takes, far below what a reader takes that falls for it.
const PATIENCE: Duration = Duration::from_secs(10);

/// EXIF in which every entry of a directory points to the same next directory, which does the same: a reader that
/// lists all fields lists some thousand million.
#[test]
fn exif_that_points_to_itself_a_thousand_times_is_read_at_once() {
    const ENTRIES: u16 = 2_400;
    let directory = |tag: u16, offset: u32| {
        let (tag, offset) = (tag.to_be_bytes(), offset.to_be_bytes());
        let entry = [tag.as_slice(), &[0, 4, 0, 0, 0, 1], &offset];
        [ENTRIES.to_be_bytes().as_slice(), &entry.concat().repeat(ENTRIES.into()), &[0; 4]].concat()
    };
    let second = 8 + 2 + u32::from(ENTRIES) * 12 + 4;
    let bomb = [b"MM\0*\0\0\0\x08".as_slice(), &directory(0x8769, second), &directory(0xa005, second)].concat();
    let started = Instant::now();
    assert!(exif::read(&with_app1(&bomb)).is_err());
    assert!(started.elapsed() < PATIENCE);
}

#[test]
fn a_jpeg_of_nothing_but_markers_is_given_up_on() {
    let bytes = [b"\xff\xd8".as_slice(), &b"\xff\xe1\0\x02".repeat(16 << 20)].concat();
    let started = Instant::now();
    assert!(exif::read(&bytes).is_err());
    assert!(exif::read(&[0xff; 1 << 20]).is_err());
    assert!(started.elapsed() < PATIENCE);
}

#[test]
fn telemetry_nested_beyond_reason_is_given_up_on() {
    let mut bytes = Vec::new();
    for _ in 0..6_000 {
        let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
        bytes = [b"STRM\0\x01".as_slice(), &length, &bytes].concat();
    }
    let packet = waymark_datasets::TelemetryPacket { at_ms: 0, duration_ms: 0, bytes: bytes.into() };
    assert!(gpmf::read(&[packet], 10).unwrap().fixes.is_empty());
}

#[test]
fn a_gpx_nested_beyond_reason_is_given_up_on() {
    let started = Instant::now();
    let head = "<gpx version=\"1.1\" creator=\"x\"><extensions>";
    assert!(gpx::read((head.to_owned() + &"<a>".repeat(1 << 20)).as_bytes(), 10).is_err());
    assert!(started.elapsed() < PATIENCE);
}
