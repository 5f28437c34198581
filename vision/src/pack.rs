//! A model pack on disk: `pack.toml` and the files that it names, each checked by its SHA-256.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use bytes::Bytes;
use waymark_datasets::Digest;

use crate::{KnownPack, ModelSpec, PackError, PackManifest};

const MANIFEST_FILE: &str = "pack.toml";
const MANIFEST_BYTES_MAX: u64 = 1 << 18;

/// A loaded pack: its manifest, and the bytes of its models as they were hashed.
#[derive(Debug, Clone)]
pub struct Pack {
    manifest: PackManifest,
    digest: Digest,
    models: Vec<Bytes>,
}

impl Pack {
    /// Reads a pack's folder and checks every model against its SHA-256.
    ///
    /// # Errors
    /// [`PackError::Read`] for a file that cannot be read, [`PackError::Parse`] and [`PackError::Value`] for a bad
    /// `pack.toml`, [`PackError::Mismatch`] for a model that is not the one it names.
    pub fn load(dir: &Path) -> Result<Self, PackError> {
        let text = read(dir, MANIFEST_FILE, MANIFEST_BYTES_MAX)?;
        let not_text = |_| mismatch(MANIFEST_FILE, "it is not UTF-8");
        let text = std::str::from_utf8(&text).map_err(not_text)?;
        Self::new(text, |model| read(dir, &model.file, model.size_bytes).map(Bytes::from))
    }

    /// Takes a pack out of the program, and checks it like one on disk.
    ///
    /// # Errors
    /// [`PackError::Read`] where the program does not have the models, otherwise as [`Pack::load`].
    pub fn known(known: &KnownPack) -> Result<Self, PackError> {
        let missing = |file: &str| PackError::Read { file: file.to_owned(), source: ErrorKind::NotFound.into() };
        Self::new(known.manifest, |model| {
            let found = known.files.iter().find(|(name, _)| *name == model.file);
            found.map(|(_, bytes)| Bytes::from_static(bytes)).ok_or_else(|| missing(&model.file))
        })
    }

    fn new(text: &str, read: impl Fn(&ModelSpec) -> Result<Bytes, PackError>) -> Result<Self, PackError> {
        let manifest = PackManifest::parse(text)?;
        let load = |model: &ModelSpec| {
            let bytes = read(model)?;
            let found = Digest::of(&bytes);
            if found == model.sha256 {
                Ok(bytes)
            } else {
                Err(mismatch(&model.file, &format!("its SHA-256 is {found}, not {}", model.sha256)))
            }
        };
        let models = manifest.models.iter().map(load).collect::<Result<_, _>>()?;
        Ok(Self { manifest, digest: Digest::of(text.as_bytes()), models })
    }

    /// Name of the pack.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.manifest.name
    }

    /// The SHA-256 of `pack.toml`, which holds those of all models: it names the pack in provenance.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What `pack.toml` says.
    #[must_use]
    pub fn manifest(&self) -> &PackManifest {
        &self.manifest
    }

    /// The models with their bytes.
    pub(crate) fn models(&self) -> impl Iterator<Item = (&ModelSpec, &Bytes)> {
        self.manifest.models.iter().zip(&self.models)
    }
}

/// Reads a whole file of at most `bytes_max`.
fn read(dir: &Path, file: &str, bytes_max: u64) -> Result<Vec<u8>, PackError> {
    let failed = |source| PackError::Read { file: file.to_owned(), source };
    let mut bytes = Vec::new();
    // One byte more than allowed, so that a longer file shows.
    let open = File::open(dir.join(file)).map_err(failed)?;
    open.take(bytes_max + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > bytes_max {
        return Err(mismatch(file, &format!("it is longer than {bytes_max} bytes")));
    }
    Ok(bytes)
}

fn mismatch(file: &str, detail: &str) -> PackError {
    PackError::Mismatch { file: file.to_owned(), detail: detail.to_owned() }
}
