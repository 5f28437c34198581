//! One model without anything around it: what a benchmark compares with a bare loop elsewhere.

use std::path::Path;

use ort::session::Session;
use ort::value::TensorRef;

use crate::{Error, PackError, Runtime};

/// A loaded model and an input of zeros.
pub struct BareModel {
    name: String,
    session: Session,
    tensor: String,
    shape: Vec<usize>,
    zeros: Vec<f32>,
}

impl BareModel {
    /// Loads the ONNX file `file` into a session of `threads` threads; dimensions that the model leaves open are 1.
    ///
    /// # Errors
    /// [`PackError::Read`] for a file that cannot be read, [`Error::Inference`] for one that is no model.
    pub fn load(runtime: &Runtime, file: &Path, threads: usize) -> Result<Self, Error> {
        let name = file.display().to_string();
        let unreadable = |source| PackError::Read { file: name.clone(), source };
        let bytes = std::fs::read(file).map_err(unreadable)?;
        let fault = |detail: String| Error::inference(&name, detail);
        let session = runtime.session(&bytes, threads).map_err(fault)?;
        let input = session.inputs().first().ok_or_else(|| fault("it has no input".into()))?;
        let shape = input.dtype().tensor_shape().ok_or_else(|| fault("its input is no tensor".into()))?;
        let shape: Vec<usize> = shape.iter().map(|&size| usize::try_from(size).unwrap_or(1)).collect();
        let (tensor, zeros) = (input.name().to_owned(), vec![0.0; shape.iter().product()]);
        Ok(Self { name, session, tensor, shape, zeros })
    }

    /// Runs it once.
    ///
    /// # Errors
    /// [`Error::Inference`] when the model fails.
    pub fn run(&mut self) -> Result<(), Error> {
        let fault = |error: ort::Error| Error::inference(&self.name, error);
        let tensor = TensorRef::from_array_view((&self.shape[..], &self.zeros[..])).map_err(fault)?;
        self.session.run(ort::inputs![self.tensor.as_str() => tensor]).map(|_| ()).map_err(fault)
    }
}
