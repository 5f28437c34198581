//! What the motion sensor in a dashcam says: accelerometer and gyroscope.

use std::fmt::{self, Write};

use waymark_datasets::UtcMillis;

use crate::film::{Film, Take};
use crate::random::Random;

/// Samples in a second.
const SAMPLES_PER_SECOND: u32 = 50;

/// One sample, in the axes of the vehicle (ISO 8855): ahead, to the left, up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sample {
    /// Since the drive began.
    at_ms: i64,
    /// What it feels: of a car that stands, gravity, upwards.
    accelerometer_mps2: [f64; 3],
    /// Turning about each axis, counterclockwise seen from its tip: a left turn is positive about the last.
    gyroscope_radps: [f64; 3],
}

const GRAVITY_MPS2: f64 = 9.806_65;
/// Speeds so far apart give the acceleration; the car's springs smooth it about as much.
const SMOOTHING_S: f64 = 0.1;

/// One of the two sensors, of the kind that phones and dashcams have.
struct Sensor {
    /// Deviation of what it adds for as long as it is on.
    bias: f64,
    /// Deviation of what wanders, and comes back within [`WANDER_S`].
    wander: f64,
    /// Deviation of what each sample has of its own.
    noise: f64,
    /// What the road adds to the noise for each metre a second.
    road: f64,
}

/// In m/s²: 5 mg of bias; 150 µg/√Hz over 25 Hz are 0.7 mg.
const ACCELEROMETER: Sensor = Sensor { bias: 0.05, wander: 0.01, noise: 0.007, road: 0.02 };
/// In rad/s: 0.3 °/s of bias; 0.007 °/s/√Hz over 25 Hz are 0.035 °/s.
const GYROSCOPE: Sensor = Sensor { bias: 0.005, wander: 0.000_5, noise: 0.000_6, road: 0.000_8 };
const WANDER_S: f64 = 60.0;

/// What the sensor of the camera feels while it films: a camera that stands feels that it stands.
pub(crate) fn samples(film: &Film, seconds: u32, random: &mut Random) -> Vec<Sample> {
    let mut accelerometer = Errors::of(&ACCELEROMETER, random);
    let mut gyroscope = Errors::of(&GYROSCOPE, random);
    let sample = |i: u32| {
        let motion = motion(film, f64::from(i) / f64::from(SAMPLES_PER_SECOND));
        let [ahead, left, turn_radps] = motion.felt;
        Sample {
            at_ms: i64::from(i) * 1_000 / i64::from(SAMPLES_PER_SECOND),
            accelerometer_mps2: accelerometer.added([ahead, left, GRAVITY_MPS2], motion.speed_mps, random),
            gyroscope_radps: gyroscope.added([0.0, 0.0, turn_radps], motion.speed_mps, random),
        }
    };
    (0..=seconds * SAMPLES_PER_SECOND).map(sample).collect()
}

/// The samples as CSV, the first of them at `start`.
pub(crate) fn csv(samples: &[Sample], start: UtcMillis) -> Result<String, fmt::Error> {
    let mut text = String::with_capacity((samples.len() + 3) * 80);
    text.push_str("time_ms,accelerometer_x_mps2,accelerometer_y_mps2,accelerometer_z_mps2,");
    text.push_str("gyroscope_x_radps,gyroscope_y_radps,gyroscope_z_radps\n");
    for sample in samples {
        let ([x, y, z], [roll, pitch, yaw]) = (sample.accelerometer_mps2, sample.gyroscope_radps);
        let time_ms = start.plus_ms(sample.at_ms).millis();
        writeln!(text, "{time_ms},{x:.4},{y:.4},{z:.4},{roll:.5},{pitch:.5},{yaw:.5}")?;
    }
    Ok(text)
}

/// How the camera really moves.
struct Motion {
    speed_mps: f64,
    /// Acceleration ahead and to the left, and the turn to the left.
    felt: [f64; 3],
}

fn motion(film: &Film, seconds: f64) -> Motion {
    if film.take != Take::Moving {
        return Motion { speed_mps: 0.0, felt: [0.0; 3] };
    }
    let pose = film.drive.pose(seconds);
    let speed_at = |seconds| film.drive.pose(seconds).speed_mps;
    let faster_mps = speed_at(seconds + SMOOTHING_S) - speed_at(seconds - SMOOTHING_S);
    let left_radps = -pose.turn_rad_per_s;
    let felt = [faster_mps / (2.0 * SMOOTHING_S), pose.speed_mps * left_radps, left_radps];
    Motion { speed_mps: pose.speed_mps, felt }
}

/// The errors of one sensor as they go on.
struct Errors<'a> {
    sensor: &'a Sensor,
    bias: [f64; 3],
    wander: [f64; 3],
}

impl<'a> Errors<'a> {
    fn of(sensor: &'a Sensor, random: &mut Random) -> Self {
        let mut three = |deviation: f64| [0; 3].map(|_| random.normal() * deviation);
        Self { sensor, bias: three(sensor.bias), wander: three(sensor.wander) }
    }

    /// The truth with this sample's errors: a first-order Gauss-Markov process on top of a constant, and white noise.
    fn added(&mut self, truth: [f64; 3], speed_mps: f64, random: &mut Random) -> [f64; 3] {
        let kept = (-1.0 / (f64::from(SAMPLES_PER_SECOND) * WANDER_S)).exp();
        let fresh = (1.0 - kept * kept).sqrt() * self.sensor.wander;
        let noise = self.sensor.noise + self.sensor.road * speed_mps;
        [0, 1, 2].map(|axis: usize| {
            self.wander[axis] = self.wander[axis] * kept + random.normal() * fresh;
            truth[axis] + self.bias[axis] + self.wander[axis] + random.normal() * noise
        })
    }
}
