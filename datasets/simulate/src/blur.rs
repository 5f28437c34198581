//! Motion blur: where the light of a pixel came from while the shutter was open, and so where things show.

use crate::camera::View;

/// How the camera moves while a frame is exposed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Motion {
    pub(crate) speed_mps: f64,
    pub(crate) turn_rad_per_s: f64,
}

/// The blur of a frame whose exposure has its middle at the moment that was painted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Blur {
    /// Width, and the rows above the bonnet.
    size: (usize, usize),
    /// Where the camera looks and drives to.
    ahead_px: (f64, f64),
    /// How far all moves sideways in half the exposure.
    turn_px: f64,
    /// How far all moves away from there, by the square of how far it is away.
    pass: f64,
}

/// What the blur is taken to pass: the road is 1.4 m below, fronts are some metres aside.
const PASSING_M: f64 = 2.6;
/// The blur is the same for so many pixels side by side.
const BLOCK: usize = 8;
/// Red, green, blue, and how opaque, which is always whole.
const CHANNELS: usize = 4;
/// Longer ways are sampled at no more places than this on either side.
const TAPS_MAX: i32 = 4;
/// The lowest rows show the bonnet, which moves with the camera.
const BONNET_SHARE: f64 = 0.90;
/// What moves less is painted as sharp as what stands still.
const REACH_MIN_PX: f64 = 0.5;

impl Blur {
    /// None if nothing moves by a pixel.
    pub(crate) fn of(view: &View, exposure_s: f64, motion: Motion) -> Option<Self> {
        let turn_px = motion.turn_rad_per_s * exposure_s * view.focal_px / 2.0;
        let pass = motion.speed_mps * exposure_s / (view.focal_px * PASSING_M) / 2.0;
        let ahead_px = (view.width_px / 2.0, view.horizon_px());
        let corner_px = pass * ahead_px.0.powi(2) + turn_px.abs();
        let size = (view.width_px as usize, (view.height_px * BONNET_SHARE) as usize);
        (corner_px >= REACH_MIN_PX).then_some(Self { size, ahead_px, turn_px, pass })
    }

    /// How far to either side the light of a pixel comes from.
    fn reach(&self, x: f64, y: f64) -> (f64, f64) {
        let (right, down) = (x - self.ahead_px.0, y - self.ahead_px.1);
        let radius = (right * right + down * down).sqrt();
        let is_bonnet = y >= self.size.1 as f64;
        if is_bonnet { (0.0, 0.0) } else { (right * radius * self.pass + self.turn_px, down * radius * self.pass) }
    }

    /// The edges of all that shows a thing with these edges (left, top, right, bottom), in a frame so large.
    pub(crate) fn widened(&self, bounds: [f32; 4], (width, height): (f32, f32)) -> [f32; 4] {
        let [left, top, right, bottom] = bounds.map(f64::from);
        let reach = |x, y| <[f64; 2]>::from(self.reach(x, y)).map(|reach| reach.abs() as f32);
        let most = |a: [f32; 2], b: [f32; 2], along: usize| a[along].max(b[along]);
        let corners = [reach(left, top), reach(right, top), reach(left, bottom), reach(right, bottom)];
        [
            (bounds[0] - most(corners[0], corners[2], 0)).max(0.0),
            (bounds[1] - most(corners[0], corners[1], 1)).max(0.0),
            (bounds[2] + most(corners[1], corners[3], 0)).min(width),
            (bounds[3] + most(corners[2], corners[3], 1)).min(height),
        ]
    }

    /// Averages places along the way of each pixel of `from`, an RGBA picture, into `to`.
    pub(crate) fn apply<'a>(&self, to: &'a mut Vec<u8>, from: &[u8]) -> &'a [u8] {
        to.clear();
        to.extend_from_slice(from);
        for y in 0..self.size.1 {
            for x in (0..self.size.0).step_by(BLOCK) {
                let reach = self.reach(x as f64, y as f64);
                if reach.0.abs().max(reach.1.abs()) >= REACH_MIN_PX {
                    average(to, from, self.size, (x, y, reach));
                }
            }
        }
        to
    }
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
    let mut sums = [0_u16; BLOCK * CHANNELS];
    for (dx, dy) in (-half..=half).map(tap) {
        let row = &from[held(y, dy, height) * width * CHANNELS..][..width * CHANNELS];
        // Inside of the frame the block is one piece of memory, which a processor adds at once.
        let inside = x.checked_add_signed(dx).and_then(|left| row.get(left * CHANNELS..(left + BLOCK) * CHANNELS));
        if let Some(block) = inside {
            sums.iter_mut().zip(block).for_each(|(sum, &channel)| *sum += u16::from(channel));
        } else {
            for (column, sums) in sums.as_chunks_mut::<CHANNELS>().0.iter_mut().enumerate() {
                let pixel = &row[held(x + column, dx, width) * CHANNELS..][..CHANNELS];
                sums.iter_mut().zip(pixel).for_each(|(sum, &channel)| *sum += u16::from(channel));
            }
        }
    }
    let taps = 2 * half.unsigned_abs() + 1;
    // Exact, for sums of nine bytes at most: a multiplication instead of a division.
    let reciprocal = (1 << 16) / taps + 1;
    let block = &mut to[(y * width + x) * CHANNELS..][..CHANNELS * BLOCK.min(width - x)];
    block.iter_mut().zip(sums).for_each(|(channel, sum)| *channel = ((u32::from(sum) * reciprocal) >> 16) as u8);
}
