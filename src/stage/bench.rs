//! Detectors, one for each thread, from what the command line says.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::Context;
use waymark_vision::{Detector, Pack, Runtime};

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
        let dir = pack_dir(what);
        let hint = || format!("model pack {} (get it with `waymark models pull {}`)", dir.display(), what.pack);
        let pack = Pack::load(&dir).with_context(hint)?;
        let runtime = Runtime::load(what.onnxruntime.as_deref())?;
        let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let threads = what.threads.unwrap_or_else(cores).get();
        let detectors = (0..threads).map(|_| Detector::new(&runtime, &pack)).collect::<Result<_, _>>()?;
        Ok(Self { detectors, pack, onnxruntime: runtime.version().into() })
    }
}

/// A pack is a name below the folder of packs, or itself a folder.
fn pack_dir(what: &Detection) -> PathBuf {
    let named = what.models.join(&what.pack);
    if named.is_dir() || !PathBuf::from(&what.pack).is_dir() { named } else { what.pack.clone().into() }
}
