//! The plane that the town stands on: metres east, north and up from its origin.

use std::ops::{Add, Mul, Sub};

/// Where the town's origin is: in the South Pacific, 3,000 km from any land, so that nobody takes it for a real place.
pub const ORIGIN_LATITUDE_DEG: f64 = -45.0;
/// See [`ORIGIN_LATITUDE_DEG`].
pub const ORIGIN_LONGITUDE_DEG: f64 = -130.0;

/// One degree of the mean Earth radius, 6,371,008.8 m.
const METRES_PER_DEGREE: f64 = 111_195.080_233_5;

/// A point or a direction on the ground: metres east and north.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Vec2 {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

/// A point or a direction in space: metres east, north and up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Vec3 {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) z: f64,
}

pub(crate) const fn vec2(x: f64, y: f64) -> Vec2 {
    Vec2 { x, y }
}

pub(crate) const fn vec3(x: f64, y: f64, z: f64) -> Vec3 {
    Vec3 { x, y, z }
}

/// Straight up.
pub(crate) const UP: Vec3 = vec3(0.0, 0.0, 1.0);

impl Vec2 {
    /// The direction of a heading, clockwise from north.
    pub(crate) fn of_heading(radians: f64) -> Self {
        vec2(radians.sin(), radians.cos())
    }

    /// Radians clockwise from north.
    pub(crate) fn heading_rad(self) -> f64 {
        self.x.atan2(self.y)
    }

    pub(crate) fn dot(self, other: Self) -> f64 {
        self.x * other.x + self.y * other.y
    }

    /// Positive when `other` is to the left.
    pub(crate) fn cross(self, other: Self) -> f64 {
        self.x * other.y - self.y * other.x
    }

    pub(crate) fn length(self) -> f64 {
        self.dot(self).sqrt()
    }

    /// Of length 1; north if it has none.
    pub(crate) fn unit(self) -> Self {
        let length = self.length();
        if length > 1e-9 { self * (1.0 / length) } else { vec2(0.0, 1.0) }
    }

    /// A quarter turn clockwise.
    pub(crate) fn right(self) -> Self {
        vec2(self.y, -self.x)
    }

    /// At a height above the ground.
    pub(crate) fn at_height(self, z: f64) -> Vec3 {
        vec3(self.x, self.y, z)
    }

    /// Where this is on Earth: degrees north and east. Within 2 cm of the great circle, as the town is small.
    pub(crate) fn degrees(self) -> (f64, f64) {
        let east_m = METRES_PER_DEGREE * ORIGIN_LATITUDE_DEG.to_radians().cos();
        (ORIGIN_LATITUDE_DEG + self.y / METRES_PER_DEGREE, ORIGIN_LONGITUDE_DEG + self.x / east_m)
    }
}

impl Vec3 {
    pub(crate) fn dot(self, other: Self) -> f64 {
        self.x * other.x + self.y * other.y + self.z * other.z
    }

    pub(crate) fn length(self) -> f64 {
        self.dot(self).sqrt()
    }

    /// Without its height.
    pub(crate) fn ground(self) -> Vec2 {
        vec2(self.x, self.y)
    }
}

impl Add for Vec2 {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        vec2(self.x + other.x, self.y + other.y)
    }
}

impl Sub for Vec2 {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        vec2(self.x - other.x, self.y - other.y)
    }
}

impl Mul<f64> for Vec2 {
    type Output = Self;
    fn mul(self, factor: f64) -> Self {
        vec2(self.x * factor, self.y * factor)
    }
}

impl Add for Vec3 {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        vec3(self.x + other.x, self.y + other.y, self.z + other.z)
    }
}

impl Sub for Vec3 {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        vec3(self.x - other.x, self.y - other.y, self.z - other.z)
    }
}

impl Mul<f64> for Vec3 {
    type Output = Self;
    fn mul(self, factor: f64) -> Self {
        vec3(self.x * factor, self.y * factor, self.z * factor)
    }
}
