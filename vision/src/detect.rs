//! Running a pack's models over a frame.

use std::cmp::Ordering;

use ort::session::{Session, SessionOutputs};
use ort::value::TensorRef;
use waymark_datasets::{ClassName, Ppm, Role};

use crate::family::{self, classify, decode};
use crate::letterbox::{Letterbox, Placement};
use crate::manifest::{ClassSpec, Family, ModelSpec};
use crate::merge::{Candidate, merge};
use crate::pixel_box::Area;
use crate::tile::tiles;
use crate::{Error, Pack, PixelBox, RawImage, Runtime, Tile};

/// A thing that a model found in a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    /// What it is.
    pub class: ClassName,
    /// What that is to us.
    pub role: Role,
    /// The model's confidence.
    pub score: Ppm,
    /// Where, inside the frame.
    pub bbox: PixelBox,
    /// The hull of all boxes that were merged into this one: what is redacted, before the margin.
    pub cover: PixelBox,
    /// Name of the model in its pack.
    pub model: String,
    /// What a classifier makes of it, and its confidence.
    pub refined: Option<(ClassName, Ppm)>,
}

/// The models of a pack, loaded; one per worker thread.
pub struct Detector {
    models: Vec<Model>,
}

struct Model {
    spec: ModelSpec,
    session: Session,
    letterbox: Letterbox,
}

impl Detector {
    /// Loads every model of `pack` into a session of its own, on one thread: parallelism is one detector per worker,
    /// so that results do not depend on how many there are.
    ///
    /// # Errors
    /// [`Error::Inference`] when ONNX Runtime cannot load a model or the model has no input of the given name.
    pub fn new(runtime: &Runtime, pack: &Pack) -> Result<Self, Error> {
        let load = |(spec, bytes): (&ModelSpec, &bytes::Bytes)| {
            let fault = |detail: String| Error::inference(&spec.name, detail);
            let session = runtime.session(bytes, 1).map_err(fault)?;
            if !session.inputs().iter().any(|input| input.name() == spec.input.tensor) {
                return Err(fault(format!("it has no input {:?}", spec.input.tensor)));
            }
            Ok(Model { spec: spec.clone(), session, letterbox: Letterbox::default() })
        };
        Ok(Self { models: pack.models().map(load).collect::<Result<_, _>>()? })
    }

    /// Everything that the models find, best score first; a total order, so equal frames give equal lists.
    ///
    /// # Errors
    /// [`Error::Inference`] when a model fails or gives what its family does not: then nothing is known of the frame.
    pub fn detect(&mut self, raw: &RawImage) -> Result<Vec<Detection>, Error> {
        let mut detections = Vec::new();
        for model in self.models.iter_mut().filter(|model| model.spec.family != Family::Classifier) {
            let found = model.detect(raw, &detections)?;
            detections.extend(found);
        }
        let mut detections = unite(detections);
        for model in self.models.iter_mut().filter(|model| model.spec.family == Family::Classifier) {
            detections.iter_mut().try_for_each(|detection| model.refine(raw, detection))?;
        }
        Ok(detections)
    }
}

/// Two boxes of one class by two models that overlap more than this (IoU) are one thing.
const SAME_THING_IOU: f32 = 0.5;

/// Sorts, and keeps the better one where two models found the same thing; its cover then spans both.
fn unite(mut detections: Vec<Detection>) -> Vec<Detection> {
    detections.sort_by(order);
    let mut kept: Vec<Detection> = Vec::with_capacity(detections.len());
    for next in detections {
        let same = |held: &&mut Detection| {
            held.class == next.class && held.model != next.model && held.bbox.iou(&next.bbox) > SAME_THING_IOU
        };
        match kept.iter_mut().find(same) {
            Some(held) => held.cover = held.cover.hull(&next.cover),
            None => kept.push(next),
        }
    }
    kept
}

impl Model {
    fn detect(&mut self, raw: &RawImage, earlier: &[Detection]) -> Result<Vec<Detection>, Error> {
        let mut found = Vec::new();
        let passes: Vec<Tile> = passes(raw, &self.spec).into_iter().chain(crops(raw, &self.spec, earlier)).collect();
        for tile in passes {
            found.extend(self.look(raw, tile).map_err(|detail| Error::inference(&self.spec.name, detail))?);
        }
        let classes = &self.spec.classes;
        let same = |a: usize, b: usize| classes[a].name == classes[b].name;
        let kept = merge(found, self.spec.nms_iou_max, same);
        Ok(kept.into_iter().map(|candidate| self.detection(raw, &candidate)).collect())
    }

    /// Runs the model on one tile.
    fn look(&mut self, raw: &RawImage, tile: Tile) -> Result<Vec<Candidate>, String> {
        let placement = Placement::new(tile, &self.spec.input);
        let outputs = run(&self.spec, &mut self.session, (&mut self.letterbox, raw, &placement))?;
        let (width, height) = (placement.canvas_width, placement.canvas_height);
        let frame = family::Frame { width, height, score_min: self.spec.score_min, strides: self.spec.strides() };
        let found = decode(self.spec.family, &outputs, frame)?;
        let is_sure = |found: &family::Found, class: &ClassSpec| {
            class.index == found.class && found.score >= self.spec.score_min_of(class)
        };
        let candidate = |found: family::Found| {
            let class = self.spec.classes.iter().position(|class| is_sure(&found, class))?;
            let bbox = placement.to_frame(found.bbox);
            let cover = bbox.within(raw.width_px(), raw.height_px());
            let cut = is_cut(&bbox, &tile, raw);
            (cover.area_px() > 0.0).then_some(Candidate { class, score: found.score, bbox: cover, cover, cut })
        };
        Ok(found.into_iter().filter_map(candidate).collect())
    }

