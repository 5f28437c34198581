//! What speaks against a clip: a closed list, published with every clip that it lowers the trust in.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::word::serde_as_text;
use crate::{ClipId, Invalid, Ppm};

macro_rules! doubts {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal,)+) => {
        /// Why a clip is believed less. Codes are stable: consumers count them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Doubt { $($(#[doc = $doc])+ $name,)+ }

        impl Doubt {
            /// Every doubt there is.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The code, as tables and answers carry it.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }
        }
    };
}

doubts! {
    /// Fixes that no car reaches from those around them.
    TrackJumps = "track_jumps",
    /// Speed changes faster than tyres hold.
    TrackJerks = "track_jerks",
    /// The track goes to and fro as one does whose receiver drifts.
    TrackZigzags = "track_zigzags",
    /// The receiver was lost for much of the clip.
    TrackGaps = "track_gaps",
    /// Most fixes are weaker than a map needs.
    FixesWeak = "fixes_weak",
    /// The track is smoother than any receiver on any road.
    TrackDrawn = "track_drawn",
    /// Another clip, which landed before, has the same footage byte for byte.
    FootageRepeated = "footage_repeated",
    /// Another clip, which landed before, shows the same pictures in the same order.
    PicturesRepeated = "pictures_repeated",
    /// Its device filmed elsewhere at the same time.
    DeviceElsewhere = "device_elsewhere",
    /// Its device signed two different clips as the same link of its chain.
    ChainForked = "chain_forked",
    /// The track moves, the picture stands.
    PictureStands = "picture_stands",
    /// The picture turns where the track does not, or the other way.
    TurnsDiffer = "turns_differ",
    /// The sky is too dark or too bright for the claimed time and place.
    LightDiffers = "light_differs",
    /// Others drove around there, and none of them where this track runs: noted, but no fault by itself.
    RoadUnknown = "road_unknown",
    /// Others' pictures of the same places look different.
    SceneDiffers = "scene_differs",
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Doubt {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let known = Self::ALL.iter().find(|doubt| doubt.code() == text);
        known.copied().ok_or_else(|| Invalid::new("doubt", text, "a known code"))
    }
}

serde_as_text!(Doubt);

/// One thing that speaks against a clip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What.
    pub doubt: Doubt,
    /// The share of trust that it takes.
    pub weight_ppm: Ppm,
    /// The other clip that it follows from, if it does.
    pub other: Option<ClipId>,
    /// One sentence for a person: what was measured, and what is usual.
    pub detail: String,
}
