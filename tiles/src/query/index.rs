//! Which frames and clips lie in which partition, by the names of their files: nothing in an id says where it is.

use std::sync::Arc;

use waymark_datasets::snapshot::{IMAGERY, Part};
use waymark_datasets::{ClipId, FrameId, Table};

/// The names of all partitions of a snapshot, in their order.
#[derive(Debug, Default)]
pub struct Index {
    parts: Vec<Arc<Names>>,
}

/// The frames and the clips of one partition, sorted.
#[derive(Debug)]
pub(super) struct Names {
    frames: Vec<FrameId>,
    clips: Vec<ClipId>,
}

impl Names {
    pub(super) fn of(part: &Part) -> Self {
        let named = |prefix: &'static str, end: &'static str| {
            let below = part.files.iter().filter_map(move |file| file.path.strip_prefix(prefix)?.strip_suffix(end));
            below.filter_map(|path| path.rsplit('/').next())
        };
        let mut frames: Vec<FrameId> = named(IMAGERY, ".jpg").filter_map(|name| name.parse().ok()).collect();
        frames.sort_unstable();
        // A file of frames is named by its clip.
        let clips = named(Table::Frames.name(), ".parquet");
        let mut clips: Vec<ClipId> = clips.filter_map(|name| name.parse().ok()).collect();
        clips.sort_unstable();
        Self { frames, clips }
    }

    pub(super) fn bytes(&self) -> usize {
        self.frames.len() * size_of::<FrameId>() + self.clips.len() * size_of::<ClipId>()
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

    /// The partitions that have frames of a clip: it may cross a border, or midnight.
    pub fn parts_of(&self, clip: ClipId) -> impl Iterator<Item = usize> {
        let has = move |(_, names): &(usize, &Arc<Names>)| names.clips.binary_search(&clip).is_ok();
        self.parts.iter().enumerate().filter(has).map(|(part, _)| part)
    }
}
