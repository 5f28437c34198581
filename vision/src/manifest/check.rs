//! What a value in `pack.toml` may be.

use std::collections::BTreeSet;

use waymark_datasets::Role;

use super::{ClassSpec, CropSpec, Family, ModelSpec, TileSpec};
use crate::PackError;

/// A YOLOX has no more grids than this.
const STRIDES_MAX: usize = 5;
/// A model has no more classes than this.
const CLASSES_MAX: usize = 4_096;
/// A model file is no larger than this.
const MODEL_BYTES_MAX: u64 = 1 << 30;
/// A side of an input or a tile is no longer than this.
pub(crate) const SIDE_MAX_PX: u32 = 16_384;

impl ModelSpec {
    pub(super) fn check(&self) -> Result<(), PackError> {
        let at = Place(format!("model {:?}", self.name));
        at.check(is_plain(&self.name), "name must be 1 to 64 of a-z A-Z 0-9 . _ -")?;
        at.check(is_plain(&self.file), "file must be a plain file name beside pack.toml")?;
        at.check((1..=MODEL_BYTES_MAX).contains(&self.size_bytes), "size_bytes must be 1 to 2^30")?;
        at.check(self.url.is_empty() || self.url.starts_with("https://"), "url must begin with https://")?;
        at.check((0.0..=1.0).contains(&self.score_min), "score_min must be 0 to 1")?;
        at.check((0.0..=1.0).contains(&self.nms_iou_max), "nms_iou_max must be 0 to 1")?;
        at.check((1..=CLASSES_MAX).contains(&self.classes.len()), "it must have 1 to 4096 classes")?;
        let indices: BTreeSet<_> = self.classes.iter().map(|class| class.index).collect();
        at.check(indices.len() == self.classes.len(), "two of its classes have the same index")?;
        let least = |class: &ClassSpec| (self.score_min..=1.0).contains(&self.score_min_of(class));
        at.check(self.classes.iter().all(least), "score_min of a class must be that of its model to 1")?;
        self.check_strides(&at)?;
        let classifier = self.family == Family::Classifier;
        at.check(classifier == self.refine.is_some(), "a classifier, and nothing else, must have `refine`")?;
        at.check(!(classifier && self.tiles.is_some()), "a classifier has no tiles")?;
        let private = self.classes.iter().any(|class| class.role == Role::Private);
        at.check(!(classifier && private), "a classifier refines what was found, so none of its classes is private")?;
        at.check(!(classifier && self.crops.is_some()), "a classifier has no crops")?;
        self.input.check(&at)?;
        self.crops.as_ref().map_or(Ok(()), |crops| crops.check(&at))?;
        self.tiles.as_ref().map_or(Ok(()), |tiles| tiles.check(&at))
    }

    fn check_strides(&self, at: &Place) -> Result<(), PackError> {
        if self.family != Family::Yolox {
            return at.check(self.strides.is_none(), "only the family yolox has strides");
        }
        let strides = self.strides();
        let steps = strides.iter().all(|stride| stride.is_power_of_two()) && strides.is_sorted_by(|a, b| a < b);
        let counted = (1..=STRIDES_MAX).contains(&strides.len());
        at.check(steps && counted, "strides must be 1 to 5 powers of two, ascending")?;
        let divides = strides.iter().all(|&stride| self.input.sides_are_multiples_of(stride));
        at.check(divides, "each of the strides must divide both sides of the input, or its multiple_px")
    }
}

impl TileSpec {
    fn check(&self, at: &Place) -> Result<(), PackError> {
        let side = |px: u32| (64..=SIDE_MAX_PX).contains(&px);
        at.check(side(self.width_px) && side(self.height_px), "tiles must have sides of 64 to 16384 pixels")?;
        at.check((0.0..=0.9).contains(&self.overlap), "tiles.overlap must be 0 to 0.9")
    }
}

impl CropSpec {
    fn check(&self, at: &Place) -> Result<(), PackError> {
        at.check((0.0..=1.0).contains(&self.margin), "crops.margin must be 0 to 1")?;
        at.check((1..=64).contains(&self.count_max), "crops.count_max must be 1 to 64")
    }
}

/// Where in the file a value stands, for messages.
pub(crate) struct Place(pub(super) String);

impl Place {
    pub(crate) fn check(&self, holds: bool, detail: &str) -> Result<(), PackError> {
        if holds { Ok(()) } else { Err(PackError::Value { place: self.0.clone(), detail: detail.to_owned() }) }
    }
}

/// Safe as a file name anywhere: no separator, no leading dot.
pub(super) fn is_plain(name: &str) -> bool {
    let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-');
    (1..=64).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(plain)
}
