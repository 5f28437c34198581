//! The crate through its public API: real folders, real stores, real keys.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod admission;
mod arbitrary;
mod assets;
mod chains;
mod crashes;
mod doubts;
mod footage;
mod hostile;
mod http_chains;
mod http_clips;
mod http_devices;
mod http_earned;
mod http_faults;
mod http_hostile;
mod http_limits;
mod http_nonces;
mod http_reads;
mod http_revocations;
mod keys;
mod motion;
mod openapi;
mod private;
mod readers;
mod refused_manifests;
mod refused_media;
mod refused_tracks;
mod registries;
mod server;
mod signing;
mod stills;
mod telemetry;
mod tus_core;
mod tus_extensions;
mod tus_faults;
mod world;
