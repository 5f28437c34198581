//! What a redacted picture looks like, in numbers that other pictures and the sun can be held against.

use std::f64::consts::PI;
use std::sync::LazyLock;

use waymark_datasets::rows::Witness;

use crate::Error;
use crate::measure::{luma, shrink};

/// Pictures are looked at in this width: finer detail does not outlive an encoder.
const WORKING_LONG_SIDE_PX: u32 = 160;
/// What the inner hash leaves out on each side: a twentieth.
const MARGIN_SHARE: usize = 20;

/// Looks at pixels (rows top down, 3 bytes each) that are redacted already. What moves, a single picture does not say.
///
/// # Errors
/// [`Error::Encode`] when the picture cannot be scaled.
pub(crate) fn witness(rgb: &[u8], size_px: (u32, u32)) -> Result<Witness, Error> {
    let small = shrink(rgb, size_px, WORKING_LONG_SIDE_PX).map_err(Error::Encode)?;
    let (width, height) = (small.width() as usize, small.height() as usize);
    let grey: Vec<u8> = small.buffer().chunks_exact(3).map(luma).collect();
    let upper = &grey[..width * height.div_ceil(3)];
    let sky_luma = upper.iter().map(|&value| u64::from(value)).sum::<u64>() / upper.len().max(1) as u64;
    let (x, y) = (width / MARGIN_SHARE, height / MARGIN_SHARE);
    let rows = grey.chunks_exact(width).skip(y).take(height - 2 * y);
    let inner: Vec<u8> = rows.flat_map(|row| &row[x..width - x]).copied().collect();
    let (hash, inner_hash) = (hash(&grey, width), hash(&inner, width - 2 * x));
    let colour = |channel: usize| small.buffer().iter().skip(channel).step_by(3).copied().collect::<Vec<u8>>();
    let look = look([&grey, &colour(BLUE), &colour(RED)], width);
    Ok(Witness { hash, inner_hash, look, sky_luma: sky_luma as u32, motion: None })
}

/// Side of the square that is transformed, and of the corner of low frequencies that is kept.
const SIDE: usize = 32;
const KEPT: usize = 8;

/// The signs of the lowest frequencies of a cosine transform (Zauner 2010, `pHash`, but for zero in place of the
/// median): bit `8 v + u` stands for frequency `u` across and `v` down; bit 0, the mean, is never set. Mirroring the
/// picture turns exactly the bits of odd `u`. In whole numbers, so that it is the same on every machine.
fn hash(grey: &[u8], width: usize) -> u64 {
    let square = averaged::<SIDE, SIDE>(grey, width);
    let mut across = [[0_i64; KEPT]; SIDE];
    for (sums, row) in across.iter_mut().zip(&square) {
        for (sum, wave) in sums.iter_mut().zip(&*WAVES) {
            *sum = row.iter().zip(wave).map(|(value, wave)| value * wave).sum();
        }
    }
    let is_positive = |(v, u): (usize, usize)| {
        let sum: i64 = across.iter().zip(&WAVES[v]).map(|(sums, wave)| sums[u] * wave).sum();
        sum > 0
    };
    (1..KEPT * KEPT).fold(0, |bits, bit| bits | u64::from(is_positive((bit / KEPT, bit % KEPT))) << bit)
}

/// Half waves of 0 to 7 turns over the square, in steps of 1/4096: what is left of rounding does not reach a sign.
static WAVES: LazyLock<[[i64; SIDE]; KEPT]> = LazyLock::new(|| {
    let mut waves = [[0; SIDE]; KEPT];
    for (u, wave) in waves.iter_mut().enumerate() {
        for (k, value) in wave.iter_mut().enumerate() {
            *value = ((PI * (2 * k + 1) as f64 * u as f64 / (2 * SIDE) as f64).cos() * 4_096.0).round() as i64;
        }
    }
    waves
});

/// Averages of a channel in cells, in steps of 1/16.
type Cells<const ACROSS: usize, const DOWN: usize> = [[i64; ACROSS]; DOWN];

/// A channel of the picture in cells.
fn averaged<const ACROSS: usize, const DOWN: usize>(grey: &[u8], width: usize) -> Cells<ACROSS, DOWN> {
    let height = grey.len() / width.max(1);
    let span = |i: usize, (length, count): (usize, usize)| {
        let from = i * length / count;
        from..((i + 1) * length / count).max(from + 1).min(length)
    };
    let mut cells = [[0; ACROSS]; DOWN];
    for (i, row) in cells.iter_mut().enumerate() {
        for (j, value) in row.iter_mut().enumerate() {
            let (rows, columns) = (span(i, (height, DOWN)), span(j, (width, ACROSS)));
            let count = (rows.len() * columns.len()).max(1) as i64;
            let line = |y: usize| grey[y * width..][columns.clone()].iter().map(|&value| i64::from(value)).sum::<i64>();
            *value = rows.map(line).sum::<i64>() * 16 / count;
        }
    }
    cells
}

/// Where the colours of a pixel are.
const RED: usize = 0;
const BLUE: usize = 2;

/// Cells of a look: coarse, so that a step aside and a few degrees change little.
const LOOK_ACROSS: usize = 16;
const LOOK_DOWN: usize = 8;
/// Cells beside and above one that it is held against.
const AROUND: (usize, usize) = (2, 1);
/// In the dark, colours are noise: so much luma, in steps of 1/16, is added to each.
const DARK: i64 = 12 * 16;
/// Shares of colour are counted in steps of this part.
const SHARE_STEPS: i64 = 1 << 16;

/// See [`Witness::look`]. In what is farther down there are the road, the bonnet and who drives ahead: it is left out.
///
/// Against the cells around, as light changes from one end of a picture to the other (the patches of `SeqSLAM`, Milford
/// and Wyeth 2012); and the colours by their share of the luma, which is the same in sun and shade.
fn look([grey, blue, red]: [&[u8]; 3], width: usize) -> [u64; 6] {
    let rows = (grey.len() / width.max(1) * 2).div_ceil(3);
    let cells = |channel: &[u8]| averaged::<LOOK_ACROSS, LOOK_DOWN>(&channel[..rows * width], width);
    let luma = cells(grey);
    let share = |channel: &[u8]| {
        let mut cells = cells(channel);
        for (value, luma) in cells.as_flattened_mut().iter_mut().zip(luma.as_flattened()) {
            *value = (*value - luma) * SHARE_STEPS / (luma + DARK);
        }
        cells
    };
    let [light, blue, red] = [&luma, &share(blue), &share(red)].map(above_around);
    [light[0], light[1], blue[0], blue[1], red[0], red[1]]
}

/// Of each cell, whether it is above the average of those around it and itself.
fn above_around(cells: &Cells<LOOK_ACROSS, LOOK_DOWN>) -> [u64; 2] {
    let mut words = [0; 2];
    for (i, row) in cells.iter().enumerate() {
        for (j, value) in row.iter().enumerate() {
            let rows = &cells[i.saturating_sub(AROUND.1)..(i + AROUND.1 + 1).min(LOOK_DOWN)];
            let columns = j.saturating_sub(AROUND.0)..(j + AROUND.0 + 1).min(LOOK_ACROSS);
            let count = (rows.len() * columns.len()) as i64;
            let sum: i64 = rows.iter().flat_map(|row| &row[columns.clone()]).sum();
            let place = i * LOOK_ACROSS + j;
            words[place / 64] |= u64::from(value * count > sum) << (place % 64);
        }
    }
    words
}
