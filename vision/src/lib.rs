//! Decode, sample, detect, redact and measure: raw pixels go no further than this crate.
