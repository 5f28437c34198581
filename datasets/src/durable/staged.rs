//! A file before it is an object.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::store::Created;

/// A file that is no object yet; it is gone when it is dropped.
#[derive(Debug)]
pub(crate) enum Staged {
    /// Without a name: it costs nothing to give it one, and there is none to sync or to take away again.
    Unnamed(File),
    /// With one, where there are no files without.
    Named(NamedTempFile),
}

impl Staged {
    pub(crate) fn file(&self) -> &File {
        match self {
            Self::Unnamed(file) => file,
            Self::Named(file) => file.as_file(),
        }
    }

    /// Moves it to `place`, unless there is something; it comes back with an error. Its name is not durable then.
    pub(super) fn persist_new(self, place: &Path) -> Result<Created, (io::Error, Self)> {
        let (error, back) = match self {
            Self::Unnamed(file) => match unnamed::link(&file, place) {
                Ok(()) => return Ok(Created::New),
                Err(error) => (error, Self::Unnamed(file)),
            },
            Self::Named(file) => match file.persist_noclobber(place) {
                Ok(_) => return Ok(Created::New),
                Err(failed) => (failed.error, Self::Named(failed.file)),
            },
        };
        if error.kind() == ErrorKind::AlreadyExists { Ok(Created::Existed) } else { Err((error, back)) }
    }
}

#[cfg(target_os = "linux")]
pub(super) mod unnamed {
    use std::fs::{self, File};
    use std::io;
    use std::os::fd::AsRawFd;
    use std::path::Path;

    use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, open};

    /// A file without a name, that may get one in the file system of `folder`.
    pub(in crate::durable) fn file(folder: &Path) -> io::Result<File> {
        let how = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        Ok(open(folder, how, Mode::from_raw_mode(0o644))?.into())
    }

    /// Gives it a name; fails if that is taken.
    pub(super) fn link(file: &File, place: &Path) -> io::Result<()> {
        let own = format!("/proc/self/fd/{}", file.as_raw_fd());
        Ok(linkat(CWD, own.as_str(), CWD, place, AtFlags::SYMLINK_FOLLOW)?)
    }

    /// Whether that can be done in `folder`.
    pub(in crate::durable) fn are_there(folder: &Path) -> bool {
        let place = folder.join("unnamed");
        let linked = file(folder).and_then(|file| link(&file, &place));
        linked.is_ok() && fs::remove_file(&place).is_ok()
    }
}

/// Other systems have none.
#[cfg(not(target_os = "linux"))]
pub(super) mod unnamed {
    use std::fs::File;
    use std::io;
    use std::path::Path;

    pub(in crate::durable) fn file(_: &Path) -> io::Result<File> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn link(_: &File, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(in crate::durable) fn are_there(_: &Path) -> bool {
        false
    }
}
