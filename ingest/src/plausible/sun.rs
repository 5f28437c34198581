//! Where the sun stands.

use waymark_datasets::{Position, UtcMillis};

/// 2000-01-01T12:00:00Z, from which astronomers count days.
const J2000_MS: i64 = 946_728_000_000;

/// Degrees that the sun stands above the horizon, without refraction; negative when it is below.
///
/// The low-precision formula of the Astronomical Almanac, within 0.01° from 1950 to 2050 and 0.1° to 2200:
/// <https://aa.usno.navy.mil/faq/sun_approx>. With `libm`, so that it is the same on every machine.
#[must_use]
pub fn sun_height_deg(at: UtcMillis, position: Position) -> f64 {
    let days = (at.millis() - J2000_MS) as f64 / 86_400_000.0;
    let anomaly = (357.529 + 0.985_600_28 * days).to_radians();
    let mean_deg = 280.459 + 0.985_647_36 * days;
    let ecliptic = (mean_deg + 1.915 * libm::sin(anomaly) + 0.020 * libm::sin(2.0 * anomaly)).to_radians();
    let obliquity = (23.439 - 0.000_000_36 * days).to_radians();
    let ascension = libm::atan2(libm::cos(obliquity) * libm::sin(ecliptic), libm::cos(ecliptic));
    let declination = libm::asin(libm::sin(obliquity) * libm::sin(ecliptic));
    // Mean sidereal time at Greenwich, <https://aa.usno.navy.mil/faq/GAST>.
    let sidereal_deg = (18.697_375 + 24.065_709_824_279_12 * days).rem_euclid(24.0) * 15.0;
    let hour = (sidereal_deg + position.longitude_deg()).to_radians() - ascension;
    let latitude = position.latitude_deg().to_radians();
    let up =
        libm::sin(latitude) * libm::sin(declination) + libm::cos(latitude) * libm::cos(declination) * libm::cos(hour);
    libm::asin(up.clamp(-1.0, 1.0)).to_degrees()
}
