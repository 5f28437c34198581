//! Manifests, tokens and receipts: the envelope with its signature, and what would be inside.
#![no_main]

use libfuzzer_sys::fuzz_target;
use waymark_ingest::jws::{self, Kind};
use waymark_ingest::{Manifest, receipt};

fuzz_target!(|bytes: &[u8]| {
    for kind in [Kind::Manifest, Kind::Access, Kind::Receipt] {
        drop(jws::verify_as(kind, bytes, 1 << 20));
    }
    drop(receipt::verify(bytes, None));
    if let Ok(manifest) = Manifest::parse(bytes) {
        let again = Manifest::parse(&manifest.to_json().unwrap()).unwrap();
        assert_eq!(again, manifest, "what reads is written as it was read");
    }
});
