//! The simulator through its public API.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod attacks;
mod boxes;
mod change;
mod look;
mod motion;
mod plans;
mod repeat;
mod speed;
mod streets;
mod tracks;

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use tempfile::TempDir;
use waymark_datasets::UtcMillis;
use waymark_simulate::truth::{self, TruthRow};
use waymark_simulate::{FrameSize, Plan, Report, simulate};

/// 9 in the morning in the town.
const MORNING: &str = "2026-11-18T17:40:00Z";

fn time(text: &str) -> UtcMillis {
    text.parse().unwrap()
}

/// Small frames, as most tests do not look at pixels.
fn small(seed: u64, drives: u32, seconds: u32) -> Plan {
    Plan::new(seed, drives, seconds, time(MORNING)).unwrap().with_size(FrameSize::new(192, 108).unwrap())
}

/// What a plan wrote.
struct Written {
    folder: TempDir,
    report: Report,
}

/// Threads that render, unless a test says otherwise.
const TWO: NonZeroUsize = NonZeroUsize::new(2).unwrap();

fn written(plan: &Plan) -> Written {
    written_on(plan, TWO)
}

fn written_on(plan: &Plan, threads: NonZeroUsize) -> Written {
    let folder = tempfile::tempdir().unwrap();
    let report = simulate(plan, folder.path(), threads, &mut |_| {}).unwrap();
    Written { folder, report }
}

impl Written {
    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn rows<R: TruthRow>(&self) -> Vec<R> {
        truth::read(&self.path().join("truth")).unwrap()
    }

    fn bytes(&self, file: &str) -> Vec<u8> {
        fs::read(self.path().join(file)).unwrap()
    }

    /// Latitude and longitude of each reading of a drive's track; none where it was lost.
    fn track(&self, drive: u32) -> Vec<Option<(f64, f64)>> {
        let text = String::from_utf8(self.bytes(&format!("drives/{drive:03}/drive.nmea"))).unwrap();
        let rmc = text.lines().filter(|line| line.contains("RMC"));
        rmc.map(|line| match nmea::parse_str(line).unwrap() {
            nmea::ParseResult::RMC(rmc) => rmc.lat.zip(rmc.lon),
            other => panic!("{other:?}"),
        })
        .collect()
    }
}
