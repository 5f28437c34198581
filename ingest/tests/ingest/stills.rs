//! The reader of EXIF.

use exif::{Rational, Tag, Value};
use waymark_datasets::Reason;
use waymark_ingest::fixes::exif as still;

use crate::footage::{self, START_MS, ascii, jpeg, jpeg_with, ratio, shot};
use crate::readers::assert_near;

#[test]
fn a_still_says_where_and_when_it_was_taken() {
    let mut taken = shot(3);
    (taken.latitude_deg, taken.longitude_deg) = (-33.856_784, -151.215_297);
    taken.offset = Some("-09:30");
    taken.more = vec![
        (Tag::GPSAltitudeRef, Value::Byte(vec![1])),
        (Tag::GPSAltitude, ratio(33.25)),
        (Tag::GPSDOP, ratio(0.76)),
        (Tag::GPSImgDirectionRef, ascii("T")),
        (Tag::GPSImgDirection, ratio(271.5)),
    ];
    for little_endian in [false, true] {
        let fix = still::read(&jpeg_with(footage::fields(&taken), little_endian)).unwrap();
        assert_near(&fix, taken.latitude_deg, taken.longitude_deg);
        assert_eq!(fix.at.millis(), taken.at_ms + (9 * 60 + 30) * 60_000);
        assert_eq!((fix.altitude_m, fix.accuracy_mm), (Some(-33.25), Some(3_800)));
        assert_eq!(fix.heading.unwrap().degrees(), 271.5);
    }
}

#[test]
fn a_magnetic_direction_is_not_taken_for_a_true_one() {
    let mut taken = shot(0);
    taken.more = vec![(Tag::GPSImgDirectionRef, ascii("M")), (Tag::GPSImgDirection, ratio(271.5))];
    assert_eq!(still::read(&jpeg(&taken)).unwrap().heading, None);
}

#[test]
fn the_time_of_a_still_is_in_utc_or_there_is_none() {
    let mut taken = shot(0);
    (taken.offset, taken.gps_time) = (None, true);
    assert_eq!(still::read(&jpeg(&taken)).unwrap().at.millis(), START_MS + 120, "GPS time is UTC");
    (taken.offset, taken.gps_time) = (Some("   :  "), false);
    let rejection = still::read(&jpeg(&taken)).unwrap_err();
    assert_eq!(rejection.reason, Reason::PositionMissing);
    assert!(rejection.detail.contains("no time in UTC"), "{rejection}");
}

#[test]
fn a_still_without_a_position_is_refused() {
    let no_denominator = Value::Rational(vec![Rational { num: 0, denom: 0 }; 3]);
    let without = |tag: Tag| footage::fields(&shot(0)).into_iter().filter(|(other, _)| *other != tag).collect();
    let blank = footage::fields(&shot(0)).into_iter();
    let blank = blank.map(|(tag, value)| (tag, if tag == Tag::GPSLatitude { no_denominator.clone() } else { value }));
    for jpeg in [
        jpeg_with(without(Tag::GPSLatitude), false),
        jpeg_with(without(Tag::GPSLongitudeRef), false),
        jpeg_with(blank.collect(), false),
        jpeg_with(vec![(Tag::Make, ascii("x"))], false),
        b"\xff\xd8\xff\xd9".to_vec(),
        Vec::new(),
    ] {
        assert_eq!(still::read(&jpeg).unwrap_err().reason, Reason::PositionMissing);
    }
    let mut far = shot(0);
    far.latitude_deg = 95.0;
    assert_eq!(still::read(&jpeg(&far)).unwrap_err().reason, Reason::TrackUnreadable);
}
