//! Where and when a still was taken, by its EXIF.
#![no_main]

use libfuzzer_sys::fuzz_target;
use waymark_ingest::fixes::exif;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(fix) = exif::read(bytes) {
        assert!(fix.position.latitude_deg().abs() <= 90.0 && fix.position.longitude_deg().abs() <= 180.0);
    }
});
