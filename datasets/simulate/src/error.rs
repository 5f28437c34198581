//! What can go wrong while simulating.

use std::path::{Path, PathBuf};

use waymark_datasets::Invalid;

/// Why a simulation could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder cannot be written, or a file not read.
    #[error("{}: {source}", path.display())]
    File {
        /// Where.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// FFmpeg refused: perhaps it was built without an H.264 encoder.
    #[error("{}: {doing}: {source}", path.display())]
    Video {
        /// Which file.
        path: PathBuf,
        /// Which step.
        doing: &'static str,
        /// What FFmpeg says.
        source: ffmpeg_next::Error,
    },
    /// A truth table cannot be written or read.
    #[error("{}: {reason}", path.display())]
    Table {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// There is no memory for a frame of this size.
    #[error("no memory for a frame")]
    Canvas,
    /// The town made a value that a word refuses: a fault of this crate.
    #[error(transparent)]
    Word(#[from] Invalid),
}

impl Error {
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::File { path: path.into(), source }
    }

    pub(crate) fn video(path: &Path, doing: &'static str) -> impl FnOnce(ffmpeg_next::Error) -> Self {
        move |source| Self::Video { path: path.into(), doing, source }
    }

    pub(crate) fn table(path: &Path, reason: &impl ToString) -> Self {
        Self::Table { path: path.into(), reason: reason.to_string() }
    }
}
