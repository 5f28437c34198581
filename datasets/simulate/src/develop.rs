//! From paint to what a sensor would have recorded: grain of the road, motion blur, vignette, noise.

use crate::camera::View;
use crate::canvas::Canvas;
use crate::ids::GROUND;
use crate::picture::Picture;
use crate::random::Random;

/// How the camera moves while a frame is exposed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Motion {
    pub(crate) speed_mps: f64,
    pub(crate) turn_rad_per_s: f64,
}

/// Tables that every frame needs.
pub(crate) struct Sensor {
    /// Roughness of the ground, one value for 2 cm, repeated.
    grain: Vec<i8>,
    /// Normal noise of deviation 16.
    noise: Vec<i8>,
    /// The noise at the deviation that was asked for last, three values for a pixel.
    scaled: (Option<f64>, Vec<i16>),
    blurred: Vec<u8>,
}

const GRAIN: usize = 256;
const GRAIN_M: f64 = 0.02;
/// Farther away the grain is finer than the pixels.
const GRAIN_SIGHT_M: f64 = 26.0;
/// Pixels of noise; each row of a frame begins elsewhere in it.
const NOISE: usize = 1 << 15;
/// What the blur is taken to pass: the road is 1.4 m below, fronts are some metres aside.
const PASSING_M: f64 = 2.6;
/// The blur is the same for so many pixels side by side.
const BLUR_BLOCK: usize = 8;
/// Longer ways are sampled at no more places than this on either side.
const TAPS_MAX: i32 = 4;
/// The lowest rows show the bonnet, which moves with the camera.
const BONNET_SHARE: f64 = 0.90;

impl Sensor {
    pub(crate) fn new() -> Self {
        let random = &mut Random::of(0, "sensor", &[]);
        let coarse: Vec<f64> = (0..64 * 64).map(|_| random.normal() * 4.0).collect();
        let grain = (0..GRAIN * GRAIN).map(|i| {
            let patch = coarse[(i / GRAIN / 4) * 64 + (i % GRAIN) / 4];
            (patch + random.normal() * 7.0) as i8
        });
        let grain = grain.collect();
        let noise = (0..3 * NOISE).map(|_| (random.normal() * 16.0) as i8).collect();
        Self { grain, noise, scaled: (None, Vec::new()), blurred: Vec::new() }
    }

    /// The picture of a painted canvas. `frame` chooses the noise.
    pub(crate) fn develop(&mut self, canvas: &mut Canvas, motion: Motion, frame: &mut Random) -> Picture {
        let (width, height) = (canvas.view.width_px as usize, canvas.view.height_px as usize);
        self.roughen(canvas);
        let blurs = self.blur(canvas, motion);
        self.scale_noise(canvas.light.noise_steps);
        let source = if blurs { &self.blurred } else { canvas.pixmap.data() };
        let mut rgb = vec![0; width * height * 3];
        let fall =
            |at: usize, size: usize, depth: f64| (((at as f64 / size as f64 - 0.5) * 2.0).powi(2) * depth) as i32;
        let across: Vec<i32> = (0..width).map(|x| 256 - fall(x, width, 16.0)).collect();
        let rows = source.chunks_exact(width * 4).zip(rgb.chunks_exact_mut(width * 3));
        for (y, (from, to)) in rows.enumerate() {
            let down = fall(y, height, 14.0);
            let offset = frame.below(NOISE - width) * 3;
            let noise = self.scaled.1[offset..].chunks_exact(3);
            let pixels = from.chunks_exact(4).zip(to.chunks_exact_mut(3)).zip(noise.zip(&across));
            for ((from, to), (noise, across)) in pixels {
                for ((from, to), &noise) in from.iter().zip(to).zip(noise) {
                    let value = ((i32::from(*from) * (across - down)) >> 8) + i32::from(noise);
                    *to = value.clamp(0, 255) as u8;
                }
            }
        }
        Picture { width, height, rgb }
    }

    /// Brings the noise to a deviation, if it is not there yet.
    fn scale_noise(&mut self, steps: f64) {
        if self.scaled.0 == Some(steps) {
            return;
        }
        let pixel = |own: &[i8]| {
            // Noise is alike in all channels, but for a third of it.
            [0, 1, 2].map(|channel| {
                ((f64::from(own[0]) * 2.0 + f64::from(own[channel])) / 3.0 / 16.0 * steps).round() as i16
            })
        };
        self.scaled = (Some(steps), self.noise.chunks_exact(3).flat_map(pixel).collect());
    }