    fn detection(&self, raw: &RawImage, candidate: &Candidate) -> Detection {
        let ClassSpec { name, role, .. } = &self.spec.classes[candidate.class];
        Detection {
            class: name.clone(),
            role: *role,
            score: Ppm::from_ratio(candidate.score.into()),
            bbox: candidate.bbox,
            cover: candidate.cover.within(raw.width_px(), raw.height_px()),
            model: self.spec.name.clone(),
            refined: None,
        }
    }

    /// Classifies the crop of a detection that this classifier is for; the first classifier that is sure stays.
    fn refine(&mut self, raw: &RawImage, detection: &mut Detection) -> Result<(), Error> {
        let wanted = self.spec.refine.as_ref().is_some_and(|refine| refine.classes.contains(&detection.class));
        let Some(area) = detection.bbox.to_area(raw.width_px(), raw.height_px()) else { return Ok(()) };
        if !wanted || detection.refined.is_some() {
            return Ok(());
        }
        let placement = Placement::new(tile(area), &self.spec.input);
        let outputs = run(&self.spec, &mut self.session, (&mut self.letterbox, raw, &placement));
        let sure = outputs.and_then(|outputs| classify(&outputs));
        let (index, score) = sure.map_err(|detail| Error::inference(&self.spec.name, detail))?;
        let class =
            self.spec.classes.iter().find(|class| class.index == index && score >= self.spec.score_min_of(class));
        detection.refined = class.map(|class| (class.name.clone(), Ppm::from_ratio(score.into())));
        Ok(())
    }
}

/// One run of a session on one tile.
fn run<'s>(
    spec: &ModelSpec,
    session: &'s mut Session,
    (letterbox, raw, placement): (&mut Letterbox, &RawImage, &Placement),
) -> Result<SessionOutputs<'s>, String> {
    letterbox.fill(raw, placement, &spec.input);
    let shape = placement.shape(spec.input.layout);
    let tensor = TensorRef::from_array_view((shape, &letterbox.tensor[..])).map_err(|error| error.to_string())?;
    session.run(ort::inputs![spec.input.tensor.as_str() => tensor]).map_err(|error| error.to_string())
}

/// The parts of the frame that a model looks at, one after the other.
fn passes(raw: &RawImage, spec: &ModelSpec) -> Vec<Tile> {
    let whole = Tile { left_px: 0, top_px: 0, width_px: raw.width_px(), height_px: raw.height_px() };
    let cut = spec.tiles.map(|spec| tiles(raw.width_px(), raw.height_px(), &spec)).unwrap_or_default();
    let skip_whole = !cut.is_empty() && spec.tiles.is_some_and(|tiles| !tiles.whole);
    std::iter::once(whole).filter(|_| !skip_whole).chain(cut).collect()
}

/// Cuts around what earlier models found, best score first.
fn crops(raw: &RawImage, spec: &ModelSpec, earlier: &[Detection]) -> Vec<Tile> {
    let Some(spec) = &spec.crops else { return Vec::new() };
    let wanted =
        |found: &&Detection| spec.classes.contains(&found.class) && found.bbox.width_px() >= spec.width_min_px as f32;
    let mut found: Vec<&Detection> = earlier.iter().filter(wanted).collect();
    found.sort_by(|a, b| order(a, b));
    let areas = found.into_iter().take(spec.count_max).map(|found| found.bbox.padded(spec.margin));
    areas.filter_map(|area| area.to_area(raw.width_px(), raw.height_px())).map(tile).collect()
}

fn tile(area: Area) -> Tile {
    Tile {
        left_px: area.left as u32,
        top_px: area.top as u32,
        width_px: (area.right - area.left) as u32,
        height_px: (area.bottom - area.top) as u32,
    }
}

/// A box that touches an edge of its tile inside the frame is probably the part of a larger thing.
fn is_cut(bbox: &PixelBox, tile: &Tile, raw: &RawImage) -> bool {
    let (right, bottom) = (tile.left_px + tile.width_px, tile.top_px + tile.height_px);
    let (margin_x, margin_y) = (tile.width_px as f32 / 100.0, tile.height_px as f32 / 100.0);
    tile.left_px > 0 && bbox.x_min_px < tile.left_px as f32 + margin_x
        || tile.top_px > 0 && bbox.y_min_px < tile.top_px as f32 + margin_y
        || right < raw.width_px() && bbox.x_max_px > right as f32 - margin_x
        || bottom < raw.height_px() && bbox.y_max_px > bottom as f32 - margin_y
}

fn order(a: &Detection, b: &Detection) -> Ordering {
    let edges = |d: &Detection| [d.bbox.x_min_px, d.bbox.y_min_px, d.bbox.x_max_px, d.bbox.y_max_px];
    let position = || {
        let both = edges(a).into_iter().zip(edges(b));
        both.map(|(a, b)| a.total_cmp(&b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    };
    b.score.cmp(&a.score).then_with(|| a.class.cmp(&b.class)).then_with(|| a.model.cmp(&b.model)).then_with(position)
}
