//! Whether a clip can be true: few things refuse it, the others lower the trust in it.
//!
//! What refuses a clip is checked while it is admitted. What lowers trust is a pure function of published numbers:
//! [`measure_track`] reduces a track that nobody else sees, `vision` measures pixels, and [`judge`] holds every clip
//! against itself, the sun, and all others. The same clips in any order give the same rows.

mod again;
mod agreement;
mod device;
mod evidence;
mod judge;
mod light;
mod picture;
mod refusal;
mod settings;
mod sun;
mod track;

pub use evidence::{Evidence, Shot};
pub use judge::judge;
pub(crate) use refusal::{claimed, interval, moment, motion};
pub use settings::TrustSettings;
pub use sun::sun_height_deg;
pub use track::measure_track;
