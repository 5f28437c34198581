//! The pieces of a file, as they arrived: each an object that is created once and named by its offset.
//!
//! A piece is only ever written at the end of what is there, so the pieces of an upload follow one another without a
//! gap, and of two clients that write at the same offset one is first. The offset is what the store holds.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use waymark_datasets::{ClipId, Digest, Draft, Drafted, ObjectInfo, Store, UtcMillis};

use super::{PREFIX, Upload};
use crate::error::Error;
use crate::manifest::MediaEntry;
use crate::shard;

/// How much of one file has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Held {
    /// Bytes from the start, without a gap.
    pub(crate) bytes: u64,
    /// In so many pieces.
    pub(crate) parts: usize,
}

/// How much of one file of an upload the store holds.
pub(crate) async fn held(inbox: &Store, upload: &Upload, digest: Digest) -> Result<Held, Error> {
    Ok(follow(of_file(inbox, upload, digest).await?.iter().map(|piece| (piece.offset, piece.size_bytes))))
}

/// The same of all its files, with one listing.
pub(crate) async fn held_of_all(inbox: &Store, upload: &Upload) -> Result<BTreeMap<Digest, Held>, Error> {
    let mut files: BTreeMap<Digest, Vec<(u64, u64)>> = BTreeMap::new();
    for piece in pieces(inbox, upload).await? {
        files.entry(piece.digest).or_default().push((piece.offset, piece.size_bytes));
    }
    Ok(files.into_iter().map(|(digest, pieces)| (digest, follow(pieces.into_iter()))).collect())
}

/// Whether every file is whole.
pub(crate) async fn is_complete(inbox: &Store, upload: &Upload) -> Result<bool, Error> {
    let held = held_of_all(inbox, upload).await?;
    let whole = |entry: &MediaEntry| held.get(&entry.sha256).is_some_and(|held| held.bytes >= entry.size_bytes);
    Ok(upload.manifest.media.iter().all(whole))
}

/// Makes `piece` the piece at `offset`, durably; there is one already if another client was first.
pub(crate) async fn append((upload, digest): (&Upload, Digest), offset: u64, piece: Draft) -> Result<Drafted, Error> {
    Ok(piece.create(&piece_key(upload, digest, offset)).await?)
}

/// The object that the piece at `offset` is.
pub(crate) fn piece_key(upload: &Upload, digest: Digest, offset: u64) -> String {
    format!("{}{offset:020}", file_prefix(upload, digest))
}

/// The object that is the whole file, if it came in one piece.
pub(crate) async fn only_piece(inbox: &Store, upload: &Upload, entry: &MediaEntry) -> Result<Option<String>, Error> {
    let first = of_file(inbox, upload, entry.sha256).await?.into_iter().next();
    Ok(first.filter(|piece| piece.offset == 0 && piece.size_bytes == entry.size_bytes).map(|piece| piece.path))
}

/// The whole file, which was complete when somebody looked. If it is not, another node decided on the upload or
/// withdrew it meanwhile: that is no fault of the sender, and this fails.
pub(crate) async fn assemble(inbox: &Store, upload: &Upload, entry: &MediaEntry) -> Result<Bytes, Error> {
    let mut whole = BytesMut::new();
    for Piece { path, offset, size_bytes, .. } in of_file(inbox, upload, entry.sha256).await? {
        if offset != whole.len() as u64 || whole.len() as u64 >= entry.size_bytes {
            break;
        }
        let gone = || Error::Damaged { path: path.clone(), reason: "it is not there".into() };
        if size_bytes == entry.size_bytes {
            return inbox.get_once(&path).await?.ok_or_else(gone);
        }
        let piece = inbox.get(&path).await?.ok_or_else(gone)?;
        whole.reserve(usize::try_from(entry.size_bytes).unwrap_or_default().saturating_sub(whole.len()));
        whole.extend_from_slice(&piece);
    }
    if whole.len() as u64 != entry.size_bytes {
        let reason = format!("there are {} of {} bytes: its upload has ended", whole.len(), entry.size_bytes);
        return Err(Error::Damaged { path: file_prefix(upload, entry.sha256), reason });
    }
    Ok(whole.freeze())
}

/// What a client said of a file when it created its upload, if it did.
pub(crate) async fn metadata(inbox: &Store, upload: &Upload, digest: Digest) -> Result<Option<Bytes>, Error> {
    Ok(inbox.get(&metadata_key(upload, digest)).await?)
}

/// Keeps what a client says of a file; what it said before is replaced.
pub(crate) async fn set_metadata(inbox: &Store, (upload, digest): (&Upload, Digest), text: Bytes) -> Result<(), Error> {
    Ok(inbox.put(&metadata_key(upload, digest), text).await?)
}

/// Beside the pieces: it is no number, so it is no piece.
fn metadata_key(upload: &Upload, digest: Digest) -> String {
    format!("{}metadata", file_prefix(upload, digest))
}

/// All that came by the upload of a clip that was opened at a moment.
pub(super) async fn paths(inbox: &Store, clip_id: ClipId, opened_at: UtcMillis) -> Result<Vec<String>, Error> {
    let all = shard::list(inbox, PREFIX, clip_id, &opened(opened_at)).await?;
    Ok(all.into_iter().map(|object| object.path).collect())
}

/// When the upload was opened by which a piece came, if it is one.
pub(super) fn opened_at_ms(object: &str) -> Option<i64> {
    let (opened, rest) = object.split_once('.')?;
    rest.contains('.').then(|| opened.parse().ok()).flatten()
}

/// A piece of a file, as it lies in the inbox.
struct Piece {
    digest: Digest,
    offset: u64,
    size_bytes: u64,
    path: String,
}

/// Of all files, in order of file and offset.
async fn pieces(inbox: &Store, upload: &Upload) -> Result<Vec<Piece>, Error> {
    let opened = opened(upload.opened_at);
    let piece = |object: ObjectInfo| {
        let (_, name) = super::parse(&object.path)?;
        let (digest, offset) = name.strip_prefix(&opened)?.split_once('.')?;
        let (digest, offset) = (digest.parse().ok()?, offset.parse().ok()?);
        Some(Piece { digest, offset, size_bytes: object.size_bytes, path: object.path })
    };
    let found = shard::list(inbox, PREFIX, upload.clip_id(), &opened).await?;
    Ok(found.into_iter().filter_map(piece).collect())
}

async fn of_file(inbox: &Store, upload: &Upload, digest: Digest) -> Result<Vec<Piece>, Error> {
    Ok(pieces(inbox, upload).await?.into_iter().filter(|piece| piece.digest == digest).collect())
}

fn opened(at: UtcMillis) -> String {
    format!("{:013}.", at.millis())
}

fn file_prefix(upload: &Upload, digest: Digest) -> String {
    shard::key(PREFIX, upload.clip_id(), &format!("{}{digest}.", opened(upload.opened_at)))
}

/// Follows pieces, in order of their offsets, as long as each begins where the one before ends.
fn follow(pieces: impl Iterator<Item = (u64, u64)>) -> Held {
    let mut held = Held::default();
    for (offset, size_bytes) in pieces {
        if offset != held.bytes {
            break;
        }
        held = Held { bytes: held.bytes + size_bytes, parts: held.parts + 1 };
    }
    held
}
