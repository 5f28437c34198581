//! `waymark work-on-clips`: the process that `serve` starts for what strangers filmed. Tasks come on standard input, a
//! line each, and end when that does.

use std::io::Write;

use waymark_datasets::{Reason, Rejection, erasure};
use waymark_ingest::landed;

use super::{Ask, Buckets};
use crate::Done;
use crate::cli::WorkOnClips;
use crate::progress;
use crate::stage::bench::Bench;
use crate::stage::hand::{Said, Task};
use crate::stage::process::{Process, dead_letter, process, record};

pub(super) async fn run(ask: &Ask, what: &WorkOnClips) -> anyhow::Result<Done> {
    let buckets = Buckets::open(&what.place)?;
    let mut bench = Bench::load(&what.models)?;
    say(&Said::Ready)?;
    for line in std::io::stdin().lines() {
        let task: Task = serde_json::from_str(&line?)?;
        let said = match work(ask, (&buckets, &mut bench), &task).await {
            Ok(frames) => Said::Done(frames),
            Err(error) => Said::Failed(format!("{error:#}")),
        };
        say(&said)?;
    }
    Ok(Done::Yes)
}

async fn work(ask: &Ask, (buckets, bench): (&Buckets, &mut Bench), task: &Task) -> anyhow::Result<u64> {
    let is_erased = erasure::of_clip(&buckets.store, task.clip).await?.is_some();
    let done = record(&buckets.store, task.clip).await?;
    if is_erased || done.is_some() {
        return Ok(done.map_or(0, |done| done.sampled));
    }
    let Some(clip) = landed::open(&buckets.inbox, task.clip).await? else { return Ok(0) };
    let trust = &ask.config.trust;
    if let Some(why) = &task.refuse {
        let rejection = Rejection::new(Reason::ProcessingDied, why);
        return dead_letter(&buckets.store, &clip, (bench, trust), &rejection).await.map(|_| 0);
    }
    let frames = progress::counter("serve");
    let go_on = || {
        frames.inc(1);
        true
    };
    let settings = Process { vision: &ask.config.vision, trust };
    let done = process(&buckets.store, &clip, (bench, &settings), &go_on).await;
    frames.finish_and_clear();
    Ok(done?.sampled)
}

fn say(said: &Said) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{}", serde_json::to_string(said)?)?;
    Ok(stdout.flush()?)
}
