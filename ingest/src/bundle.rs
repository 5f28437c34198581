//! Reading a clip's files: from a folder that a stranger filled, or as they were uploaded.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use bytes::Bytes;
use waymark_datasets::{ClipId, Digest, Reason, Rejection, Store};

use crate::error::{Error, Fault};
use crate::landed;
use crate::manifest::{MANIFEST_NAME, MediaEntry};
use crate::upload::whole::Knowledge;
use crate::upload::{Upload, parts};

/// Where a clip's files come from. What is read is not yet what was signed: [`Bundle::media`] checks that.
pub(crate) enum Bundle<'a> {
    /// A folder.
    Folder(&'a Path),
    /// Whole files in the inbox, and what is known of them.
    Upload(&'a Store, &'a Upload, Knowledge<'a>),
}

impl Bundle<'_> {
    /// The bytes of one media file, which are those that were signed.
    pub(crate) async fn media(&self, entry: &MediaEntry) -> Result<Bytes, Fault> {
        let contents = match self {
            Self::Folder(folder) => read_regular(&folder.join(entry.name.as_str()), entry.size_bytes)?,
            Self::Upload(inbox, upload, files) => {
                if let Some(fresh) = files.fresh(entry.sha256) {
                    return Ok(fresh.bytes.clone());
                }
                let bytes = parts::assemble(inbox, upload, entry).await?;
                if files.whole.has(upload, entry.sha256) {
                    return Ok(bytes);
                }
                Contents::Whole(bytes)
            }
        };
        Ok(as_signed(contents, entry)?)
    }

    /// Puts one media file, which was looked at before, where those of landed clips are.
    ///
    /// What is in a folder may have changed since: it is read and checked a second time. Pieces of an upload do not
    /// change, so a file of one piece only gets another name.
    pub(crate) async fn land(&self, inbox: &Store, clip_id: ClipId, entry: &MediaEntry) -> Result<(), Fault> {
        let key = landed::media_key(clip_id, entry.sha256);
        let piece = match self {
            Self::Folder(_) => None,
            Self::Upload(_, upload, files) => match files.fresh(entry.sha256) {
                Some(fresh) => Some(fresh.path.clone()),
                None => parts::only_piece(inbox, upload, entry).await?,
            },
        };
        if let Some(piece) = piece {
            inbox.copy_new(&piece, &key).await?;
            return Ok(());
        }
        inbox.create(&key, self.media(entry).await?).await?;
        Ok(())
    }
}

/// The bytes of the manifest in a folder, up to `max_bytes`.
pub(crate) fn read_manifest(folder: &Path, max_bytes: u64) -> Result<Bytes, Fault> {
    let unreadable = |what: &str| Fault::Refused(Rejection::new(Reason::BundleUnreadable, what));
    if !folder.is_dir() {
        return Err(unreadable("the bundle is no folder"));
    }
    match read_regular(&folder.join(MANIFEST_NAME), max_bytes)? {
        Contents::Missing => Err(unreadable("the bundle has no manifest.jws")),
        Contents::NotRegular => Err(unreadable("manifest.jws is no regular file")),
        Contents::Larger(_) => Err(unreadable(&format!("manifest.jws is larger than {max_bytes} bytes"))),
        Contents::Whole(bytes) => Ok(bytes),
    }
}

fn as_signed(contents: Contents, entry: &MediaEntry) -> Result<Bytes, Rejection> {
    let refused = |reason, what: &str| Rejection::new(reason, format!("{}: {what}", entry.name));
    let signed = entry.size_bytes;
    let of_size =
        |size: u64| refused(Reason::MediaMismatch, &format!("the file is {size} bytes, signed were {signed}"));
    match contents {
        Contents::Missing => Err(refused(Reason::MediaMissing, "the file is not in the bundle")),
        Contents::NotRegular => Err(refused(Reason::MediaMissing, "it is no regular file, and links are not followed")),
        Contents::Larger(size) => Err(of_size(size)),
        Contents::Whole(bytes) if bytes.is_empty() => Err(refused(Reason::MediaEmpty, "the file is empty")),
        Contents::Whole(bytes) if bytes.len() as u64 != signed => Err(of_size(bytes.len() as u64)),
        Contents::Whole(bytes) if Digest::of(&bytes) != entry.sha256 => {
            Err(refused(Reason::MediaMismatch, "its SHA-256 is not the one that was signed"))
        }
        Contents::Whole(bytes) => Ok(bytes),
    }
}

enum Contents {
    Missing,
    NotRegular,
    /// Than the limit, with its size.
    Larger(u64),
    Whole(Bytes),
}

/// Reads a regular file. A link is not followed: what is opened must be what stood there before it was opened.
fn read_regular(path: &Path, max_bytes: u64) -> Result<Contents, Error> {
    let failed = |source| Error::Io { path: path.to_path_buf(), source };
    let listed = match fs::symlink_metadata(path) {
        Err(error) if is_absent(&error) => return Ok(Contents::Missing),
        listed => listed.map_err(failed)?,
    };
    if !listed.is_file() {
        return Ok(Contents::NotRegular);
    }
    let file = match File::open(path) {
        Err(error) if is_absent(&error) => return Ok(Contents::Missing),
        file => file.map_err(failed)?,
    };
    let opened = file.metadata().map_err(failed)?;
    if !is_same_file(&listed, &opened) {
        return Ok(Contents::NotRegular);
    }
    if opened.len() > max_bytes {
        return Ok(Contents::Larger(opened.len()));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(opened.len()).unwrap_or_default());
    // The file may have grown since.
    file.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    let size = bytes.len() as u64;
    Ok(if size > max_bytes { Contents::Larger(size) } else { Contents::Whole(bytes.into()) })
}

/// A name too long for the file system is not there either.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename)
}

#[cfg(unix)]
fn is_same_file(listed: &Metadata, opened: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (listed.dev(), listed.ino()) == (opened.dev(), opened.ino())
}

#[cfg(not(unix))]
fn is_same_file(_: &Metadata, opened: &Metadata) -> bool {
    opened.is_file()
}
