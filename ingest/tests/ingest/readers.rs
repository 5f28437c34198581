//! The readers of tracks and EXIF: what they read, what they say of what they do not.

use bytes::Bytes;
use exif::{Rational, Tag, Value};
use proptest::prelude::*;
use waymark_datasets::{Fix, Reason, TelemetryPacket, UtcMillis};
use waymark_ingest::fixes::{self, csv, exif as still, gpmf, gpx, nmea};

use crate::footage::{self, START_MS, ascii, jpeg, jpeg_with, ratio, shot};

const FIXES_MAX: usize = 1_000;

fn time(text: &str) -> UtcMillis {
    text.parse().unwrap()
}

fn assert_near(fix: &Fix, latitude_deg: f64, longitude_deg: f64) {
    let position = fix.position;
    assert!((position.latitude_deg() - latitude_deg).abs() < 1e-7, "{position:?}");
    assert!((position.longitude_deg() - longitude_deg).abs() < 1e-7, "{position:?}");
}

#[test]
fn a_csv_is_read_by_the_names_of_its_columns() {
    let text = "\u{feff}Heading_deg, lng ,junk,LAT,time,altitude_m,accuracy_m\n\
                90,-122.5,x,37.25,2025-12-15T21:53:41.771Z,-3.5,4.5\n\
                ,-122.6,,37.35,2025-12-15T22:53:42+01:00,,\n\
                ,,,,2025-12-15T22:53:43+01:00,,\n";
    let fixes = csv::read(text.as_bytes(), FIXES_MAX).unwrap();
    assert_eq!(fixes.len(), 2);
    assert_near(&fixes[0], 37.25, -122.5);
    assert_eq!(fixes[0].at, time("2025-12-15T21:53:41.771Z"));
    assert_eq!((fixes[0].altitude_m, fixes[0].accuracy_mm), (Some(-3.5), Some(4_500)));
    assert_eq!(fixes[0].heading.unwrap().degrees(), 90.0);
    assert_eq!(fixes[1].at, time("2025-12-15T21:53:42Z"));
    assert_eq!((fixes[1].altitude_m, fixes[1].accuracy_mm, fixes[1].heading), (None, None, None));
}

#[test]
fn a_csv_that_makes_no_sense_is_refused_by_line() {
    for (text, what) in [
        ("", "no column \"time\""),
        ("time,lat\n", "no column \"longitude_deg\""),
        ("time_ms,lat,lon\n1,2\n", "line 2"),
        ("time_ms,lat,lon\n1,2,3\n1,91,3\n", "line 3"),
        ("time_ms,lat,lon\n-1,2,3\n", "line 2"),
        ("time_ms,lat,lon\n1,NaN,3\n", "line 2"),
        ("time,lat,lon\n2025-12-15 21:53,2,3\n", "line 2"),
    ] {
        let rejection = csv::read(text.as_bytes(), FIXES_MAX).unwrap_err();
        assert_eq!(rejection.reason, Reason::TrackUnreadable);
        assert!(rejection.detail.contains(what), "{text:?}: {rejection}");
    }
}

#[test]
fn a_track_over_the_limit_is_refused() {
    let text = footage::csv(&footage::drive(11));
    assert_eq!(csv::read(&text, 11).unwrap().len(), 11);
    assert_eq!(csv::read(&text, 10).unwrap_err().reason, Reason::TrackUnreadable);
}

/// A sentence with its checksum.
fn sentence(body: &str) -> String {
    format!("${body}*{:02X}\r\n", body.bytes().fold(0, |sum, byte| sum ^ byte))
}

#[test]
fn rmc_and_gga_of_one_moment_are_one_fix() {
    let text = sentence("GPRMC,225446.33,A,4916.45,N,12311.12,W,010.5,054.7,191125,020.3,E")
        + &sentence("GPGGA,225446.33,4916.45,N,12311.12,W,1,08,0.9,545.4,M,46.9,M,,")
        + "[1549323612000]"
        + &sentence("GPRMC,225447.33,A,4916.46,N,12311.12,W,000.5,054.7,191125,020.3,E")
        + &sentence("GPRMC,225448.33,V,,,,,,,191125,,");
    let fixes = nmea::read(text.as_bytes(), FIXES_MAX).unwrap();
    assert_eq!(fixes.len(), 2, "the third has no fix");
    assert_near(&fixes[0], 49.0 + 16.45 / 60.0, -(123.0 + 11.12 / 60.0));
    assert_eq!(fixes[0].at, time("2025-11-19T22:54:46.330Z"));
    assert_eq!(fixes[0].accuracy_mm, Some(4_500), "0.9 times 5 m");
    assert!((fixes[0].altitude_m.unwrap() - 545.4).abs() < 1e-3);
    assert!((fixes[0].heading.unwrap().degrees() - 54.7).abs() < 1e-5);
    assert_eq!(fixes[1].heading, None, "a standing receiver has no course");
}

