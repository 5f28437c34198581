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
    Ok(Witness { hash, inner_hash, sky_luma: sky_luma as u32, motion: None })
}

/// Side of the square that is transformed, and of the corner of low frequencies that is kept.
const SIDE: usize = 32;
const KEPT: usize = 8;

/// The signs of the lowest frequencies of a cosine transform (Zauner 2010, `pHash`, but for zero in place of the
/// median): bit `8 v + u` stands for frequency `u` across and `v` down; bit 0, the mean, is never set. Mirroring the
/// picture turns exactly the bits of odd `u`. In whole numbers, so that it is the same on every machine.
fn hash(grey: &[u8], width: usize) -> u64 {
    let square = averaged(grey, width);
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

/// The picture in 32 by 32 averages, in steps of 1/16.
fn averaged(grey: &[u8], width: usize) -> [[i64; SIDE]; SIDE] {
    let height = grey.len() / width.max(1);
    let span = |i: usize, length: usize| {
        let from = i * length / SIDE;
        from..((i + 1) * length / SIDE).max(from + 1).min(length)
    };
    let mut square = [[0; SIDE]; SIDE];
    for (i, row) in square.iter_mut().enumerate() {
        for (j, value) in row.iter_mut().enumerate() {
            let (rows, columns) = (span(i, height), span(j, width));
            let count = (rows.len() * columns.len()).max(1) as i64;
            let line = |y: usize| grey[y * width..][columns.clone()].iter().map(|&value| i64::from(value)).sum::<i64>();
            *value = rows.map(line).sum::<i64>() * 16 / count;
        }
    }
    square
}
