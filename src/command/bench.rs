//! `waymark bench`: measure parts of the pipeline.

mod dedupe;
mod rebuild;
mod tiles;
mod upload;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::json;
use waymark_datasets::UtcMillis;
use waymark_simulate::{Plan, render};
use waymark_vision::{BareModel, Runtime};

use super::Ask;
use crate::Done;
use crate::cli::Bench;
use crate::progress;

pub(super) async fn run(ask: &Ask, what: &Bench) -> anyhow::Result<Done> {
    match what {
        Bench::Infer { model, threads, runs, onnxruntime } => {
            infer(ask, (model, onnxruntime.as_deref()), (*threads, *runs))
        }
        Bench::Upload(load) => upload::run(ask, load).await,
        Bench::Render { seconds } => frames(ask, *seconds),
        Bench::Tiles { input, out, min_zoom, max_zoom } => tiles::run(ask, (input, out), (*min_zoom, *max_zoom)),
        Bench::Dedupe { store } => dedupe::run(ask, store).await,
        Bench::H3 { positions } => dedupe::cells(ask, *positions),
        Bench::Rebuild { regions, frames } => rebuild::run(ask, regions, *frames).await,
    }
}

/// Runs before the clock counts: the first ones also allocate.
const WARM_UP_RUNS: usize = 3;

fn infer(ask: &Ask, (model, library): (&Path, Option<&Path>), (threads, runs): (usize, usize)) -> anyhow::Result<Done> {
    let mut bare = BareModel::load(&Runtime::load(library)?, model, threads)?;
    let mut times_ms = Vec::new();
    for _ in 0..WARM_UP_RUNS + runs {
        let start = Instant::now();
        bare.run()?;
        times_ms.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let mut timed_ms = times_ms.split_off(WARM_UP_RUNS);
    timed_ms.sort_by(f64::total_cmp);
    let median_ms = timed_ms.get(timed_ms.len() / 2).copied().unwrap_or_default();
    let value = json!({ "median_ms": median_ms, "runs": runs, "threads": threads, "model": model });
    ask.say(&value, &format!("{}: {median_ms:.2} ms a run, median of {runs}, {threads} threads", model.display()))?;
    Ok(Done::Yes)
}

/// Drives that are rendered, from morning to evening, in whatever weather each has.
const DRIVES: u32 = 16;
/// About 5 in the morning in the town.
const DAWN: &str = "2026-01-12T13:40:00Z";

fn frames(ask: &Ask, seconds: u32) -> anyhow::Result<Done> {
    let plan = Plan::new(1, DRIVES, seconds, DAWN.parse::<UtcMillis>()?)?;
    let bar = progress::bar("render", (DRIVES * plan.frames()) as usize);
    let mut rates = Vec::new();
    for drive in 1..=DRIVES {
        let time_s = time_of(&plan, drive, &mut || bar.inc(1))?.as_secs_f64();
        rates.push(f64::from(plan.frames()) / time_s);
    }
    bar.finish_and_clear();
    // Every drive has as many frames, so the rate of all is the harmonic mean.
    let rate = f64::from(DRIVES) / rates.iter().map(|rate| 1.0 / rate).sum::<f64>();
    let slowest = rates.into_iter().min_by(f64::total_cmp).context("no drive was rendered")?;
    let (frames, size) = (DRIVES * plan.frames(), plan.size());
    let value = json!({
        "frames": frames, "size": size.to_string(), "frames_per_second": rate,
        "slowest_drive_frames_per_second": slowest,
    });
    let text = format!("rendered {frames} frames of {size}, encoding aside: {rate:.1} frames/s on one core");
    ask.say(&value, &format!("{text}, {slowest:.1} in the slowest of {DRIVES} drives"))?;
    Ok(Done::Yes)
}

/// How long the frames of a drive take; what is made once for a drive counts, too.
fn time_of(plan: &Plan, drive: u32, each: &mut dyn FnMut()) -> anyhow::Result<Duration> {
    let start = Instant::now();
    render(plan, drive, 0..plan.frames(), &mut |_, _| each())?;
    Ok(start.elapsed())
}
