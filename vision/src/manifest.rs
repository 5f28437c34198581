//! `pack.toml`: which models a pack has and everything that code must know to run them.

mod check;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use waymark_datasets::{ClassName, Digest, Role};

use crate::PackError;
use crate::input::InputSpec;

use check::is_plain;
pub(crate) use check::{Place, SIDE_MAX_PX};

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
    /// For a YOLOX: the strides of its grids in pixels of the input, finest first; 8, 16, 32 unless given.
    #[serde(default)]
    pub strides: Option<Vec<u32>>,
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
    /// YOLOX: raw grid output `[1, n, 5 + classes]`, one grid for each of the model's strides (Ge et al. 2021).
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
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassSpec {
    /// Its place in the output.
    pub index: u32,
    /// What we call it.
    pub name: ClassName,
    /// What it is for.
    pub role: Role,
    /// Detections of this class below this score are dropped; that of the model, or a higher one, up to 1.
    #[serde(default)]
    pub score_min: Option<f32>,
}

/// Strides of a YOLOX whose pack names none.
const STRIDES_USUAL: [u32; 3] = [8, 16, 32];
/// A pack has no more models than this.
const MODELS_MAX: usize = 32;

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

    /// What its detectors find, and what each class is for: the first of private, map, context where two models
    /// differ. The classes of classifiers are not among them.
    #[must_use]
    pub fn roles(&self) -> BTreeMap<ClassName, Role> {
        let mut roles = BTreeMap::new();
        let detectors = self.models.iter().filter(|model| model.family != Family::Classifier);
        for class in detectors.flat_map(|model| &model.classes) {
            let role = roles.entry(class.name.clone()).or_insert(class.role);
            *role = class.role.min(*role);
        }
        roles
    }
}

impl ModelSpec {
    /// The strides of its grids.
    pub(crate) fn strides(&self) -> &[u32] {
        self.strides.as_deref().unwrap_or(&STRIDES_USUAL)
    }

    /// The least score of a class of this model.
    pub(crate) fn score_min_of(&self, class: &ClassSpec) -> f32 {
        class.score_min.unwrap_or(self.score_min)
    }
}
