//! What a watched folder came to so far, in a folder of its own, `.waymark`:
//!
//! | path | |
//! |---|---|
//! | `lock` | held by whoever watches |
//! | `signing/BUNDLE/` | signed, and not yet noted as such |
//! | `taken/ID.json` | what became of some footage; from then on its bundles are in the queue |
//! | `queue/BUNDLE/` | signed, and not yet uploaded |
//! | `receipts/BUNDLE.receipt.jws` | landed |
//! | `refused/BUNDLE/`, `refused/BUNDLE.txt` | refused by the server, and why |
//!
//! Each step can be done twice: what a killed process left half done is done again and comes to the same.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use waymark_datasets::{Digest, UtcMillis};

use super::found::Found;

/// The folder, held by this process alone.
pub struct State {
    folder: PathBuf,
    /// Freed with it.
    _lock: File,
}

/// What became of some footage.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taken {
    /// Where it lies in the watched folder.
    pub source: String,
    /// As it was then.
    pub print: Digest,
    /// The bundles that were signed from it.
    pub bundles: Vec<String>,
    /// Why nothing was signed, if so.
    pub not_signed: Option<String>,
}

impl State {
    /// Opens the folder, or makes it.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let context = || format!("state folder {}", folder.display());
        for part in ["signing", "taken", "queue", "receipts", "refused"] {
            fs::create_dir_all(folder.join(part)).with_context(context)?;
        }
        let lock = File::create(folder.join("lock")).with_context(context)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!("state folder {}: another process watches it", folder.display()),
            Err(TryLockError::Error(error)) => return Err(error).with_context(context),
        }
        let state = Self { folder: folder.into(), _lock: lock };
        state.settle()?;
        Ok(state)
    }

    /// What was noted before its bundles got into the queue gets there; what was signed and not noted is signed again.
    fn settle(&self) -> anyhow::Result<()> {
        if names(&self.signing())?.is_empty() {
            return Ok(());
        }
        for file in names(&self.folder.join("taken"))? {
            let path = self.folder.join("taken").join(file);
            if path.extension().is_some_and(|extension| extension == "json") {
                self.queue_up(&read(&path)?)?;
            }
        }
        for name in names(&self.signing())? {
            let path = self.signing().join(name);
            fs::remove_dir_all(&path).with_context(|| path.display().to_string())?;
        }
        Ok(())
    }

    /// What became of `found`, if it was taken as it is now.
    pub fn taken(&self, found: &Found) -> anyhow::Result<Option<Taken>> {
        let path = self.taken_file(found);
        if !path.exists() {
            return Ok(None);
        }
        Ok(Some(read(&path)?).filter(|taken| taken.print == found.print))
    }

    /// Notes what became of some footage, and puts its bundles into the queue.
    pub fn take(&self, found: &Found, taken: &Taken) -> anyhow::Result<()> {
        replace(&self.taken_file(found), &serde_json::to_vec_pretty(taken)?)?;
        self.queue_up(taken)
    }

    fn queue_up(&self, taken: &Taken) -> anyhow::Result<()> {
        for name in &taken.bundles {
            let (from, to) = (self.signing().join(name), self.waiting_bundle(name));
            if from.exists() && to.exists() {
                fs::remove_dir_all(&to).with_context(|| to.display().to_string())?;
            }
            if from.exists() {
                fs::rename(&from, &to).with_context(|| to.display().to_string())?;
            }
        }
        Ok(())
    }

    /// Where the bundle is made that begins at `start`: bundles are uploaded in order of time.
    pub fn bundle(&self, found: &Found, start: UtcMillis) -> PathBuf {
        self.signing().join(format!("{:013}-{}", start.millis(), id(found)))
    }

    /// Names of the bundles that are to be uploaded, in order.
    pub fn waiting(&self) -> anyhow::Result<Vec<String>> {
        let mut names = names(&self.queue())?;
        // A receipt may lie beside them for a moment.
        names.retain(|name| self.waiting_bundle(name).is_dir());
        Ok(names)
    }

    /// A bundle in the queue.
    pub fn waiting_bundle(&self, name: &str) -> PathBuf {
        self.queue().join(name)
    }

    /// Takes a bundle out of the queue, keeping its receipt, which lies beside it; where that is then.
    pub fn landed(&self, name: &str, receipt: &Path) -> anyhow::Result<PathBuf> {
        let kept = self.folder.join("receipts").join(format!("{name}.receipt.jws"));
        fs::rename(receipt, &kept).with_context(|| kept.display().to_string())?;
        let bundle = self.waiting_bundle(name);
        fs::remove_dir_all(&bundle).with_context(|| bundle.display().to_string())?;
        Ok(kept)
    }

    /// Takes a bundle out of the queue that the server will never take.
    pub fn refused(&self, name: &str, why: &str) -> anyhow::Result<()> {
        let refused = self.folder.join("refused");
        replace(&refused.join(format!("{name}.txt")), why.as_bytes())?;
        let (from, to) = (self.waiting_bundle(name), refused.join(name));
        if to.exists() {
            fs::remove_dir_all(&to).with_context(|| to.display().to_string())?;
        }
        fs::rename(&from, &to).with_context(|| from.display().to_string())
    }

    fn signing(&self) -> PathBuf {
        self.folder.join("signing")
    }

    fn queue(&self) -> PathBuf {
        self.folder.join("queue")
    }

    fn taken_file(&self, found: &Found) -> PathBuf {
        self.folder.join("taken").join(format!("{}.json", id(found)))
    }
}

/// Of where it lies, so that any name makes a file name.
fn id(found: &Found) -> String {
    Digest::of(found.source.as_bytes()).to_string().chars().take(16).collect()
}

/// What a folder holds, sorted.
fn names(folder: &Path) -> anyhow::Result<Vec<String>> {
    let entries = fs::read_dir(folder).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
    let entries = entries.with_context(|| folder.display().to_string())?;
    let mut names: Vec<String> = entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}

fn read(path: &Path) -> anyhow::Result<Taken> {
    let context = || path.display().to_string();
    serde_json::from_slice(&fs::read(path).with_context(context)?).with_context(context)
}

fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let write = || {
        let partial = path.with_extension("partial");
        let mut file = File::create(&partial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&partial, path)
    };
    write().with_context(|| path.display().to_string())
}
