//! `pack.toml`: which models a pack has and everything that code must know to run them.

use std::collections::BTreeSet;

use serde::Deserialize;
use waymark_datasets::{ClassName, Digest, Role};

use crate::PackError;
use crate::input::InputSpec;

/// A parsed and checked `pack.toml`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackManifest {
    /// Name of the pack.
    pub name: String,
    /// Its models, in the order in which they run; classifiers come after the detectors that they refine.
    #[serde(rename = "model")]
    pub models: Vec<ModelSpec>,
}

/// One model: its file, where it comes from, and how to run it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSpec {
    /// Name of the model, unique in the pack; detections carry it.
    pub name: String,
    /// ONNX file beside `pack.toml`: a plain name.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: Digest,
    /// Size of the file in bytes.
    pub size_bytes: u64,
    /// SPDX licence expression.
    pub licence: String,
    /// Where the file comes from: an https address at a pinned commit. Empty for a model made with the pack.
    #[serde(default)]
    pub url: String,
    /// How its output reads.
    pub family: Family,
    /// How its input is made.
    pub input: InputSpec,
    /// Detections below this score are dropped, `0..=1`.
    pub score_min: f32,
    /// Of two boxes of one class that overlap more than this (IoU), the lower score is dropped, `0..=1`.
    #[serde(default = "nms_iou_max_default")]
    pub nms_iou_max: f32,
    /// Cutting of wide frames; without it only the whole frame is looked at.
    #[serde(default)]
    pub tiles: Option<TileSpec>,
    /// A closer look at what earlier models of the pack found.
    #[serde(default)]
    pub crops: Option<CropSpec>,
    /// For a classifier: what it looks at.
    #[serde(default)]
    pub refine: Option<RefineSpec>,
    /// What its output classes mean; an output class that is not listed is dropped.
    #[serde(rename = "class")]
    pub classes: Vec<ClassSpec>,
}

fn nms_iou_max_default() -> f32 {
    0.45
}

/// How a model's output reads: the families that `vision` decodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// YOLOX: raw grid output `[1, n, 5 + classes]`, strides 8, 16, 32 (Ge et al. 2021).
    Yolox,
    /// YuNet: `cls`, `obj` and `bbox` maps at strides 8, 16, 32 (Wu et al. 2023).
    Yunet,
    /// YOLOv5 with four corners: decoded rows `[1, n, 13 + classes]`.
    #[serde(rename = "yolov5-plate")]
    Yolov5Plate,
    /// SSD with four corners and an IoU branch: `loc`, `conf`, `iou` on prior boxes.
    SsdPlate,
    /// Softmax over classes of a crop: `[1, classes]`.
    Classifier,
}

/// Tiles of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TileSpec {
    /// Width of a tile in pixels of the frame.
    pub width_px: u32,
    /// Height of a tile in pixels of the frame.
    pub height_px: u32,
    /// Share of a tile that its neighbour sees too, `0..=0.9`.
    pub overlap: f32,
    /// Whether the whole frame is looked at as well.
    pub whole: bool,
}

/// Cuts around detections of earlier models: a number plate far away is small in a frame, but not in its car.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CropSpec {
    /// Detections of these classes are cut out.
    pub classes: Vec<ClassName>,
    /// Margin on each side as a share of the box, `0..=1`.
    pub margin: f32,
    /// Smaller boxes are left out: in them nothing could be read.
    pub width_min_px: u32,
    /// At most so many cuts per frame, best score first, 1 to 64.
    pub count_max: usize,
}

/// What a classifier looks at.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefineSpec {
    /// Detections of these classes are cut out and classified.
    pub classes: Vec<ClassName>,
}

/// One output class of a model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassSpec {
    /// Its place in the output.
    pub index: u32,
    /// What we call it.
    pub name: ClassName,
    /// What it is for.
    pub role: Role,
}

/// A pack has no more models than this.
const MODELS_MAX: usize = 32;
/// A model has no more classes than this.
const CLASSES_MAX: usize = 4_096;
/// A model file is no larger than this.
const MODEL_BYTES_MAX: u64 = 1 << 30;
/// A side of an input or a tile is no longer than this.
pub(crate) const SIDE_MAX_PX: u32 = 16_384;

impl PackManifest {
    /// Reads and checks the text of a `pack.toml`.
    ///
    /// # Errors
    /// [`PackError::Parse`] when it is not TOML of a pack, [`PackError::Value`] when a value makes no sense.
    pub fn parse(text: &str) -> Result<Self, PackError> {
        let manifest: Self = toml::from_str(text).map_err(Box::new)?;
        let pack = Place(format!("pack {:?}", manifest.name));
        pack.check(is_plain(&manifest.name), "its name must be 1 to 64 of a-z A-Z 0-9 . _ -")?;
        pack.check((1..=MODELS_MAX).contains(&manifest.models.len()), "it must have 1 to 32 models")?;
        let names: BTreeSet<_> = manifest.models.iter().map(|model| &model.name).collect();
        pack.check(names.len() == manifest.models.len(), "two of its models have the same name")?;
        manifest.models.iter().try_for_each(ModelSpec::check)?;
        Ok(manifest)
    }
}

impl ModelSpec {
    fn check(&self) -> Result<(), PackError> {
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
pub(crate) struct Place(String);

impl Place {
    pub(crate) fn check(&self, holds: bool, detail: &str) -> Result<(), PackError> {
        if holds { Ok(()) } else { Err(PackError::Value { place: self.0.clone(), detail: detail.to_owned() }) }
    }
}

/// Safe as a file name anywhere: no separator, no leading dot.
fn is_plain(name: &str) -> bool {
    let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-');
    (1..=64).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(plain)
}
