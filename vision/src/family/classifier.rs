//! Classifiers: one softmax over classes for one crop.

use ort::session::SessionOutputs;

use super::{best, only_tensor};

/// Reads `[1, classes]`: the most likely class and its probability.
pub(crate) fn classify(outputs: &SessionOutputs<'_>) -> Result<(u32, f32), String> {
    let (shape, values) = only_tensor(outputs)?;
    match *shape {
        [1, classes] if classes > 0 => Ok(best(values)),
        _ => Err(format!("its shape is {shape:?}, not [1, classes]")),
    }
}
