//! `waymark models`: model packs.

mod check;
mod coco;
mod drives;
mod pull;
mod report;
mod truth;

use std::path::Path;

use serde_json::json;
use waymark_datasets::Digest;
use waymark_vision::{KNOWN_PACKS, KnownPack, Pack, PackManifest};

use super::Ask;
use crate::Done;
use crate::cli::Models;

pub(super) async fn run(ask: &Ask, what: Models) -> anyhow::Result<Done> {
    match what {
        Models::List { models } => list(ask, &models),
        Models::Pull { pack, from, models } => pull::pull(ask, &pack, from.as_deref(), &models).await,
        Models::Check(what) => check::run(ask, &what),
    }
}

fn list(ask: &Ask, models: &Path) -> anyhow::Result<Done> {
    let mut lines = Vec::new();
    let mut values = Vec::new();
    for known in &KNOWN_PACKS {
        let (name, state) = (known.name, state(known, &models.join(known.name)));
        let names: Vec<_> = PackManifest::parse(known.manifest)?.models.into_iter().map(|model| model.name).collect();
        lines.push(format!("{name}: {state}; models {}", names.join(", ")));
        values.push(json!({ "pack": name, "state": state, "models": names }));
    }
    ask.say(&values, &lines.join("\n"))?;
    Ok(Done::Yes)
}

/// Whether a pack can be used, and from where.
fn state(known: &KnownPack, dir: &Path) -> String {
    match Pack::load(dir) {
        Ok(pack) if pack.digest() == Digest::of(known.manifest.as_bytes()) => "ready".into(),
        Ok(_) => "ready, of another version than this program's".into(),
        Err(_) if !known.files.is_empty() && !dir.exists() => "ready, within this program".into(),
        Err(error) => format!("not ready ({error}): get it with `waymark models pull {}`", known.name),
    }
}
