//! The light of a drive: sun, sky, weather, lamps.

use waymark_datasets::UtcMillis;

use crate::plane::{ORIGIN_LATITUDE_DEG, ORIGIN_LONGITUDE_DEG, Vec3, vec3};
use crate::random::Random;
use crate::tone::Rgb;

/// Light and air for one moment.
#[derive(Debug, Clone)]
pub(crate) struct Light {
    /// Towards the sun, or the moon.
    pub(crate) sun_at: Vec3,
    pub(crate) sun: Rgb,
    ambient: Rgb,
    pub(crate) zenith: Rgb,
    pub(crate) horizon: Rgb,
    pub(crate) cloud: f32,
    /// 0 by day, 1 at night.
    pub(crate) night: f32,
    pub(crate) wet: bool,
    /// Share of a colour that the air of one metre replaces.
    haze_per_m: f64,
    /// How long a frame is exposed.
    pub(crate) exposure_s: f64,
    /// Deviation of the sensor's noise, in steps of 8 bits.
    pub(crate) noise_steps: f64,
    /// Where the headlights are and look, at night.
    headlights: Option<(Vec3, Vec3)>,
}

/// The weather of a drive.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Weather {
    Clear,
    Cloudy,
    Haze,
    Rain,
}

/// Degrees that the sun stands above the horizon of the town, and its azimuth.
///
/// From the mean declination and hour angle, within 2°: <https://gml.noaa.gov/grad/solcalc/solareqns.PDF> without
/// the equation of time.
pub(crate) fn sun_deg(at: UtcMillis) -> (f64, f64) {
    use chrono::{Datelike, Timelike};
    let utc = at.to_chrono();
    let hours = f64::from(utc.num_seconds_from_midnight()) / 3_600.0 + ORIGIN_LONGITUDE_DEG / 15.0;
    let declination = (-23.44 * (360.0 / 365.25 * (f64::from(utc.ordinal()) + 10.0)).to_radians().cos()).to_radians();
    let (hour, latitude) = ((15.0 * (hours - 12.0)).to_radians(), ORIGIN_LATITUDE_DEG.to_radians());
    let east = -declination.cos() * hour.sin();
    let north = declination.sin() * latitude.cos() - declination.cos() * hour.cos() * latitude.sin();
    let up = declination.sin() * latitude.sin() + declination.cos() * hour.cos() * latitude.cos();
    (up.clamp(-1.0, 1.0).asin().to_degrees(), east.atan2(north).to_degrees())
}

impl Light {
    /// The light at a moment of a drive whose weather follows from `random`.
    pub(crate) fn at(moment: UtcMillis, random: &mut Random) -> Self {
        let weathers = [Weather::Clear, Weather::Clear, Weather::Cloudy, Weather::Cloudy, Weather::Haze, Weather::Rain];
        let weather = random.pick(&weathers);
        let (height_deg, azimuth_deg) = sun_deg(moment);
        let day = smooth((height_deg + 6.0) / 16.0) as f32;
        let low = smooth(1.0 - height_deg.abs() / 18.0) as f32 * day;
        let (sky, overcast) = sky(weather, day, low);
        // Below the horizon the moon stands in for the sun.
        let sun_up = height_deg.abs().max(6.0).to_radians();
        let east_north = (azimuth_deg.to_radians().sin(), azimuth_deg.to_radians().cos());
        let sun = Rgb(1.0, 0.93, 0.80).mix(Rgb(1.0, 0.66, 0.38), low) * (0.74 * day * (1.0 - overcast * 0.85) + 0.02);
        let ambient =
            Rgb(0.60, 0.63, 0.69).mix(Rgb(0.84, 0.85, 0.87), overcast) * day + Rgb(0.24, 0.22, 0.22) * (1.0 - day);
        Self {
            sun_at: vec3(east_north.0 * sun_up.cos(), east_north.1 * sun_up.cos(), sun_up.sin()),
            sun,
            ambient,
            zenith: sky.0,
            horizon: sky.1,
            cloud: overcast,
            night: 1.0 - day,
            wet: weather == Weather::Rain,
            haze_per_m: match weather {
                Weather::Clear => 0.0011,
                Weather::Cloudy => 0.0018,
                Weather::Haze => 0.008,
                Weather::Rain => 0.005,
            },
            exposure_s: 0.002 + 0.022 * f64::from(1.0 - day) + 0.004 * f64::from(overcast),
            noise_steps: 1.4 + 2.6 * f64::from(1.0 - day) + 0.5 * f64::from(overcast),
            headlights: None,
        }
    }

