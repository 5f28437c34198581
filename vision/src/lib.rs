//! Decode, sample, detect, redact and measure: raw pixels go no further than this crate.
//!
//! [`probe`] reads headers, [`process`] turns a clip and its track into redacted [`Frame`]s, [`redact_image`] is the
//! privacy stage alone; [`survey`] and [`score_frame`] tell how good the detections are. Models come as a [`Pack`];
//! code never names one. Everything is a function of its arguments: the same clip gives the same bytes on one worker
//! or many.

mod bare;
mod bilinear;
mod container;
mod cut;
mod deliver;
mod detect;
mod encode;
mod error;
mod family;
mod image;
mod input;
mod jpeg;
mod known;
mod letterbox;
mod manifest;
mod measure;
mod merge;
mod motion;
mod pack;
mod pipeline;
mod pixel_box;
mod plan;
mod pose;
mod probe;
mod process;
mod queue;
mod redact;
mod runtime;
mod sample;
mod scaler;
mod score;
mod segment;
mod settings;
mod source;
mod still;
mod survey;
mod tile;
mod video;
mod wanted;
mod witness;

pub use bare::BareModel;
pub use cut::cut;
pub use detect::{Detection, Detector};
pub use error::{Error, PackError};
pub use image::{RawImage, RedactedImage};
pub use input::{ColourOrder, Fit, InputSize, InputSpec, Layout};
pub use known::{KNOWN_PACKS, KnownPack, STREET, TOWN};
pub use manifest::{ClassSpec, CropSpec, Family, ModelSpec, PackManifest, RefineSpec, TileSpec};
pub use measure::{Measures, measure};
pub use pack::Pack;
pub use pixel_box::PixelBox;
pub use pose::Pose;
pub use probe::probe;
pub use process::{Frame, Job, Outcome, Tally, process};
pub use redact::{redact_image, redaction_areas};
pub use runtime::Runtime;
pub use sample::{Choice, FrameTime, Sampled, sample};
pub use score::{ByHeight, ClassScore, FalsePositives, Score, Share, TruthBox, score_frame};
pub use settings::{EncodeSettings, RedactSettings, SampleSettings, Settings};
pub use source::{Source, Still};
pub use survey::{Sighting, survey};
pub use tile::{Tile, tiles};
