//! `/v1/drivers/{driver}/clips`: what became of a driver's clips.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use serde::Serialize;
use serde_json::json;
use waymark_datasets::rows::Verdict;
use waymark_datasets::{Amount, ClipId, Reason, UtcMillis};

use super::answer::{CHECKED, Problem, json as send, parameter};
use super::clips::{Clips, Said};
use super::epochs::{driver, parse};

/// Clips of one answer, latest first.
const CLIPS_MAX: usize = 1_000;

/// A clip as its driver sees it.
#[derive(Debug, Default, Serialize)]
struct Clip {
    clip_id: Option<ClipId>,
    captured_at_ms: Option<UtcMillis>,
    /// On the clip as a whole.
    verdict: Option<Verdict>,
    detail: String,
    frames_accepted: u32,
    /// Frames refused, by reason.
    frames_refused: BTreeMap<Reason, u32>,
    /// What it earned in smallest units; none while its epoch is open.
    amount: Option<Amount>,
}

/// `GET /v1/drivers/{driver}/clips?epoch=EPOCH`; without an epoch, the clips of which no time is known.
pub(super) async fn clips(
    State(clips): State<Arc<Clips>>,
    Path(name): Path<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    let (name, epoch) = (driver(&name)?, parameter(&uri, "epoch")?.as_deref().map(parse).transpose()?);
    let found = clips.of(&name, epoch).await?;
    let earned = match epoch {
        Some(epoch) => clips.earned.of(&clips.store, epoch).await?,
        None => None,
    };
    let mut all = merged(&found.said);
    if let Some(sums) = earned {
        for clip in all.iter_mut().filter(|clip| clip.verdict == Some(Verdict::Accepted)) {
            clip.amount = clip.clip_id.map(|id| sums.get(&id).copied().unwrap_or(Amount::ZERO));
        }
    }
    let (total, is_complete) = (all.len(), found.is_complete);
    all.truncate(CLIPS_MAX);
    let answer = json!({ "driver": name, "epoch": epoch, "clips": all, "total": total, "is_complete": is_complete });
    send(&answer, CHECKED)
}

/// One clip for all that is said of it, latest first. A refusal may name no clip; it stands for itself.
fn merged(said: &[Arc<Said>]) -> Vec<Clip> {
    let mut named: BTreeMap<ClipId, Clip> = BTreeMap::new();
    let mut all: Vec<Clip> = Vec::new();
    for one in said {
        let Some(id) = one.clip_id else {
            all.push(add(Clip::default(), one));
            continue;
        };
        let before = named.remove(&id).unwrap_or_default();
        named.insert(id, add(before, one));
    }
    all.extend(named.into_values());
    all.sort_by_key(|clip| (std::cmp::Reverse(clip.captured_at_ms), clip.clip_id));
    all
}

fn add(mut clip: Clip, said: &Said) -> Clip {
    clip.clip_id = said.clip_id;
    clip.captured_at_ms = clip.captured_at_ms.into_iter().chain(said.captured_at_ms).min();
    // A clip that was refused once, and then taken, was taken.
    if let Some((verdict, detail)) = &said.verdict
        && clip.verdict != Some(Verdict::Accepted)
    {
        clip.verdict = Some(*verdict);
        clip.detail.clone_from(detail);
    }
    clip.frames_accepted += said.frames_accepted;
    for (reason, number) in &said.frames_refused {
        *clip.frames_refused.entry(*reason).or_default() += number;
    }
    clip
}
