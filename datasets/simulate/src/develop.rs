//! From paint to what a sensor would have recorded: grain of the road, motion blur, vignette, noise.

use crate::blur::Blur;
use crate::camera::View;
use crate::canvas::Canvas;
use crate::ids::GROUND;
use crate::picture::Picture;
use crate::random::Random;

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
    pub(crate) fn develop(&mut self, canvas: &mut Canvas, blur: Option<&Blur>, frame: &mut Random) -> Picture {
        let (width, height) = (canvas.view.width_px as usize, canvas.view.height_px as usize);
        self.roughen(canvas);
        self.scale_noise(canvas.light.noise_steps);
        let sharp = canvas.pixmap.data();
        let source = blur.map_or(sharp, |blur| blur.apply(&mut self.blurred, sharp));
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