    /// The same with the headlights of the car at `eye`, looking `forward`.
    pub(crate) fn with_headlights(&self, eye: Vec3, forward: Vec3) -> Self {
        Self { headlights: (self.night > 0.2).then_some((eye, forward)), ..self.clone() }
    }

    /// A surface of colour `base` with this normal at this place, as it is lit.
    pub(crate) fn on(&self, base: Rgb, normal: Vec3, at: Vec3) -> Rgb {
        let sunny = normal.dot(self.sun_at).max(0.0) as f32;
        // The sky lights what looks up more than what looks down.
        let open = 0.86 + 0.14 * normal.z as f32;
        let lit = self.ambient * open + self.sun * sunny + Rgb(1.0, 0.97, 0.86) * self.headlight(at);
        base.times(lit)
    }

    /// The ground, without headlights: they are added pixel by pixel, as its surfaces are large.
    pub(crate) fn on_ground(&self, base: Rgb) -> Rgb {
        base.times(self.ambient + self.sun * self.sun_at.z.max(0.0) as f32)
    }

    /// How much brighter the headlights make the ground so far ahead, in the middle of the road.
    pub(crate) fn headlights_on_ground(&self, ahead_m: f64) -> f32 {
        let Some((eye, forward)) = self.headlights else { return 0.0 };
        // The lamps shine over the bonnet and a little down: the pool begins some metres ahead.
        let pool = (1.0 - (-(ahead_m - 2.0).max(0.0) / 3.5).exp()) as f32;
        let at = eye + forward * ahead_m.max(0.6);
        pool * self.headlight(at) / (self.ambient.1 + self.sun.1 * self.sun_at.z.max(0.0) as f32).max(0.05)
    }

    /// What the air between leaves of a colour.
    pub(crate) fn through_air(&self, colour: Rgb, distance_m: f64) -> Rgb {
        colour.mix(self.horizon, (1.0 - (-self.haze_per_m * distance_m).exp()) as f32)
    }

    fn headlight(&self, at: Vec3) -> f32 {
        let Some((eye, forward)) = self.headlights else { return 0.0 };
        let to = at - eye;
        let ahead_m = to.dot(forward);
        if ahead_m <= 0.5 {
            return 0.0;
        }
        let across = (to - forward * ahead_m).length() / ahead_m;
        (0.95 * (-ahead_m / 24.0).exp() * (1.0 - across * 0.9).max(0.0)) as f32 * self.night
    }
}

/// Colours at the zenith and at the horizon, and how overcast it is.
fn sky(weather: Weather, day: f32, low: f32) -> ((Rgb, Rgb), f32) {
    let overcast = match weather {
        Weather::Clear => 0.05,
        Weather::Cloudy => 0.75,
        Weather::Haze => 0.6,
        Weather::Rain => 1.0,
    };
    let clear = (Rgb(0.27, 0.47, 0.78), Rgb(0.74, 0.82, 0.90));
    let dusk = (Rgb(0.32, 0.36, 0.56), Rgb(0.96, 0.70, 0.50));
    let grey = (Rgb(0.60, 0.63, 0.67), Rgb(0.78, 0.79, 0.81));
    let night = (Rgb(0.015, 0.02, 0.045), Rgb(0.06, 0.06, 0.085));
    let mixed = |pick: fn((Rgb, Rgb)) -> Rgb| {
        let open = pick(clear).mix(pick(dusk), low * 0.85);
        pick(night).mix(open.mix(pick(grey), overcast), day)
    };
    ((mixed(|pair| pair.0), mixed(|pair| pair.1)), overcast)
}

/// From 0 to 1 without a corner.
fn smooth(t: f64) -> f64 {
    let t = t.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}