    /// Roughness that stays where it is on the ground while the car moves over it.
    fn roughen(&self, canvas: &mut Canvas) {
        let (view, ids) = (&canvas.view, &canvas.ids);
        let width = view.width_px as usize;
        for (y, pixels) in canvas.pixmap.data_mut().chunks_exact_mut(width * 4).enumerate() {
            let Some((ahead_m, metres)) = view.ground_row(y) else { continue };
            let headlights = (canvas.light.headlights_on_ground(ahead_m) * 256.0) as i32;
            if headlights > 8 {
                brighten(pixels, ids.row(y), headlights);
            }
            if ahead_m > GRAIN_SIGHT_M {
                continue;
            }
            let strength = ((1.0 - ahead_m / GRAIN_SIGHT_M) * 200.0) as i32;
            let (mut east, mut north, step) = walk(view, ahead_m, metres);
            for (pixel, &id) in pixels.chunks_exact_mut(4).zip(ids.row(y)) {
                east = east.wrapping_add(step.0);
                north = north.wrapping_add(step.1);
                if id == GROUND {
                    let texel = (north >> 16) as usize % GRAIN * GRAIN + (east >> 16) as usize % GRAIN;
                    let grain = i32::from(self.grain[texel]) * strength;
                    for channel in &mut pixel[..3] {
                        *channel = (i32::from(*channel) + ((grain * i32::from(*channel)) >> 15)).clamp(0, 255) as u8;
                    }
                }
            }
        }
    }

    /// Averages places along the way of each pixel; false if nothing moves by a pixel.
    fn blur(&mut self, canvas: &Canvas, motion: Motion) -> bool {
        let view = &canvas.view;
        let (width, height) = (view.width_px as usize, view.height_px as usize);
        let exposure_s = canvas.light.exposure_s;
        let turn_px = motion.turn_rad_per_s * exposure_s * view.focal_px / 2.0;
        let pass = motion.speed_mps * exposure_s / (view.focal_px * PASSING_M) / 2.0;
        let corner_px = pass * (view.width_px / 2.0).powi(2) + turn_px.abs();
        if corner_px < 0.5 {
            return false;
        }
        let source = canvas.pixmap.data();
        self.blurred.clear();
        self.blurred.extend_from_slice(source);
        let bonnet = (height as f64 * BONNET_SHARE) as usize;
        for y in 0..bonnet {
            let down = y as f64 - view.horizon_px();
            for x in (0..width).step_by(BLUR_BLOCK) {
                let right = x as f64 - view.width_px / 2.0;
                let radius = (right * right + down * down).sqrt();
                let reach = (right * radius * pass + turn_px, down * radius * pass);
                if reach.0.abs().max(reach.1.abs()) >= 0.5 {
                    average(&mut self.blurred, source, (width, bonnet), (x, y, reach));
                }
            }
        }
        true
    }
}

/// The pool of light before the car: by so many 1/256 in the middle, less towards the sides.
fn brighten(pixels: &mut [u8], ids: &[u16], by: i32) {
    let half = ids.len() as i32 / 2;
    for (x, (pixel, &id)) in pixels.chunks_exact_mut(4).zip(ids).enumerate() {
        if id == GROUND {
            let aside = (x as i32 - half).abs() * 256 / half;
            let factor = 256 + ((by * (256 - aside * 3 / 4)) >> 8);
            for channel in &mut pixel[..3] {
                *channel = ((i32::from(*channel) * factor) >> 8).min(255) as u8;
            }
        }
    }
}

/// Fixed-point steps over the grain along a row, from its left end.
fn walk(view: &View, ahead_m: f64, metres: f64) -> (u32, u32, (u32, u32)) {
    let right = view.forward.right();
    let left = view.eye.ground() + view.forward * ahead_m - right * (metres * view.width_px / 2.0);
    // Wrapping is wanted: the grain repeats.
    let fixed = |at_m: f64| (at_m / GRAIN_M * 65_536.0) as i64 as u32;
    (fixed(left.x), fixed(left.y), (fixed(right.x * metres), fixed(right.y * metres)))
}

/// One block of pixels, averaged over its way: from `reach` before to `reach` after, at one place for each pixel of it.
fn average(to: &mut [u8], from: &[u8], (width, height): (usize, usize), (x, y, reach): (usize, usize, (f64, f64))) {
    let half = (reach.0.abs().max(reach.1.abs()).ceil() as i32).min(TAPS_MAX);
    let tap = |i: i32| {
        let share = f64::from(i) / f64::from(half);
        // Adding a large whole number before the cast rounds down for negative numbers too.
        ((reach.0 * share + 4_096.5) as isize - 4_096, (reach.1 * share + 4_096.5) as isize - 4_096)
    };
    let held = |at: usize, by: isize, limit: usize| at.saturating_add_signed(by).min(limit - 1);
    let mut sums = [[0_u32; 3]; BLUR_BLOCK];
    for (dx, dy) in (-half..=half).map(tap) {
        let row = held(y, dy, height) * width;
        for (column, sum) in sums.iter_mut().enumerate() {
            let pixel = &from[(row + held(x + column, dx, width)) * 4..][..3];
            sum.iter_mut().zip(pixel).for_each(|(sum, &channel)| *sum += u32::from(channel));
        }
    }
    let taps = 2 * half.unsigned_abs() + 1;
    for (column, sum) in sums.iter().enumerate().take(width - x) {
        let pixel = &mut to[(y * width + x + column) * 4..][..3];
        pixel.iter_mut().zip(sum).for_each(|(channel, &sum)| *channel = (sum / taps) as u8);
    }
}
