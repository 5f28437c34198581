//! Where something is: WGS 84 degrees, always on Earth.

use geo::{Bearing, Haversine, Point};

use crate::word::serde_as_number;
use crate::{Heading, Invalid};

/// Degrees north, `-90..=90`. `h3o` itself accepts any finite number.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Latitude(f64);

/// Degrees east, `-180..=180`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Longitude(f64);

impl TryFrom<f64> for Latitude {
    type Error = Invalid;
    fn try_from(degrees: f64) -> Result<Self, Invalid> {
        if (-90.0..=90.0).contains(&degrees) {
            // Adding zero turns -0.0 into 0.0: one value, one spelling in a file.
            Ok(Self(degrees + 0.0))
        } else {
            Err(Invalid::new("latitude", degrees, "-90..=90 degrees"))
        }
    }
}

impl TryFrom<f64> for Longitude {
    type Error = Invalid;
    fn try_from(degrees: f64) -> Result<Self, Invalid> {
        if (-180.0..=180.0).contains(&degrees) {
            Ok(Self(degrees + 0.0))
        } else {
            Err(Invalid::new("longitude", degrees, "-180..=180 degrees"))
        }
    }
}

impl From<Latitude> for f64 {
    fn from(latitude: Latitude) -> Self {
        latitude.0
    }
}

impl From<Longitude> for f64 {
    fn from(longitude: Longitude) -> Self {
        longitude.0
    }
}

serde_as_number!(Latitude, f64);
serde_as_number!(Longitude, f64);

/// A WGS 84 position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    /// Degrees north.
    pub latitude: Latitude,
    /// Degrees east.
    pub longitude: Longitude,
}

/// A receiver without a fix reports 0,0 (in the sea off Ghana): within this distance it is no fix.
const NULL_ISLAND_RADIUS_M: f64 = 1_000.0;

impl Position {
    /// From degrees north and degrees east.
    ///
    /// # Errors
    /// [`Invalid`] when either is out of range or not a number.
    pub fn from_degrees(latitude: f64, longitude: f64) -> Result<Self, Invalid> {
        Ok(Self { latitude: latitude.try_into()?, longitude: longitude.try_into()? })
    }

    /// Degrees north.
    #[must_use]
    pub fn latitude_deg(self) -> f64 {
        self.latitude.0
    }

    /// Degrees east.
    #[must_use]
    pub fn longitude_deg(self) -> f64 {
        self.longitude.0
    }

    /// Great-circle distance in metres (haversine on the mean Earth radius of 6,371,008.8 m); the same both ways.
    ///
    /// Not `geo`'s own, which is not a number next to some antipodes, where rounding carries the sine past 1.
    #[must_use]
    pub fn distance_m(self, other: Self) -> f64 {
        let half = |from_deg: f64, to_deg: f64| ((to_deg - from_deg).to_radians() / 2.0).sin().powi(2);
        let (north, north_other) = (self.latitude.0.to_radians(), other.latitude.0.to_radians());
        let across = north.cos() * north_other.cos() * half(self.longitude.0, other.longitude.0);
        let sine = (half(self.latitude.0, other.latitude.0) + across).sqrt().min(1.0);
        Haversine.radius() * (2.0 * sine.asin())
    }

    /// Initial great-circle course towards `other`; north when both are the same place.
    #[must_use]
    pub fn bearing_to(self, other: Self) -> Heading {
        Heading::wrapping(Haversine.bearing(self.point(), other.point()))
    }

    /// The position on the great circle to `other`, at `ratio` (clamped to 0..=1) of the way; not a number is 0.
    #[must_use]
    pub fn towards(self, other: Self, ratio: f64) -> Self {
        let ratio = if ratio.is_nan() { 0.0 } else { ratio.clamp(0.0, 1.0) };
        if ratio == 0.0 || self == other {
            return self;
        }
        let bearing_deg = Haversine.bearing(self.point(), other.point());
        self.along(bearing_deg, self.distance_m(other) * ratio)
    }

    /// The position `distance_m` away in direction `heading`; the same position if the distance is not finite.
    #[must_use]
    pub fn destination(self, heading: Heading, distance_m: f64) -> Self {
        if distance_m.is_finite() { self.along(heading.degrees(), distance_m) } else { self }
    }

    /// Whether this is what a receiver says that has no fix.
    #[must_use]
    pub fn is_null_island(self) -> bool {
        self.distance_m(Self { latitude: Latitude(0.0), longitude: Longitude(0.0) }) < NULL_ISLAND_RADIUS_M
    }

    /// As `geo` has it: x is the longitude, y the latitude.
    #[must_use]
    pub fn point(self) -> Point {
        Point::new(self.longitude.0, self.latitude.0)
    }

    /// Along a great circle, <https://www.movable-type.co.uk/scripts/latlong.html#dest-point>; not `geo`'s own,
    /// which is not a number for some places next to a pole, where rounding carries the sine past 1.
    fn along(self, bearing_deg: f64, distance_m: f64) -> Self {
        let (east, north) = (self.longitude.0.to_radians(), self.latitude.0.to_radians());
        let (course, angle) = (bearing_deg.to_radians(), distance_m / Haversine.radius());
        let sine = (north.sin() * angle.cos() + north.cos() * angle.sin() * course.cos()).clamp(-1.0, 1.0);
        let turn = (course.sin() * angle.sin() * north.cos()).atan2(angle.cos() - north.sin() * sine);
        let longitude = ((turn + east).to_degrees() + 540.0).rem_euclid(360.0) - 180.0;
        // Adding zero turns -0.0 into 0.0, as when a latitude is read.
        Self { latitude: Latitude(sine.asin().to_degrees() + 0.0), longitude: Longitude(longitude) }
    }
}
