//! How each family of models is read: raw output tensors to boxes in pixels of the input tensor.

mod classifier;
mod ssd_plate;
mod yolov5_plate;
mod yolox;
mod yunet;

use ort::session::SessionOutputs;

use crate::PixelBox;
use crate::manifest::Family;

pub(crate) use classifier::classify;

/// A box in pixels of the input tensor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Found {
    /// Index of the class in the model's output.
    pub class: u32,
    pub score: f32,
    pub bbox: PixelBox,
}

/// What decoding needs beside the tensors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub width: u32,
    pub height: u32,
    pub score_min: f32,
    /// Of the grids, where the pack may say them.
    pub strides: &'a [u32],
}

/// Boxes above the least score. A value that is not finite, or a shape that the family does not have, is an error:
/// a broken model must not look like an empty street.
pub(crate) fn decode(family: Family, outputs: &SessionOutputs<'_>, frame: Frame<'_>) -> Result<Vec<Found>, String> {
    let found = match family {
        Family::Yolox => yolox::decode(outputs, frame),
        Family::Yunet => yunet::decode(outputs, frame),
        Family::Yolov5Plate => yolov5_plate::decode(outputs, frame),
        Family::SsdPlate => ssd_plate::decode(outputs, frame),
        Family::Classifier => Err("a classifier finds nothing by itself".to_owned()),
    }?;
    if found.iter().all(|found| found.bbox.is_finite()) { Ok(found) } else { Err("a box is not finite".to_owned()) }
}

/// The values of an output and its shape; every value is finite.
fn tensor<'a>(outputs: &'a SessionOutputs<'_>, name: &str) -> Result<(&'a [i64], &'a [f32]), String> {
    values(outputs.get(name).ok_or_else(|| format!("it has no output {name:?}"))?, name)
}

/// The only output of a model, whatever its name.
fn only_tensor<'a>(outputs: &'a SessionOutputs<'_>) -> Result<(&'a [i64], &'a [f32]), String> {
    if outputs.len() != 1 {
        return Err(format!("it has {} outputs, not one", outputs.len()));
    }
    values(&outputs[0], "output")
}

fn values<'a>(value: &'a ort::value::DynValue, name: &str) -> Result<(&'a [i64], &'a [f32]), String> {
    let (shape, values) = value.try_extract_tensor::<f32>().map_err(|error| format!("{name}: {error}"))?;
    if values.iter().all(|value| value.is_finite()) {
        Ok((shape, values))
    } else {
        Err(format!("{name} holds a value that is not finite"))
    }
}

fn centred(cx: f32, cy: f32, width: f32, height: f32) -> PixelBox {
    PixelBox::from_edges([cx - width / 2.0, cy - height / 2.0, cx + width / 2.0, cy + height / 2.0])
}

/// The highest of some scores and its index; the first of equals.
fn best(scores: &[f32]) -> (u32, f32) {
    let first = (0, f32::NEG_INFINITY);
    scores.iter().zip(0..).fold(first, |best, (&score, i)| if score > best.1 { (i, score) } else { best })
}
