//! `waymark device upload`: bundles to a server, or whatever appears in a folder.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use waymark_ingest::Camera;

use super::Ask;
use super::device::read_key;
use crate::Done;
use crate::cli::{Upload, Watching};
use crate::client::{Remote, Sent};
use crate::stop::asked_to_stop;
use crate::watch::{Event, Plan, Sender, Signer, State, Tell, watch};
use crate::{progress, zones};

pub(super) async fn run(ask: &Arc<Ask>, what: &Upload) -> anyhow::Result<Done> {
    match &what.watch {
        Some(folder) => watch_folder(ask, (what, folder)).await,
        None => send_bundles(ask, what).await,
    }
}

async fn send_bundles(ask: &Ask, what: &Upload) -> anyhow::Result<Done> {
    let key = read_key(&what.key)?;
    let remote = Remote::new(&what.to, &key, ask.clock(), what.tries)?;
    let mut done = Done::Yes;
    for bundle in &what.bundles {
        let bar = progress::bytes("upload");
        let sent = remote.send(bundle, &bar).await;
        bar.finish_and_clear();
        let (text, answer) = match sent {
            Ok(Sent::Landed { clip_id, receipt }) => {
                let text = format!("landed as clip {clip_id}, receipt in {}", receipt.display());
                (text, json!({ "bundle": bundle, "clip": clip_id, "state": "landed", "receipt": receipt }))
            }
            Ok(Sent::Refused(rejection)) => {
                done = Done::No;
                let (reason, detail) = (rejection.reason, &rejection.detail);
                let answer = json!({ "bundle": bundle, "state": "refused", "reason": reason, "detail": detail });
                (format!("refused: {rejection}"), answer)
            }
            Err(error) => {
                // The other bundles may fare better.
                done = Done::No;
                let error = format!("{error:#}");
                (format!("not uploaded: {error}"), json!({ "bundle": bundle, "state": "failed", "detail": error }))
            }
        };
        ask.say(&answer, &format!("{}: {text}", bundle.display()))?;
    }
    Ok(done)
}

/// Ends when it is asked to, at any moment: what is half done is done again by the next call.
async fn watch_folder(ask: &Arc<Ask>, (what, folder): (&Upload, &Path)) -> anyhow::Result<Done> {
    ensure!(folder.is_dir(), "{} is no folder", folder.display());
    let plan = plan(ask, (what, folder))?;
    let (key, once) = (plan.key.clone(), plan.once);
    let state = what.how.state.clone().unwrap_or_else(|| folder.join(".waymark"));
    let state = Arc::new(State::open(&state)?);
    let tell: Tell = {
        let ask = ask.clone();
        Arc::new(move |event| tell(&ask, &event))
    };
    let remote = Remote::new(&what.to, &key, ask.clock(), what.tries)?;
    let (signer, sender) = (Signer::new(plan, state.clone(), tell.clone()), Sender::new(remote, state, tell));
    let stop = asked_to_stop()?;
    if !once {
        ask.say(&json!({ "event": "watching", "folder": folder }), &format!("watching {}", folder.display()))?;
    }
    tokio::select! {
        all_well = watch(signer, sender) => Ok(if all_well? { Done::Yes } else { Done::No }),
        () = stop => Ok(Done::Yes),
    }
}

fn plan(ask: &Ask, (what, folder): (&Upload, &Path)) -> anyhow::Result<Plan> {
    let Watching { driver, camera, hfov, zones: named, trim, trip_gap, settle, once, .. } = &what.how;
    ensure!(trim.is_finite() && *trim >= 0.0, "--trim {trim}: expected metres");
    let span = |name: &str, seconds: f64| {
        Duration::try_from_secs_f64(seconds).with_context(|| format!("{name}: expected a time that can pass"))
    };
    Ok(Plan {
        folder: folder.into(),
        key: Arc::new(read_key(&what.key)?),
        chain: what.key.with_extension("chain.json"),
        driver: driver.clone().context("--watch needs --driver")?,
        camera: Camera { model: camera.clone(), hfov_deg: *hfov },
        zones: zones::read_for(&what.key, named.as_deref())?,
        trim_m: *trim,
        trip_gap: span("--trip-gap", trip_gap * 60.0)?,
        settle: span("--settle", *settle)?,
        once: *once,
        settings: ask.config.ingest.clone(),
        clock: ask.clock(),
    })
}

/// Says what happened; nobody may listen any more, which stops nothing.
fn tell(ask: &Ask, event: &Event) {
    let (value, text) = said(event);
    if let Err(error) = ask.say(&value, &text) {
        tracing::warn!(error = format!("{error:#}"), "an event could not be told");
    }
}

fn said(event: &Event) -> (Value, String) {
    match event {
        Event::Signed { source, bundles } => (
            json!({ "event": "signed", "source": source, "bundles": bundles }),
            format!("{source}: signed as {}", bundles.join(", ")),
        ),
        Event::NotSigned { source, why } => {
            (json!({ "event": "not_signed", "source": source, "why": why }), format!("{source}: {why}"))
        }
        Event::Landed { bundle, receipt } => (
            json!({ "event": "landed", "bundle": bundle, "receipt": receipt }),
            format!("{bundle}: landed, receipt in {}", receipt.display()),
        ),
        Event::Refused { bundle, why } => {
            (json!({ "event": "refused", "bundle": bundle, "why": why }), format!("{bundle}: refused: {why}"))
        }
        Event::Failed { what, why } => (
            json!({ "event": "failed", "what": what, "why": why }),
            format!("{what}: not done, and tried again later: {why}"),
        ),
    }
}
