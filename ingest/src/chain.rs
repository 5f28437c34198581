//! What a device signed so far: a file beside its key, so that each manifest can name the one before.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use waymark_datasets::{ClipId, Digest};

use crate::error::SignError;

/// One signed clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainEntry {
    /// The clip.
    pub clip_id: ClipId,
    /// How many clips were signed before it.
    pub sequence: u64,
    /// The SHA-256 of its manifest, as a compact JWS.
    pub manifest_sha256: Digest,
}

/// Signed clips in the order of signing; entry `i` has sequence `i`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chain(Vec<ChainEntry>);

/// Where a clip stands in a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Its number.
    pub sequence: u64,
    /// The manifest before it.
    pub previous: Option<Digest>,
    /// Its own manifest, if it was signed before.
    pub signed: Option<Digest>,
}

impl Chain {
    /// Reads the chain at `path`; an empty one if there is no file.
    ///
    /// # Errors
    /// [`SignError::Chain`] if the file is something else, [`SignError::Io`] if it cannot be read.
    pub fn load(path: &Path) -> Result<Self, SignError> {
        let json = match fs::read(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            json => json.map_err(|source| SignError::Io { path: path.into(), source })?,
        };
        let wrong = |reason: String| SignError::Chain { path: path.into(), reason };
        let entries: Vec<ChainEntry> = serde_json::from_slice(&json).map_err(|error| wrong(error.to_string()))?;
        let in_order = entries.iter().zip(0..).all(|(entry, i)| entry.sequence == i);
        if in_order { Ok(Self(entries)) } else { Err(wrong("its numbers are not 0, 1, 2 and so on".into())) }
    }

    /// In the order of signing.
    #[must_use]
    pub fn entries(&self) -> &[ChainEntry] {
        &self.0
    }

    /// Where `clip_id` stands: where it stood when it was signed before, else at the end.
    #[must_use]
    pub fn place_of(&self, clip_id: ClipId) -> Place {
        let before = self.0.iter().position(|entry| entry.clip_id == clip_id);
        let index = before.unwrap_or(self.0.len());
        Place {
            sequence: index as u64,
            previous: index.checked_sub(1).map(|i| self.0[i].manifest_sha256),
            signed: before.map(|i| self.0[i].manifest_sha256),
        }
    }

    /// Adds a clip at the end and returns whether it was new.
    pub fn append(&mut self, clip_id: ClipId, manifest_sha256: Digest) -> bool {
        let place = self.place_of(clip_id);
        if place.signed.is_none() {
            self.0.push(ChainEntry { clip_id, sequence: place.sequence, manifest_sha256 });
        }
        place.signed.is_none()
    }

    /// Writes the chain in place of the file at `path`; a crash leaves the old one or the new one.
    ///
    /// # Errors
    /// [`SignError::Io`].
    pub fn save(&self, path: &Path) -> Result<(), SignError> {
        let json = serde_json::to_vec_pretty(&self.0)?;
        replace(path, &json).map_err(|source| SignError::Io { path: path.into(), source })
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let partial = path.with_extension("partial");
    let mut file = fs::File::create(&partial)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&partial, path)
}
