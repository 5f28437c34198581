//! `waymark models pull`: a pack into its folder.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use serde_json::json;
use waymark_datasets::Digest;
use waymark_vision::{KNOWN_PACKS, KnownPack, ModelSpec, Pack, PackManifest};

use crate::Done;
use crate::command::Ask;
use crate::progress;

/// Fetches what is missing, checks everything, and writes `pack.toml` last: a pack without it is not there.
pub(super) async fn pull(ask: &Ask, name: &str, from: Option<&Path>, models: &Path) -> anyhow::Result<Done> {
    let Some(known) = KnownPack::named(name) else {
        let names: Vec<&str> = KNOWN_PACKS.iter().map(|known| known.name).collect();
        bail!("no pack is called {name:?}; there is: {}", names.join(", "));
    };
    let manifest = PackManifest::parse(known.manifest)?;
    let dir = models.join(name);
    std::fs::create_dir_all(&dir).with_context(|| format!("folder {}", dir.display()))?;
    let bar = progress::bar("models", manifest.models.len());
    for model in &manifest.models {
        let file = dir.join(&model.file);
        let is_there = std::fs::read(&file).is_ok_and(|bytes| Digest::of(&bytes) == model.sha256);
        if !is_there {
            let bytes = fetch(model, known, from).await.with_context(|| format!("model {}", model.file))?;
            write_whole(&file, &bytes)?;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    write_whole(&dir.join("pack.toml"), known.manifest.as_bytes())?;
    Pack::load(&dir)?;
    let text = format!("pack {name} is in {}, each of its models with the right SHA-256", dir.display());
    ask.say(&json!({ "pack": name, "models": manifest.models.len(), "folder": dir }), &text)?;
    Ok(Done::Yes)
}

/// What is in the program is taken from there: nothing is nearer.
async fn fetch(model: &ModelSpec, known: &KnownPack, from: Option<&Path>) -> anyhow::Result<Vec<u8>> {
    let within = known.files.iter().find(|(name, _)| *name == model.file);
    let bytes = match (within, from) {
        (Some((_, bytes)), _) => bytes.to_vec(),
        (None, Some(folder)) => {
            let file = folder.join(&model.file);
            std::fs::read(&file).with_context(|| file.display().to_string())?
        }
        (None, None) => download(model).await.with_context(|| {
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
