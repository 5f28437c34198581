//! Bilinear scaling in integers: the same bytes on every CPU.
//!
//! The arithmetic is that of OpenCV's `INTER_LINEAR` for 8-bit images (`modules/imgproc/src/resize.cpp`), because the
//! models were measured with it: pixel centres aligned, no antialiasing, weights of 11 bits, truncation of the
//! intermediate sum. Small detectors notice a rounding that is only a fraction of a grey level off.

use crate::{RawImage, Tile};

/// Weights are fractions of this.
const ONE: f32 = 2048.0;

/// Where one output column or row takes its value: two inputs and their weights.
#[derive(Clone, Copy)]
struct Tap {
    from: [usize; 2],
    weight: [i32; 2],
}

/// Scales RGB images, reusing its buffers.
#[derive(Default)]
pub(crate) struct Bilinear {
    columns: Vec<Tap>,
    rows: [Row; 2],
    scaled: Vec<u8>,
}

/// A row scaled to the output width, times 2048.
#[derive(Default)]
struct Row {
    source: Option<usize>,
    values: Vec<i32>,
}

impl Bilinear {
    /// The tile of an image, scaled to a width and height in pixels.
    pub(crate) fn scale(&mut self, raw: &RawImage, tile: Tile, size: (u32, u32)) -> &[u8] {
        let (width, height) = (size.0 as usize, size.1 as usize);
        self.columns.clear();
        self.columns.extend(taps(tile.width_px, size.0));
        self.rows.iter_mut().for_each(|row| row.source = None);
        self.scaled.resize(3 * width * height, 0);
        let source_row = |y: usize| {
            let start = 3 * ((tile.top_px as usize + y) * raw.width_px() as usize + tile.left_px as usize);
            &raw.rgb()[start..start + 3 * tile.width_px as usize]
        };
        for (tap, line) in taps(tile.height_px, size.1).zip(self.scaled.chunks_exact_mut(3 * width)) {
            // Walking down, the lower row of one line is often the upper row of the next.
            if self.rows[1].source == Some(tap.from[0]) {
                self.rows.swap(0, 1);
            }
            for (row, y) in self.rows.iter_mut().zip(tap.from) {
                row.fill(y, source_row(y), &self.columns);
            }
            let [upper, lower] = tap.weight;
            for ((value, &above), &below) in line.iter_mut().zip(&self.rows[0].values).zip(&self.rows[1].values) {
                let sum = ((upper * (above >> 4)) >> 16) + ((lower * (below >> 4)) >> 16);
                // At most (255 * 2048 / 16) * 2048 / 65536 + 2, a quarter of which is a byte.
                *value = ((sum + 2) >> 2) as u8;
            }
        }
        &self.scaled
    }
}

impl Row {
    fn fill(&mut self, y: usize, pixels: &[u8], columns: &[Tap]) {
        if self.source == Some(y) {
            return;
        }
        self.source = Some(y);
        self.values.resize(3 * columns.len(), 0);
        for (out, tap) in self.values.as_chunks_mut::<3>().0.iter_mut().zip(columns) {
            let [left, right] = tap.from.map(|x| &pixels[3 * x..3 * x + 3]);
            for channel in 0..3 {
                out[channel] = i32::from(left[channel]) * tap.weight[0] + i32::from(right[channel]) * tap.weight[1];
            }
        }
    }
}

/// The taps of every output place along one side.
fn taps(from: u32, to: u32) -> impl Iterator<Item = Tap> {
    let scale = f64::from(from) / f64::from(to);
    (0..to).map(move |place| {
        let at = ((f64::from(place) + 0.5) * scale - 0.5) as f32;
        let below = at.floor();
        let last = from - 1;
        // Beyond the outermost centres the edge pixel itself is taken. A float cast saturates at 0.
        let inside = below >= 0.0 && (below as u32) < last;
        let first = (below as u32).min(last);
        let fraction = if inside { at - below } else { 0.0 };
        let weight = [1.0 - fraction, fraction].map(|part| (part * ONE).round_ties_even() as i32);
        Tap { from: [first as usize, (first + 1).min(last) as usize], weight }
    })
}
