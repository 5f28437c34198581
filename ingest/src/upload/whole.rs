//! Which files are known to be the signed ones, because they were hashed while they came in, in one piece.
//!
//! This is not state: what a node does not know, it finds out by reading the file.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use waymark_datasets::{ClipId, Digest, UtcMillis};

use super::Upload;

/// No more are remembered; forgetting them costs reading them.
const FILES_MAX: usize = 100_000;

/// Files of open uploads whose stored bytes have the hash that was signed.
#[derive(Debug, Default)]
pub(crate) struct Whole(Mutex<BTreeSet<(ClipId, UtcMillis, Digest)>>);

/// A whole file that is the signed one and still in memory.
#[derive(Debug)]
pub(crate) struct Fresh {
    /// The object that it is.
    pub(crate) path: String,
    pub(crate) digest: Digest,
    pub(crate) bytes: Bytes,
}

/// What is known of the files of an upload.
#[derive(Clone, Copy)]
pub(crate) struct Knowledge<'a> {
    pub(crate) whole: &'a Whole,
    pub(crate) fresh: Option<&'a Fresh>,
}

impl<'a> Knowledge<'a> {
    /// The file with this hash, if it is still in memory.
    pub(crate) fn fresh(&self, digest: Digest) -> Option<&'a Fresh> {
        self.fresh.filter(|fresh| fresh.digest == digest)
    }
}

impl Whole {
    /// Notes that all of the file lies in one piece, which has this hash.
    pub(crate) fn note(&self, upload: &Upload, found: Digest) {
        let mut files = self.locked();
        if files.len() >= FILES_MAX {
            files.clear();
        }
        files.insert((upload.clip_id(), upload.opened_at, found));
    }

    pub(crate) fn has(&self, upload: &Upload, digest: Digest) -> bool {
        self.locked().contains(&(upload.clip_id(), upload.opened_at, digest))
    }

    /// Forgets the files of an upload that has ended.
    pub(crate) fn forget(&self, upload: &Upload) {
        let of = |digest: &Digest| (upload.clip_id(), upload.opened_at, *digest);
        let mut files = self.locked();
        for entry in &upload.manifest.media {
            files.remove(&of(&entry.sha256));
        }
    }

    /// No step under the lock can stop half way.
    fn locked(&self) -> MutexGuard<'_, BTreeSet<(ClipId, UtcMillis, Digest)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
