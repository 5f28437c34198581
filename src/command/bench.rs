//! `waymark bench`: measure parts of the pipeline.

use std::time::Instant;

use serde_json::json;
use waymark_vision::{BareModel, Runtime};

use super::Ask;
use crate::Done;
use crate::cli::Bench;

/// Runs before the clock counts: the first ones also allocate.
const WARM_UP_RUNS: usize = 3;

pub(super) fn run(ask: &Ask, what: &Bench) -> anyhow::Result<Done> {
    let Bench::Infer { model, threads, runs, onnxruntime } = what;
    let mut bare = BareModel::load(&Runtime::load(onnxruntime.as_deref())?, model, *threads)?;
    let mut times_ms = Vec::new();
    for _ in 0..WARM_UP_RUNS + *runs {
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
