//! What a driver keeps private: places, and the ends of a trip. Applied on the device, before anything is signed.
//!
//! Time is what is hidden. A moment is kept only if the device cannot have been in a private place then, whatever it
//! did between two fixes; fixes, stills and frames of any other moment never enter a bundle.

mod hidden;
mod withhold;
mod zone;

use waymark_datasets::Fix;

pub use hidden::{Hidden, REACH_MPS};
pub use withhold::{Cut, sign_privately};
pub use zone::{RADIUS_MAX_M, RADIUS_MIN_M, Zone};

/// What is kept back of one clip.
#[derive(Debug, Clone, Copy)]
pub struct Privacy<'a> {
    /// Places that are never shown.
    pub zones: &'a [Zone],
    /// The beginning and the end of the trip.
    pub trim: Trim<'a>,
}

/// How the ends of a trip are kept back.
#[derive(Debug, Clone, Copy)]
pub enum Trim<'a> {
    /// Not at all.
    Off,
    /// The clip is a whole trip: what is nearer than so many metres to where it began or ended, at either end.
    Clip(f64),
    /// The clip is a part of a trip, of which these moments are kept back.
    Trip(&'a Hidden),
}

impl Privacy<'_> {
    /// The moments that are kept back of a clip with these fixes, in order of time.
    #[must_use]
    pub fn hidden(&self, fixes: &[Fix]) -> Hidden {
        let zones = Hidden::by_zones(fixes, self.zones);
        match self.trim {
            Trim::Off => zones,
            Trim::Clip(metres) => zones.or(&Hidden::by_ends(fixes, metres)),
            Trim::Trip(hidden) => zones.or(hidden),
        }
    }
}
