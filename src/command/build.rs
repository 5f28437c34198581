//! `waymark build`: frames, coverage, features and a snapshot of whatever is new.

use serde_json::json;
use waymark_datasets::{ClipId, Epoch, Partition, Region, erasure};
use waymark_ingest::{LandedClip, landed};

use super::{Ask, Buckets};
use crate::Done;
use crate::cli::Build;
use crate::progress;
use crate::stage::bench::Bench;
use crate::stage::process::{Process, process, record};
use crate::stage::publish::{Renewed, renew};

pub(super) async fn run(ask: &Ask, what: &Build) -> anyhow::Result<Done> {
    let buckets = Buckets::open(&what.place)?;
    let new = new_clips(&buckets, what).await?;
    if !new.is_empty() {
        process_all(ask, what, (&buckets, &new)).await?;
    }
    let Renewed { covered, mapped, snapshot, tiles, .. } = renew(&buckets.store, &ask.config.trust).await?;
    let clips = new.len();
    let text = format!(
        "{clips} clips processed, {covered} partitions of coverage and {mapped} of features, {} parts of the \
         map, snapshot {snapshot}",
        tiles.parts
    );
    let value = json!({
        "clips": clips, "partitions": covered, "features": mapped, "tiles": tiles.parts, "snapshot": snapshot,
    });
    ask.say(&value, &text)?;
    Ok(Done::Yes)
}

async fn new_clips(buckets: &Buckets, what: &Build) -> anyhow::Result<Vec<LandedClip>> {
    let mut new = Vec::new();
    for id in landed::list(&buckets.inbox).await? {
        if is_done(buckets, id).await? {
            continue;
        }
        let clip = landed::open(&buckets.inbox, id).await?;
        new.extend(clip.filter(|clip| touches(what, clip)));
    }
    Ok(new)
}

/// Whether it was processed before, or erased: then what is left of it in the inbox is nobody's business.
async fn is_done(buckets: &Buckets, clip: ClipId) -> anyhow::Result<bool> {
    Ok(record(&buckets.store, clip).await?.is_some() || erasure::of_clip(&buckets.store, clip).await?.is_some())
}

fn touches(what: &Build, clip: &LandedClip) -> bool {
    let partition = |fix: &waymark_datasets::Fix| Partition::of(Epoch::of(fix.at), Region::at(fix.position));
    clip.track.fixes().iter().any(|fix| is_wanted(what, partition(fix)))
}

fn is_wanted(what: &Build, at: Partition) -> bool {
    (what.epoch.is_none() || what.epoch == at.epoch) && (what.region.is_none() || what.region == at.region)
}

async fn process_all(ask: &Ask, what: &Build, (buckets, new): (&Buckets, &[LandedClip])) -> anyhow::Result<()> {
    let mut bench = Bench::load(&what.models)?;
    let (clips, frames) = (progress::bar("clips", new.len()), progress::counter("build"));
    let settings = Process { vision: &ask.config.vision, trust: &ask.config.trust };
    for clip in new {
        let count = || {
            frames.inc(1);
            true
        };
        let done = process(&buckets.store, clip, (&mut bench, &settings), &count).await?;
        clips.inc(1);
        tracing::info!(clip = %clip.clip_id, frames = done.sampled, "clip processed");
    }
    clips.finish_and_clear();
    frames.finish_and_clear();
    Ok(())
}
