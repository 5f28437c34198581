//! What of a part of an image is still to be seen after redaction.

use image::RgbImage;

/// Left, top, right, bottom in pixels.
pub type Edges = [u32; 4];

/// What of an area is still to be seen, by the slopes between neighbouring pixels.
#[derive(Debug)]
pub struct Shown {
    /// Share of slopes that are steeper than what JPEG adds, before and after.
    steep: [f64; 2],
    /// Correlation of the slopes before with those after: 1 if the detail is all there.
    detail: f64,
}

/// Steeper than this, in steps of brightness per pixel, is no trace of compression.
const STEEP: f64 = 6.0;

impl Shown {
    pub fn of(raw: &RgbImage, redacted: &RgbImage, area: Edges) -> Self {
        let slopes: Vec<[f64; 2]> = slopes(raw, area).zip(slopes(redacted, area)).map(<[f64; 2]>::from).collect();
        let share = |side: usize| {
            slopes.iter().filter(|pair| pair[side].abs() > STEEP).count() as f64 / slopes.len().max(1) as f64
        };
        let product = |a: usize, b: usize| slopes.iter().map(|pair| pair[a] * pair[b]).sum::<f64>();
        let detail = product(0, 1) / (product(0, 0) * product(1, 1)).sqrt().max(1.0);
        Self { steep: [share(0), share(1)], detail }
    }

    /// A mosaic has slopes between its cells only, and they are not those of what it hides.
    pub fn is_mosaic(&self) -> bool {
        self.steep[1] < 0.3 && self.detail < 0.5
    }
}

/// The differences in brightness of neighbouring pixels, to the right and down.
fn slopes(image: &RgbImage, [left, top, right, bottom]: Edges) -> impl Iterator<Item = f64> {
    let (right, bottom) = (right.min(image.width() - 1), bottom.min(image.height() - 1));
    let light = |x: u32, y: u32| image.get_pixel(x, y).0.iter().map(|&value| f64::from(value)).sum::<f64>() / 3.0;
    let at = move |x, y| [light(x + 1, y) - light(x, y), light(x, y + 1) - light(x, y)];
    (top..bottom).flat_map(move |y| (left..right).flat_map(move |x| at(x, y)))
}
