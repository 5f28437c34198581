//! The whole program, as its users run it: the real binary, real files, real footage where it is at hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod assets;
mod attacks;
mod builders;
mod chain;
mod check;
mod contract;
mod cutter;
mod damage;
mod demo;
mod enrolment;
mod erasure;
mod faults;
mod features;
mod files;
mod finished;
mod flaky;
mod fleet;
mod floors;
mod footage;
mod jpeg;
#[path = "../../vision/tests/vision/made.rs"]
mod made;
mod map;
mod operation;
mod pairs;
mod privacy;
mod program;
mod readers;
mod refusals;
mod s3;
mod s3_faults;
mod same_bytes;
mod scale;
mod scan;
mod scratch;
mod serve;
mod server;
mod settings;
mod shown;
mod simulated;
#[allow(dead_code, reason = "the load generator uses all of it")]
#[path = "../../src/load/stills.rs"]
mod stills;
mod stock;
mod streaming;
mod tiles;
mod traced;
mod truth;
mod watching;
mod web;
mod webhooks;
mod worker;
mod world;