#[test]
fn gga_alone_takes_its_date_from_the_last_rmc_across_midnight() {
    let gga = |time: &str| sentence(&format!("GNGGA,{time},4916.45,N,12311.12,W,1,08,0.9,545.4,M,46.9,M,,"));
    let text = gga("235957.00")
        + &sentence("GNRMC,235958.00,A,4916.45,N,12311.12,W,000.5,054.7,311225,,")
        + &gga("235959.50")
        + &gga("000000.50");
    let fixes = nmea::read(text.as_bytes(), FIXES_MAX).unwrap();
    let times: Vec<UtcMillis> = fixes.iter().map(|fix| fix.at).collect();
    let wanted = ["2025-12-31T23:59:58Z", "2025-12-31T23:59:59.500Z", "2026-01-01T00:00:00.500Z"];
    assert_eq!(times, wanted.map(time), "the first has no date");
}

#[test]
fn sentences_with_a_wrong_checksum_are_not_read() {
    let right = sentence("GPRMC,225446.33,A,4916.45,N,12311.12,W,010.5,054.7,191125,020.3,E");
    let wrong = right.replace("4916", "4917");
    assert_eq!(nmea::read(wrong.as_bytes(), FIXES_MAX).unwrap_err().reason, Reason::TrackUnreadable);
    assert_eq!(nmea::read((wrong + &right).as_bytes(), FIXES_MAX).unwrap().len(), 1);
}

fn gpx_with(points: &str) -> String {
    format!("<gpx version=\"1.1\" creator=\"x\"><trk><trkseg>{points}</trkseg></trk></gpx>")
}

#[test]
fn a_gpx_gives_its_timed_track_points() {
    let text = gpx_with(
        "<trkpt lat=\"37.5\" lon=\"-122.25\"><ele>12.5</ele><time>2025-03-14T07:00:00.250Z</time><hdop>1.2</hdop></trkpt>\
         <trkpt lat=\"37.6\" lon=\"-122.26\"><time>2025-03-14T09:00:01+02:00</time></trkpt>\
         <trkpt lat=\"37.7\" lon=\"-122.27\"/>",
    );
    let fixes = gpx::read(text.as_bytes(), FIXES_MAX).unwrap();
    assert_eq!(fixes.len(), 2);
    assert_near(&fixes[0], 37.5, -122.25);
    assert_eq!(fixes[0].at, time("2025-03-14T07:00:00.250Z"));
    assert_eq!((fixes[0].altitude_m, fixes[0].accuracy_mm), (Some(12.5), Some(6_000)));
    assert_eq!(fixes[1].at, time("2025-03-14T07:00:01Z"));
}

#[test]
fn a_gpx_without_times_or_with_times_beyond_ours_is_refused() {
    let point = |inner: &str| gpx_with(&format!("<trkpt lat=\"1\" lon=\"2\">{inner}</trkpt>"));
    for (text, what) in [
        (point(""), "none with a time"),
        (point("<time>9999-12-31T23:59:59-01:00</time>"), "no sense"),
        (point("<time>1969-12-31T23:59:59Z</time>"), "no sense"),
        (point("<time>2200-01-01T00:00:00Z</time>"), "no sense"),
        (point("<time>soon</time>"), "no sense"),
        (gpx_with("<trkpt lat=\"91\" lon=\"2\"><time>2025-03-14T07:00:00Z</time></trkpt>"), "no sense"),
        (gpx_with("<trkpt lat=\"1\"><time>2025-03-14T07:00:00Z</time></trkpt>"), "no lon"),
        (gpx_with("<trkpt lat=\"1\" lon=\"2\"></trkpt></oops>"), "do not match"),
        ("<kml/>".into(), "no gpx element"),
        ("<gpx".into(), "no GPX"),
        (String::new(), "no GPX"),
    ] {
        let rejection = gpx::read(text.as_bytes(), FIXES_MAX).unwrap_err();
        assert_eq!(rejection.reason, Reason::TrackUnreadable);
        assert!(rejection.detail.contains(what), "{text}: {rejection}");
    }
}

#[test]
fn a_gpx_of_an_older_version_with_prefixes_comments_and_extensions_is_read_all_the_same() {
    let text = "\u{feff}<?xml version='1.0'?><!-- <trkpt> --><g:gpx version='1.0'><wpt lat='1' lon='2'><time>x</time></wpt>\
                <g:trk><g:name><![CDATA[<a> & b]]></g:name><g:trkseg>\
                <g:trkpt lon = '180' lat=\"-0.5\"><g:course>12</g:course><g:time> 2025-03-14T07:00:00 </g:time>\
                <extensions><x><time>1999-01-01T00:00:00Z</time></x></extensions></g:trkpt></g:trkseg></g:trk></g:gpx>\n";
    let fixes = gpx::read(text.as_bytes(), FIXES_MAX).unwrap();
    assert_eq!(fixes.len(), 1);
    assert_near(&fixes[0], -0.5, 180.0);
    assert_eq!(fixes[0].at, time("2025-03-14T07:00:00Z"));
}

