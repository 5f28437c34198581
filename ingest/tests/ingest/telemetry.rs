//! The reader of GoPro telemetry.

use bytes::Bytes;
use waymark_datasets::{Reason, TelemetryPacket};
use waymark_ingest::fixes::gpmf;

use crate::readers::{FIXES_MAX, assert_near, time};

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
pub fn payload(fix: u32, time: &str, samples: &[[i32; 5]]) -> Vec<u8> {
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

pub fn packet(at_ms: i64, bytes: Vec<u8>) -> TelemetryPacket {
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
