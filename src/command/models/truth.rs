//! Footage whose truth is known.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use waymark_datasets::UtcMillis;
use waymark_vision::{PixelBox, Sighting, Source, Still, TruthBox};

use super::{coco, drives};

/// Footage and what its frames show.
pub struct Footage {
    /// Where it is.
    pub media: Media,
    /// What a frame shows, by its index; nothing if it is not in here.
    pub truth: BTreeMap<u32, Vec<TruthBox>>,
}

/// Where footage is.
pub enum Media {
    /// A video of so many frames.
    Video(PathBuf, u32),
    /// Pictures; a frame's index is its place among them.
    Pictures(Vec<Picture>),
}

/// One picture.
pub struct Picture {
    /// Where it is.
    pub file: PathBuf,
    /// Its width and height in pixels, if whoever drew the boxes noted it.
    pub size_px: Option<(u32, u32)>,
}

/// Reads the truth in a folder; the footage itself is read when its turn comes.
pub fn read(dir: &Path) -> anyhow::Result<Vec<Footage>> {
    let (boxes, annotations) = (dir.join(drives::BOXES), dir.join(coco::ANNOTATIONS));
    if boxes.is_file() {
        drives::read(dir).with_context(|| boxes.display().to_string())
    } else if annotations.is_file() {
        coco::read(dir).with_context(|| annotations.display().to_string())
    } else {
        let (place, boxes, annotations) = (dir.display(), drives::BOXES, coco::ANNOTATIONS);
        bail!("{place} holds no truth: neither {boxes}, as `waymark simulate` writes it, nor {annotations} of COCO")
    }
}

/// A box of the truth from its left, upper, right and lower edge in pixels.
pub fn bbox(edges: [f32; 4]) -> anyhow::Result<PixelBox> {
    let [left, top, right, bottom] = edges;
    let is_box = edges.iter().all(|edge| edge.is_finite()) && left <= right && top <= bottom;
    ensure!(is_box, "the edges {edges:?} (left, upper, right, lower) make no box");
    Ok(PixelBox::from_edges(edges))
}

impl Footage {
    /// The frames to look at: one in `every` of a video, all pictures.
    pub fn wanted(&self, every: NonZeroU32) -> Vec<u32> {
        match &self.media {
            Media::Video(_, frames) => (0..*frames).step_by(every.get() as usize).collect(),
            Media::Pictures(pictures) => (0..).take(pictures.len()).collect(),
        }
    }

    /// Reads the footage.
    pub fn source(&self) -> anyhow::Result<Source> {
        // Nothing here depends on when it was filmed.
        let at = UtcMillis::MIN;
        match &self.media {
            Media::Video(file, _) => Ok(Source::Video { name: name(file), bytes: bytes(file)?, start: at }),
            Media::Pictures(pictures) => {
                let still =
                    |picture: &Picture| Ok(Still { name: name(&picture.file), bytes: bytes(&picture.file)?, at });
                Ok(Source::Stills(pictures.iter().map(still).collect::<anyhow::Result<_>>()?))
            }
        }
    }

    /// What the frame shows that was looked at. A picture of another size than its boxes were drawn on is an error.
    pub fn truth_of(&self, seen: &Sighting) -> anyhow::Result<&[TruthBox]> {
        if let Media::Pictures(pictures) = &self.media
            && let Some(picture) = pictures.get(seen.index as usize)
            && let Some((width_px, height_px)) = picture.size_px
        {
            ensure!(
                (seen.width_px, seen.height_px) == (width_px, height_px),
                "{} is {}x{}, its boxes were drawn on {width_px}x{height_px}",
                picture.file.display(),
                seen.width_px,
                seen.height_px
            );
        }
        Ok(self.truth.get(&seen.index).map_or(&[], Vec::as_slice))
    }
}

/// Reads a whole file.
pub fn bytes(file: &Path) -> anyhow::Result<Bytes> {
    Ok(std::fs::read(file).with_context(|| file.display().to_string())?.into())
}

/// The path as messages have it.
fn name(file: &Path) -> String {
    file.display().to_string()
}