#[test]
fn a_billion_laughs_are_not_laughed() {
    let mut entities = String::from("<!DOCTYPE gpx [<!ENTITY a0 \"ha\">");
    for i in 1..30 {
        entities += &format!("<!ENTITY a{i} \"&a{};&a{};\">", i - 1, i - 1);
    }
    let text = format!("{entities}]>{}", gpx_with("<trkpt lat=\"1\" lon=\"2\"><name>&a29;</name></trkpt>"));
    assert!(gpx::read(text.as_bytes(), FIXES_MAX).is_err());
}

#[test]
fn a_track_of_an_unknown_extension_is_refused() {
    for name in ["track.kml", "track", "csv"] {
        assert_eq!(fixes::read_track(name, b"", FIXES_MAX).unwrap_err().reason, Reason::TrackUnreadable);
    }
    assert!(fixes::read_track("A.GPX", gpx_with("").as_bytes(), FIXES_MAX).unwrap().is_empty());
}

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

/// A GPMF element.
fn klv(key: &str, kind: u8, size: u8, data: &[u8]) -> Vec<u8> {
    let repeat = u16::try_from(if size == 0 { 0 } else { data.len() / usize::from(size) }).unwrap();
    // A nested element counts its bytes one by one.
    let (size, repeat) = if kind == 0 { (1, data.len() as u16) } else { (size, repeat) };
    let mut bytes = [key.as_bytes(), &[kind, size], &repeat.to_be_bytes(), data].concat();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// A payload with `samples`, as a camera nests it.
fn payload(fix: u32, time: &str, samples: &[[i32; 5]]) -> Vec<u8> {
    let be = |values: &[i32]| values.iter().flat_map(|value| value.to_be_bytes()).collect::<Vec<u8>>();
    let stream = [
        klv("STNM", b'c', 1, b"GPS"),
        klv("GPSF", b'L', 4, &fix.to_be_bytes()),
        klv("GPSU", b'U', 16, time.as_bytes()),
        klv("GPSP", b'S', 2, &205_u16.to_be_bytes()),
        klv("SCAL", b'l', 4, &be(&[10_000_000, 10_000_000, 1_000, 1_000, 100])),
        klv("GPS5", b'l', 20, &samples.iter().flat_map(|sample| be(sample)).collect::<Vec<u8>>()),
    ]
    .concat();
    let unknown = klv("STRM", 0, 1, &klv("XYZ?", b'?', 3, b"abcdef"));
    klv("DEVC", 0, 1, &[unknown, klv("STRM", 0, 1, &stream)].concat())
}

fn packet(at_ms: i64, bytes: Vec<u8>) -> TelemetryPacket {
    TelemetryPacket { at_ms, duration_ms: 1_000, bytes: Bytes::from(bytes) }
}

#[test]
fn gpmf_samples_are_spread_over_their_packet_from_one_start() {
    let sample = [331_268_403, -1_173_274_043, -19_468, 1_610, 163];
    let packets = [
        packet(0, payload(0, "190506181500.000", &[sample])),
        packet(1_000, payload(3, "190506181507.390", &[sample; 2])),
        packet(2_000, payload(3, "190506181508.400", &[sample; 2])),
        packet(3_000, payload(3, "190506181509.470", &[sample; 4])),
    ];
    let telemetry = gpmf::read(&packets, FIXES_MAX).unwrap();
    assert_eq!((telemetry.samples, telemetry.fixes.len()), (9, 8), "a sample without a fix is none");
    assert_eq!(telemetry.video_start, Some(time("2019-05-06T18:15:06.400Z")), "the median of .390, .400 and .470");
    let offsets: Vec<i64> = telemetry.fixes.iter().map(|fix| fix.at.ms_since(telemetry.video_start.unwrap())).collect();
    assert_eq!(offsets, [1_000, 1_500, 2_000, 2_500, 3_000, 3_250, 3_500, 3_750]);
    assert_near(&telemetry.fixes[0], 33.126_840_3, -117.327_404_3);
    assert_eq!((telemetry.fixes[0].altitude_m, telemetry.fixes[0].accuracy_mm), (Some(-19.468), Some(10_250)));
}

#[test]
fn gpmf_that_is_cut_off_gives_what_is_whole() {
    let whole = payload(3, "190506181507.390", &[[331_268_403, -1_173_274_043, 0, 0, 0]; 3]);
    for length in 0..whole.len() {
        let telemetry = gpmf::read(&[packet(0, whole[..length].to_vec())], FIXES_MAX).unwrap();
        assert!(telemetry.fixes.is_empty(), "the element that holds all is not whole at {length}");
    }
    assert_eq!(gpmf::read(&[packet(0, whole)], 2).unwrap_err().reason, Reason::TrackUnreadable);
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), at_ms: i64, duration_ms: i64) {
        for name in ["x.csv", "x.nmea", "x.gpx"] {
            drop(fixes::read_track(name, &bytes, 10));
        }
        drop(still::read(&bytes));
        drop(still::read(&[b"\xff\xd8\xff\xe1\xff\xffExif\0\0MM\0*\0\0\0\x08".as_slice(), &bytes, &[0; 65_600]].concat()));
        let packets = vec![TelemetryPacket { at_ms, duration_ms, bytes: bytes.into() }; 3];
        drop(gpmf::read(&packets, 10));
    }

    #[test]
    fn no_change_to_a_still_makes_its_reader_panic(changes in prop::collection::vec((0..700_usize, any::<u8>()), 1..8)) {
        let mut bytes = jpeg(&shot(0));
        for (at, byte) in changes {
            let length = bytes.len();
            bytes[at % length] = byte;
        }
        drop(still::read(&bytes));
    }

    #[test]
    fn no_change_to_telemetry_makes_its_reader_panic(changes in prop::collection::vec((any::<usize>(), any::<u8>()), 1..8)) {
        let mut bytes = payload(3, "190506181507.390", &[[1, 2, 3, 4, 5]; 3]);
        for (at, byte) in changes {
            let length = bytes.len();
            bytes[at % length] = byte;
        }
        drop(gpmf::read(&[packet(0, bytes)], FIXES_MAX));
    }

    #[test]
    fn no_text_in_a_sentence_makes_its_reader_panic(
        kind in "(GPRMC|GNGGA|GPRM|GP)",
        fields in prop::collection::vec("([0-9.+-]{0,10}|[A-Z]|[ -~]{0,12})", 0..16),
    ) {
        drop(nmea::read(sentence(&format!("{kind},{}", fields.join(","))).as_bytes(), FIXES_MAX));
    }

    #[test]
    fn no_time_in_a_gpx_makes_its_reader_panic(time in "[-+]?[0-9]{1,6}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[-+][0-9]{2}:[0-9]{2})?") {
        drop(gpx::read(gpx_with(&format!("<trkpt lat=\"1\" lon=\"2\"><time>{time}</time></trkpt>")).as_bytes(), FIXES_MAX));
    }

    #[test]
    fn no_tags_make_the_gpx_reader_panic(tags in prop::collection::vec("(<|</|<!|<\\?|/>|>|gpx|trkpt|time|:|=|'|\"|lat|lon|-->|]]>|[ a1é&;])", 0..60)) {
        drop(gpx::read(tags.concat().as_bytes(), 10));
        drop(gpx::read(gpx_with(&tags.concat()).as_bytes(), 10));
    }

    #[test]
    fn a_gpx_reads_as_another_reader_reads_it(points in prop::collection::vec((-90.0..=90.0_f64, -180.0..180.0_f64, 0..4_000_000_000_000_i64, -400.0..9_000.0_f64), 1..20)) {
        let trkpt = |(latitude, longitude, at_ms, height_m): &(f64, f64, i64, f64)| {
            let at = UtcMillis::try_from(*at_ms).unwrap();
            format!("<trkpt lat=\"{latitude}\" lon=\"{longitude}\"><ele>{height_m}</ele><time>{at}</time></trkpt>")
        };
        let text = gpx_with(&points.iter().map(trkpt).collect::<String>());
        let ours = gpx::read(text.as_bytes(), FIXES_MAX).unwrap();
        let theirs = &::gpx::read(text.as_bytes()).unwrap().tracks[0].segments[0].points;
        prop_assert_eq!(ours.len(), theirs.len());
        for (fix, point) in ours.iter().zip(theirs) {
            prop_assert_eq!((fix.position.latitude_deg(), fix.position.longitude_deg()), (point.point().y(), point.point().x()));
            prop_assert_eq!(fix.altitude_m, point.elevation);
            prop_assert_eq!(fix.at, point.time.unwrap().format().unwrap().parse().unwrap());
        }
    }

    #[test]
    fn a_csv_gives_back_the_track_that_was_written(steps in prop::collection::vec((1..100_000_i64, -90.0..=90.0_f64, -180.0..=180.0_f64), 1..50)) {
        let mut at_ms = START_MS;
        let track: Vec<Fix> = steps.into_iter().map(|(step_ms, latitude, longitude)| {
            at_ms += step_ms;
            footage::fix(at_ms, latitude, longitude)
        }).collect();
        prop_assert_eq!(csv::read(&footage::csv(&track), FIXES_MAX).unwrap(), track);
    }
}
