//! GPX, NMEA and CSV: the first byte says which.
#![no_main]

use libfuzzer_sys::fuzz_target;
use waymark_ingest::fixes::{csv, gpx, nmea};

const FIXES_MAX: usize = 1_000;

fuzz_target!(|bytes: &[u8]| {
    let Some((format, bytes)) = bytes.split_first() else { return };
    let fixes = match format % 3 {
        0 => gpx::read(bytes, FIXES_MAX),
        1 => nmea::read(bytes, FIXES_MAX),
        _ => csv::read(bytes, FIXES_MAX),
    };
    if let Ok(fixes) = fixes {
        assert!(fixes.len() <= FIXES_MAX);
        for fix in fixes {
            assert!(fix.position.latitude_deg().abs() <= 90.0 && fix.position.longitude_deg().abs() <= 180.0);
        }
    }
});
