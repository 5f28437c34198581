//! Which frames lie in which partition, by the names of their images: nothing in an id says where it is.

use std::sync::Arc;

use waymark_datasets::FrameId;
use waymark_datasets::snapshot::{IMAGERY, Part};

/// The names of all partitions of a snapshot, in their order.
#[derive(Debug, Default)]
pub struct Index {
    parts: Vec<Arc<Names>>,
}

/// The frames of one partition, sorted.
#[derive(Debug)]
pub(super) struct Names {
    frames: Vec<FrameId>,
}

impl Names {
    pub(super) fn of(part: &Part) -> Self {
        let frame = |path: &str| {
            let rest = path.strip_prefix(IMAGERY)?;
            rest.rsplit('/').next()?.strip_suffix(".jpg")?.parse().ok()
        };
        let mut frames: Vec<FrameId> = part.files.iter().filter_map(|file| frame(&file.path)).collect();
        frames.sort_unstable();
        Self { frames }
    }

    pub(super) fn bytes(&self) -> usize {
        self.frames.len() * size_of::<FrameId>()
    }
}

impl Index {
    pub(super) fn new(parts: Vec<Arc<Names>>) -> Self {
        Self { parts }
    }

    /// The partition of a frame, by its place in the snapshot.
    #[must_use]
    pub fn part_of(&self, frame: FrameId) -> Option<usize> {
        self.parts.iter().position(|names| names.frames.binary_search(&frame).is_ok())
    }
}
