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
mod moved;
mod picture;
mod refusal;
mod settings;
mod sun;
mod track;

pub use agreement::reaches;
pub use device::SAME_DRIVE_MS;
pub use evidence::{Evidence, Seniority, Shot, seniority};
pub use judge::{Case, judge, judge_cases};
pub(crate) use refusal::{claimed, interval, moment, motion};
pub use settings::TrustSettings;
pub use sun::sun_height_deg;
pub use track::measure_track;
