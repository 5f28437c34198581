//! What can go wrong that is not a fault of one frame.

use waymark_datasets::Rejection;

/// Why a call gave nothing. Only [`Error::Rejected`] is the sender's fault; after any of the others nothing that
/// the call was about may be published.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The whole source is refused: not readable, truncated, too large.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// ONNX Runtime could not be loaded or is too old.
    #[error(
        "ONNX Runtime: {detail}; run `make setup`, or name a libonnxruntime of 1.24 or newer by --onnxruntime or \
         ORT_DYLIB_PATH"
    )]
    Runtime {
        /// What the loader said.
        detail: String,
    },
    /// A model pack cannot be used.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// A model did not give what its family promises: wrong shape, not a number, a failed run.
    #[error("model {model}: {detail}")]
    Inference {
        /// The name of the model in its pack.
        model: String,
        /// What was wrong.
        detail: String,
    },
    /// A redacted image could not be written as JPEG.
    #[error("encode: {0}")]
    Encode(String),
    /// `process` was given no detector: without one nothing may be published.
    #[error("no detector: frames cannot be redacted")]
    NoDetector,
    /// A pipeline thread ended before its work did.
    #[error("a pipeline thread ended early")]
    Pipeline,
    /// The receiver of outcomes failed.
    #[error("outcome not taken: {0}")]
    Sink(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What is wrong with a model pack.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A file of the pack cannot be read.
    #[error("{file}: {source}")]
    Read {
        /// The file, relative to the pack's folder.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// `pack.toml` is not TOML of a pack that we know.
    #[error("pack.toml: {0}")]
    Parse(#[from] Box<toml::de::Error>),
    /// A value in `pack.toml` makes no sense.
    #[error("pack.toml: {place}: {detail}")]
    Value {
        /// Where, such as `model yolox-nano`.
        place: String,
        /// What was wrong and what would be right.
        detail: String,
    },
    /// A model file is not the one that `pack.toml` names.
    #[error("{file}: {detail}; pull the pack again")]
    Mismatch {
        /// The file, relative to the pack's folder.
        file: String,
        /// What differs.
        detail: String,
    },
}

impl Error {
    pub(crate) fn inference(model: &str, detail: impl ToString) -> Self {
        Self::Inference { model: model.to_owned(), detail: detail.to_string() }
    }
}
