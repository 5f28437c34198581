//! The ways to be dishonest.

use std::fmt;
use std::str::FromStr;

use crate::plan::{Plan, PlanError, quoted};

/// A way to turn honest drives into dishonest ones.
///
/// Of N drives the last ⌊N/2⌋ (or the only one) are attacked; the others stay honest. Attacks that need somebody's
/// honest drive, the *source*, take the drive ⌊N/2⌋ before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attack {
    /// The device sends the source's footage again, byte for byte, with the same track at a later time.
    Replay,
    /// Another device re-encodes, crops or mirrors the source's footage, with a track of its own noise.
    Copy,
    /// For the middle third of the drive, the track is 4 km away.
    Teleport,
    /// The track was drawn on a map, without noise; the footage is of another route.
    WalkTheMap,
    /// The track moves; the camera stands.
    Parked,
    /// The track moves; the footage is one still, frame after frame.
    Photo,
    /// The footage is of the night; the track says day.
    NightAsDay,
    /// The source's device, at the same time, elsewhere in the town.
    TwoPlaces,
    /// An honest drive of which a byte is to be changed after it is signed, which is up to the caller.
    Tamper,
    /// The track is shifted by 200 m.
    Drift,
}

impl Attack {
    /// Every attack.
    pub const ALL: [Self; 10] = [
        Self::Replay,
        Self::Copy,
        Self::Teleport,
        Self::WalkTheMap,
        Self::Parked,
        Self::Photo,
        Self::NightAsDay,
        Self::TwoPlaces,
        Self::Tamper,
        Self::Drift,
    ];

    /// Its name, as on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Replay => "replay",
            Self::Copy => "copy",
            Self::Teleport => "teleport",
            Self::WalkTheMap => "walk-the-map",
            Self::Parked => "parked",
            Self::Photo => "photo",
            Self::NightAsDay => "night-as-day",
            Self::TwoPlaces => "two-places",
            Self::Tamper => "tamper",
            Self::Drift => "drift",
        }
    }

    /// All names, for a message.
    pub(crate) fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }

    /// Whether it starts from somebody's honest drive.
    #[must_use]
    pub fn needs_source(self) -> bool {
        matches!(self, Self::Replay | Self::Copy | Self::TwoPlaces)
    }
}

impl fmt::Display for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Attack {
    type Err = PlanError;
    fn from_str(text: &str) -> Result<Self, PlanError> {
        let known = Self::ALL.into_iter().find(|attack| attack.name() == text);
        known.ok_or_else(|| PlanError::Attack { given: quoted(text) })
    }
}

/// What is done to drive `number` (from 1) of a plan, and the number of its source.
pub(crate) fn of_drive(plan: &Plan, number: u32) -> Option<(Attack, Option<u32>)> {
    let attack = plan.attack()?;
    let attacked = (plan.drives() / 2).max(1);
    let source = attack.needs_source().then(|| number.saturating_sub(attacked).max(1));
    (number > plan.drives() - attacked).then_some((attack, source))
}
