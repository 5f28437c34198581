//! What moves between two frames: blocks of the one, looked for in the other.

use image::metadata::Orientation;
use image::{DynamicImage, GrayImage};
use waymark_datasets::Ppm;
use waymark_datasets::rows::Motion;

/// Frames are compared in this width.
pub(crate) const WIDTH_PX: u32 = 160;
/// Two frames nearer in time than this, in milliseconds, hardly differ.
pub(crate) const GAP_MS_MIN: i64 = 60;
/// What is farther apart cannot be found again.
pub(crate) const GAP_MS_MAX: i64 = 250;
/// Side of a block.
const BLOCK_PX: usize = 8;
/// How far a block is looked for, to the sides and up and down.
const REACH_PX: (i32, i32) = (8, 5);
/// A block shows something if its pixels differ from their neighbours by this much on average, in steps of 8 bits.
const TEXTURE_LUMA: u32 = 4;
/// What a block must gain by having moved, for each pixel: less is the noise of the sensor.
const GAIN_LUMA: u32 = 1;
/// Of fewer blocks nothing is said.
const BLOCKS_MIN: usize = 12;
const BLOCK_AREA: u32 = (BLOCK_PX * BLOCK_PX) as u32;

/// A frame and its neighbour, small and grey.
pub(crate) struct Pair {
    pub before: GrayImage,
    pub after: GrayImage,
    pub gap_ms: i64,
}

impl Pair {
    /// The two turned upright.
    pub(crate) fn upright(self, orientation: Orientation) -> Self {
        let turned = |image| {
            let mut image = DynamicImage::ImageLuma8(image);
            image.apply_orientation(orientation);
            image.into_luma8()
        };
        Self { before: turned(self.before), after: turned(self.after), gap_ms: self.gap_ms }
    }
}

/// How the blocks of the earlier frame moved; none where too little can be seen to move, as in the dark.
///
/// Block matching by the sum of absolute differences, every displacement tried: at this size that is a millionth of
/// what a detector computes.
pub(crate) fn motion(pair: &Pair) -> Option<Motion> {
    let (before, after) = (Plane::of(&pair.before), Plane::of(&pair.after));
    if before.width != after.width || before.height != after.height || pair.gap_ms <= 0 {
        return None;
    }
    let moves: Vec<Move> = before.blocks().filter_map(|at| moved(&before, &after, at)).collect();
    if moves.len() < BLOCKS_MIN {
        return None;
    }
    let standing = moves.iter().filter(|by| by.is_standing).count();
    let per_s = |pixels: i64| pixels * 1_000_000 * 1_000 / (before.width as i64 * pair.gap_ms);
    let lengths = moves.iter().map(|by| per_s(i64::from((by.x * by.x + by.y * by.y).isqrt()))).collect();
    let turns = moves.iter().map(|by| per_s(by.x.into())).collect();
    Some(Motion {
        standing_ppm: Ppm::of(standing as u64, moves.len() as u64),
        flow_ppm_per_s: u32::try_from(median(lengths)).unwrap_or(u32::MAX),
        turn_ppm_per_s: i32::try_from(median(turns)).unwrap_or(0),
    })
}

/// Where a block went.
struct Move {
    x: i32,
    y: i32,
    is_standing: bool,
}

/// None of a block without texture, which could be anywhere.
fn moved(before: &Plane<'_>, after: &Plane<'_>, at: (usize, usize)) -> Option<Move> {
    if before.texture(at) < TEXTURE_LUMA * BLOCK_AREA {
        return None;
    }
    let stayed = before.difference(after, at, at);
    let mut best = (stayed, 0, 0);
    for y in -REACH_PX.1..=REACH_PX.1 {
        for x in -REACH_PX.0..=REACH_PX.0 {
            if let Some(there) = after.shifted(at, (x, y)) {
                let difference = before.difference(after, at, there);
                if difference < best.0 {
                    best = (difference, x, y);
                }
            }
        }
    }
    let is_standing = stayed <= best.0 + GAIN_LUMA * BLOCK_AREA;
    Some(if is_standing { Move { x: 0, y: 0, is_standing } } else { Move { x: best.1, y: best.2, is_standing } })
}

/// A grey picture as rows.
struct Plane<'a> {
    luma: &'a [u8],
    width: usize,
    height: usize,
}

impl<'a> Plane<'a> {
    fn of(image: &'a GrayImage) -> Self {
        Self { luma: image.as_raw(), width: image.width() as usize, height: image.height() as usize }
    }

    /// Left upper corners, a block apart, with a pixel of margin to the right and below.
    fn blocks(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let (columns, rows) = (self.width.saturating_sub(1) / BLOCK_PX, self.height.saturating_sub(1) / BLOCK_PX);
        (0..rows).flat_map(move |row| (0..columns).map(move |column| (column * BLOCK_PX, row * BLOCK_PX)))
    }

    fn row(&self, (x, y): (usize, usize), length: usize) -> &[u8] {
        &self.luma[y * self.width + x..][..length]
    }

    /// How much the pixels of a block differ from those to the right and below, added up.
    fn texture(&self, (x, y): (usize, usize)) -> u32 {
        let row_texture = |y: usize| {
            let (here, below) = (self.row((x, y), BLOCK_PX + 1), self.row((x, y + 1), BLOCK_PX));
            let right = here.windows(2).map(|pair| u32::from(pair[0].abs_diff(pair[1])));
            let down = here.iter().zip(below).map(|(a, b)| u32::from(a.abs_diff(*b)));
            right.sum::<u32>() + down.sum::<u32>()
        };
        (y..y + BLOCK_PX).map(row_texture).sum()
    }

    /// The sum of absolute differences between a block here and one there.
    fn difference(&self, other: &Self, (x, y): (usize, usize), (to_x, to_y): (usize, usize)) -> u32 {
        let rows = |i| (self.row((x, y + i), BLOCK_PX), other.row((to_x, to_y + i), BLOCK_PX));
        let difference =
            |(a, b): (&[u8], &[u8])| -> u32 { a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b))).sum() };
        (0..BLOCK_PX).map(|i| difference(rows(i))).sum()
    }

    /// A place so far from another, if a block there is within the picture.
    fn shifted(&self, (x, y): (usize, usize), by: (i32, i32)) -> Option<(usize, usize)> {
        let (x, y) = (x.checked_add_signed(by.0 as isize)?, y.checked_add_signed(by.1 as isize)?);
        (x + BLOCK_PX <= self.width && y + BLOCK_PX <= self.height).then_some((x, y))
    }
}

fn median(mut values: Vec<i64>) -> i64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable(middle).1
}
