//! A GoPro's telemetry: packets of a length that the first byte of each says.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use waymark_datasets::TelemetryPacket;
use waymark_ingest::fixes::gpmf;

const FIXES_MAX: usize = 1_000;

fuzz_target!(|bytes: &[u8]| {
    let (mut rest, mut packets) = (bytes, Vec::new());
    while let Some((length, tail)) = rest.split_first() {
        let (packet, after) = tail.split_at(tail.len().min(usize::from(*length) * 4));
        let at_ms = 1_000 * packets.len() as i64;
        packets.push(TelemetryPacket { at_ms, duration_ms: 1_000, bytes: Bytes::copy_from_slice(packet) });
        rest = after;
    }
    if let Ok(telemetry) = gpmf::read(&packets, FIXES_MAX) {
        assert!(telemetry.fixes.len() <= FIXES_MAX);
    }
});
