//! `waymark models`: model packs.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use serde_json::json;
use waymark_datasets::Digest;
use waymark_vision::{ModelSpec, Pack, PackManifest, STREET};

use super::Ask;
use crate::Done;
use crate::cli::Models;
use crate::progress;

pub(super) async fn run(ask: &Ask, what: Models) -> anyhow::Result<Done> {
    match what {
        Models::List { models } => list(ask, &models),
        Models::Pull { pack, from, models } => pull(ask, &pack, from.as_deref(), &models).await,
    }
}

/// Packs that can be pulled: name and `pack.toml`.
const KNOWN: [(&str, &str); 1] = [("street", STREET)];

fn list(ask: &Ask, models: &Path) -> anyhow::Result<Done> {
    let mut lines = Vec::new();
    let mut values = Vec::new();
    for (name, text) in KNOWN {
        let state = match Pack::load(&models.join(name)) {
            Ok(pack) if pack.digest() == Digest::of(text.as_bytes()) => "ready".to_owned(),
            Ok(_) => "ready, of another version than this program's".to_owned(),
            Err(error) => format!("not ready ({error}): get it with `waymark models pull {name}`"),
        };
        let files = PackManifest::parse(text)?.models.into_iter().map(|model| model.name).collect::<Vec<_>>();
        lines.push(format!("{name}: {state}; models {}", files.join(", ")));
        values.push(json!({ "pack": name, "state": state, "models": files }));
    }
    ask.say(&values, &lines.join("\n"))?;
    Ok(Done::Yes)
}

/// Fetches what is missing, checks everything, and writes `pack.toml` last: a pack without it is not there.
pub(super) async fn pull(ask: &Ask, name: &str, from: Option<&Path>, models: &Path) -> anyhow::Result<Done> {
    let Some((_, text)) = KNOWN.into_iter().find(|(known, _)| *known == name) else {
        bail!("no pack is called {name:?}; there is: {}", KNOWN.map(|(known, _)| known).join(", "));
    };
    let manifest = PackManifest::parse(text)?;
    let dir = models.join(name);
    std::fs::create_dir_all(&dir).with_context(|| format!("folder {}", dir.display()))?;
    let bar = progress::bar("models", manifest.models.len());
    for model in &manifest.models {
        let file = dir.join(&model.file);
        let is_there = std::fs::read(&file).is_ok_and(|bytes| Digest::of(&bytes) == model.sha256);
        if !is_there {
            let bytes = fetch(model, from).await.with_context(|| format!("model {}", model.file))?;
            write_whole(&file, &bytes)?;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    write_whole(&dir.join("pack.toml"), text.as_bytes())?;
    Pack::load(&dir)?;
    let text =
        format!("pack {name}: {} models in {}, each with the right SHA-256", manifest.models.len(), dir.display());
    ask.say(&json!({ "pack": name, "models": manifest.models.len(), "folder": dir }), &text)?;
    Ok(Done::Yes)
}

async fn fetch(model: &ModelSpec, from: Option<&Path>) -> anyhow::Result<Vec<u8>> {
    let bytes = match from {
        Some(folder) => {
            let file = folder.join(&model.file);
            std::fs::read(&file).with_context(|| file.display().to_string())?
        }
        None => download(model).await.with_context(|| {
            format!("{} (or take it from a folder that has it: `waymark models pull --from DIR`)", model.url)
        })?,
    };
    let found = Digest::of(&bytes);
    ensure!(found == model.sha256, "its SHA-256 is {found}, it should be {}", model.sha256);
    Ok(bytes)
}

/// Never takes in more than the pack says there is.
async fn download(model: &ModelSpec) -> anyhow::Result<Vec<u8>> {
    let mut answer = reqwest::get(&model.url).await?.error_for_status()?;
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        bytes.extend_from_slice(&chunk);
        ensure!(bytes.len() as u64 <= model.size_bytes, "there are more than {} bytes", model.size_bytes);
    }
    Ok(bytes)
}

fn write_whole(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let partial = file.with_extension("partial");
    let place = || file.display().to_string();
    std::fs::write(&partial, bytes).with_context(place)?;
    std::fs::rename(&partial, file).with_context(place)
}
