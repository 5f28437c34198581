//! A private place.

use serde::{Deserialize, Serialize};
use waymark_datasets::{Invalid, Latitude, Longitude, Position};

/// Smaller, and the error of a receiver would give the place away.
pub const RADIUS_MIN_M: f64 = 50.0;
/// Larger, and it is a mistake in the unit.
pub const RADIUS_MAX_M: f64 = 50_000.0;

/// A place that is never shown: everything within a distance of a point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stated", into = "Stated")]
pub struct Zone {
    name: String,
    centre: Position,
    radius_m: f64,
}

/// A zone as it is written down.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stated {
    name: String,
    latitude_deg: Latitude,
    longitude_deg: Longitude,
    radius_m: f64,
}

impl Zone {
    /// A zone with a name for its owner.
    ///
    /// # Errors
    /// [`Invalid`] when the name is empty, or the radius is not within [`RADIUS_MIN_M`] and [`RADIUS_MAX_M`].
    pub fn new(name: &str, centre: Position, radius_m: f64) -> Result<Self, Invalid> {
        if name.trim().is_empty() || name.chars().any(char::is_control) {
            return Err(Invalid::new("zone name", name, "a name of letters to tell the zone by"));
        }
        if !(RADIUS_MIN_M..=RADIUS_MAX_M).contains(&radius_m) {
            return Err(Invalid::new("zone radius", radius_m, "50 to 50000 metres"));
        }
        Ok(Self { name: name.into(), centre, radius_m })
    }

    /// What its owner calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its middle.
    #[must_use]
    pub fn centre(&self) -> Position {
        self.centre
    }

    /// How far it reaches, in metres.
    #[must_use]
    pub fn radius_m(&self) -> f64 {
        self.radius_m
    }

    /// How far `position` is from its edge, in metres; negative within.
    #[must_use]
    pub fn outside_m(&self, position: Position) -> f64 {
        self.centre.distance_m(position) - self.radius_m
    }
}

impl TryFrom<Stated> for Zone {
    type Error = Invalid;

    fn try_from(stated: Stated) -> Result<Self, Invalid> {
        let centre = Position { latitude: stated.latitude_deg, longitude: stated.longitude_deg };
        Self::new(&stated.name, centre, stated.radius_m)
    }
}

impl From<Zone> for Stated {
    fn from(zone: Zone) -> Self {
        let Position { latitude, longitude } = zone.centre;
        Self { name: zone.name, latitude_deg: latitude, longitude_deg: longitude, radius_m: zone.radius_m }
    }
}
