//! What a clip is made of.

use bytes::Bytes;
use waymark_datasets::UtcMillis;

/// The media of one clip.
#[derive(Debug, Clone)]
pub enum Source {
    /// Photos; a frame's index is its place in the list.
    Stills(Vec<Still>),
    /// One video; a frame's index is its rank in presentation order among all frames of the file.
    Video {
        /// File name, for messages.
        name: String,
        /// The whole file.
        bytes: Bytes,
        /// When its first frame was taken.
        start: UtcMillis,
    },
}

/// One photo.
#[derive(Debug, Clone)]
pub struct Still {
    /// File name, for messages.
    pub name: String,
    /// The whole file.
    pub bytes: Bytes,
    /// When it was taken.
    pub at: UtcMillis,
}
