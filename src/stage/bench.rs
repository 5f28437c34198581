//! Detectors, one for each thread, from what the command line says.

use std::path::Path;

use anyhow::Context;
use waymark_vision::{Detector, KnownPack, Pack, Runtime};

use super::threads;
use crate::cli::Detection;

/// The detectors and what they are made of.
pub struct Bench {
    /// One for each thread.
    pub detectors: Vec<Detector>,
    /// What they detect with.
    pub pack: Pack,
    /// Version of the library that runs them.
    pub onnxruntime: String,
}

impl Bench {
    /// Loads the pack, the library and a detector for each thread.
    pub fn load(what: &Detection) -> anyhow::Result<Self> {
        let pack = pack(what)?;
        let runtime = Runtime::load(what.onnxruntime.as_deref())?;
        let threads = what.threads.unwrap_or_else(threads).get();
        let detectors = (0..threads).map(|_| Detector::new(&runtime, &pack)).collect::<Result<_, _>>()?;
        Ok(Self { detectors, pack, onnxruntime: runtime.version().into() })
    }
}

/// A pack is a name below the folder of packs, or itself a folder, or one that is in the program.
fn pack(what: &Detection) -> anyhow::Result<Pack> {
    let named = what.models.join(&what.pack);
    let dir = if named.is_dir() || !Path::new(&what.pack).is_dir() { named } else { what.pack.clone().into() };
    match KnownPack::named(&what.pack) {
        // The folder of this name may be anything, such as a simulated town.
        Some(known) if !known.files.is_empty() && !dir.join("pack.toml").is_file() => Ok(Pack::known(known)?),
        _ => Pack::load(&dir)
            .with_context(|| format!("model pack {} (get it with `waymark models pull {}`)", dir.display(), what.pack)),
    }
}
