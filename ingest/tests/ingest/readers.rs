//! The readers of track files: what they read, what they say of what they do not.

use proptest::prelude::*;
use waymark_datasets::{Fix, Reason, UtcMillis};
use waymark_ingest::fixes::{self, csv, gpx, nmea};

use crate::footage::{self, START_MS};

pub const FIXES_MAX: usize = 1_000;

pub fn time(text: &str) -> UtcMillis {
    text.parse().unwrap()
}

pub fn assert_near(fix: &Fix, latitude_deg: f64, longitude_deg: f64) {
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
pub fn sentence(body: &str) -> String {
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

pub fn gpx_with(points: &str) -> String {
    format!("<gpx version=\"1.1\" creator=\"x\"><trk><trkseg>{points}</trkseg></trk></gpx>")
}

#[test]
fn a_gpx_gives_its_timed_track_points() {
    let text = gpx_with(
        "<trkpt lat=\"37.5\" lon=\"-122.25\">\
         <ele>12.5</ele><time>2025-03-14T07:00:00.250Z</time><hdop>1.2</hdop></trkpt>\
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
        (gpx_with("<trkpt lat=\"1\" lon=\"2\"></trkpt></oops>"), "is no GPX"),
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
    let text = "\u{feff}<?xml version='1.0'?><!-- <trkpt> -->\
                <g:gpx version='1.0'><wpt lat='1' lon='2'><time>x</time></wpt>\
                <g:trk><g:name><![CDATA[<a> & b]]></g:name><g:trkseg>\
                <g:trkpt lon = '180' lat=\"-0.5\"><g:course>12</g:course><g:time> 2025-03-14T07:00:00 </g:time>\
                <extensions><x><time>1999-01-01T00:00:00Z</time></x></extensions></g:trkpt>\
                </g:trkseg></g:trk></g:gpx>\n";
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

proptest! {
    #[test]
    fn a_gpx_reads_as_another_reader_reads_it(
        points in prop::collection::vec(
            (-90.0..=90.0_f64, -180.0..180.0_f64, 0..4_000_000_000_000_i64, -400.0..9_000.0_f64),
            1..20,
        ),
    ) {
        let trkpt = |(latitude, longitude, at_ms, height_m): &(f64, f64, i64, f64)| {
            let at = UtcMillis::try_from(*at_ms).unwrap();
            format!("<trkpt lat=\"{latitude}\" lon=\"{longitude}\"><ele>{height_m}</ele><time>{at}</time></trkpt>")
        };
        let text = gpx_with(&points.iter().map(trkpt).collect::<String>());
        let ours = gpx::read(text.as_bytes(), FIXES_MAX).unwrap();
        let theirs = &::gpx::read(text.as_bytes()).unwrap().tracks[0].segments[0].points;
        prop_assert_eq!(ours.len(), theirs.len());
        for (fix, point) in ours.iter().zip(theirs) {
            let (position, theirs) = (fix.position, point.point());
            prop_assert_eq!((position.latitude_deg(), position.longitude_deg()), (theirs.y(), theirs.x()));
            prop_assert_eq!(fix.altitude_m, point.elevation);
            prop_assert_eq!(fix.at, point.time.unwrap().format().unwrap().parse().unwrap());
        }
    }

    #[test]
    fn a_csv_gives_back_the_track_that_was_written(
        steps in prop::collection::vec((1..100_000_i64, -90.0..=90.0_f64, -180.0..=180.0_f64), 1..50),
    ) {
        let mut at_ms = START_MS;
        let track: Vec<Fix> = steps.into_iter().map(|(step_ms, latitude, longitude)| {
            at_ms += step_ms;
            footage::fix(at_ms, latitude, longitude)
        }).collect();
        prop_assert_eq!(csv::read(&footage::csv(&track), FIXES_MAX).unwrap(), track);
    }
}
