//! A finished frame.

/// Red, green and blue of each pixel, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// In pixels.
    pub width: usize,
    /// In pixels.
    pub height: usize,
    /// Three bytes for each pixel.
    pub rgb: Vec<u8>,
}

/// What a copier does to hide where the footage is from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Edit {
    None,
    /// Left and right change places.
    Mirror,
    /// The middle 88 %, blown up to the full size.
    Crop,
}

/// What [`Edit::Crop`] cuts from each side.
const CROP: f64 = 0.06;

impl Edit {
    /// The picture after the edit.
    pub(crate) fn applied(self, picture: &Picture) -> Picture {
        match self {
            Self::None => picture.clone(),
            Self::Mirror => mirrored(picture),
            Self::Crop => cropped(picture),
        }
    }

    /// Where the edit moves a box of left, top, right, bottom in a frame of this size; it may leave the frame.
    pub(crate) fn moved(self, bounds: [f32; 4], (width, height): (f32, f32)) -> [f32; 4] {
        let blown = |at: f32, size: f32| ((at - size * CROP as f32) / (1.0 - 2.0 * CROP as f32)).clamp(0.0, size);
        match self {
            Self::None => bounds,
            Self::Mirror => [width - bounds[2], bounds[1], width - bounds[0], bounds[3]],
            Self::Crop => {
                [blown(bounds[0], width), blown(bounds[1], height), blown(bounds[2], width), blown(bounds[3], height)]
            }
        }
    }
}

fn mirrored(picture: &Picture) -> Picture {
    let row = |row: &[u8]| row.chunks_exact(3).rev().flatten().copied().collect::<Vec<u8>>();
    Picture { rgb: picture.rgb.chunks_exact(picture.width * 3).flat_map(row).collect(), ..*picture }
}

/// Bilinear, in whole numbers of 1/256.
fn cropped(picture: &Picture) -> Picture {
    let place = |i: usize, size: usize| {
        let at = (CROP * size as f64 + (i as f64 + 0.5) * (1.0 - 2.0 * CROP) - 0.5).max(0.0);
        let first = (at as usize).min(size - 2);
        (first, ((at - first as f64) * 256.0) as u32)
    };
    let columns: Vec<_> = (0..picture.width).map(|x| place(x, picture.width)).collect();
    let mut rgb = Vec::with_capacity(picture.rgb.len());
    for y in 0..picture.height {
        let (top, down) = place(y, picture.height);
        for &(left, across) in &columns {
            for channel in 0..3 {
                let at = |x: usize, y: usize| u32::from(picture.rgb[(y * picture.width + x) * 3 + channel]);
                let upper = at(left, top) * (256 - across) + at(left + 1, top) * across;
                let lower = at(left, top + 1) * (256 - across) + at(left + 1, top + 1) * across;
                rgb.push(((upper * (256 - down) + lower * down) >> 16) as u8);
            }
        }
    }
    Picture { rgb, ..*picture }
}
