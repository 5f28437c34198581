//! Readers and bytes that nobody would send on purpose, or somebody would.

use proptest::prelude::*;
use waymark_datasets::TelemetryPacket;
use waymark_ingest::fixes::{self, exif as still, gpmf, gpx, nmea};

use crate::footage::{jpeg, shot};
use crate::readers::{FIXES_MAX, gpx_with, sentence};
use crate::telemetry::{packet, payload};

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), at_ms: i64, duration_ms: i64) {
        for name in ["x.csv", "x.nmea", "x.gpx"] {
            drop(fixes::read_track(name, &bytes, 10));
        }
        drop(still::read(&bytes));
        let exif = b"\xff\xd8\xff\xe1\xff\xffExif\0\0MM\0*\0\0\0\x08".as_slice();
        drop(still::read(&[exif, &bytes, &[0; 65_600]].concat()));
        let packets = vec![TelemetryPacket { at_ms, duration_ms, bytes: bytes.into() }; 3];
        drop(gpmf::read(&packets, 10));
    }

    #[test]
    fn no_change_to_a_still_makes_its_reader_panic(
        changes in prop::collection::vec((0..700_usize, any::<u8>()), 1..8),
    ) {
        let mut bytes = jpeg(&shot(0));
        for (at, byte) in changes {
            let length = bytes.len();
            bytes[at % length] = byte;
        }
        drop(still::read(&bytes));
    }

    #[test]
    fn no_change_to_telemetry_makes_its_reader_panic(
        changes in prop::collection::vec((any::<usize>(), any::<u8>()), 1..8),
    ) {
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
    fn no_time_in_a_gpx_makes_its_reader_panic(
        time in "[-+]?[0-9]{1,6}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[-+][0-9]{2}:[0-9]{2})?",
    ) {
        let text = gpx_with(&format!("<trkpt lat=\"1\" lon=\"2\"><time>{time}</time></trkpt>"));
        drop(gpx::read(text.as_bytes(), FIXES_MAX));
    }

    #[test]
    fn no_tags_make_the_gpx_reader_panic(
        tags in prop::collection::vec(
            "(<|</|<!|<\\?|/>|>|gpx|trkpt|time|:|=|'|\"|lat|lon|-->|]]>|[ a1é&;])",
            0..60,
        ),
    ) {
        drop(gpx::read(tags.concat().as_bytes(), 10));
        drop(gpx::read(gpx_with(&tags.concat()).as_bytes(), 10));
    }
}
