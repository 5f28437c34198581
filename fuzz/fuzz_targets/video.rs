//! The index and telemetry of a video, as FFmpeg reads them.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use waymark_vision::probe;

fuzz_target!(|bytes: &[u8]| {
    if !bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        drop(probe("a.mp4", &Bytes::copy_from_slice(bytes)));
    }
});
