//! A tile of a frame to an input tensor, and boxes back again.

use crate::bilinear::Bilinear;
use crate::input::{ColourOrder, Fit, InputSize, InputSpec, Layout};
use crate::{PixelBox, RawImage, Tile};

/// Where a tile lies in a tensor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Placement {
    tile: Tile,
    /// Tensor pixels per frame pixel.
    scale_x: f32,
    scale_y: f32,
    left: u32,
    top: u32,
    width: u32,
    height: u32,
    /// Size of the tensor.
    pub canvas_width: u32,
    pub canvas_height: u32,
}

impl Placement {
    /// Sizes are cut off, not rounded, as the reference decoders do.
    pub(crate) fn new(tile: Tile, input: &InputSpec) -> Self {
        let (w, h) = (f64::from(tile.width_px), f64::from(tile.height_px));
        let ratio = match input.size {
            InputSize::Fixed { width_px, height_px } => (f64::from(width_px) / w).min(f64::from(height_px) / h),
            InputSize::Longest { longest_px, .. } => f64::from(longest_px) / w.max(h),
        };
        let side = |px: f64| ((px * ratio) as u32).max(1);
        let (mut width, mut height) = (side(w), side(h));
        let (canvas_width, canvas_height) = match input.size {
            InputSize::Fixed { width_px, height_px } => (width_px, height_px),
            InputSize::Longest { multiple_px, .. } => {
                (width.next_multiple_of(multiple_px), height.next_multiple_of(multiple_px))
            }
        };
        let (mut scale_x, mut scale_y) = (ratio as f32, ratio as f32);
        let (mut left, mut top) = (0, 0);
        match input.fit {
            Fit::LetterboxTopLeft => {}
            Fit::LetterboxCentre => (left, top) = ((canvas_width - width) / 2, (canvas_height - height) / 2),
            Fit::Stretch => {
                (width, height) = (canvas_width, canvas_height);
                (scale_x, scale_y) = ((f64::from(width) / w) as f32, (f64::from(height) / h) as f32);
            }
        }
        Self { tile, scale_x, scale_y, left, top, width, height, canvas_width, canvas_height }
    }

    /// A box in tensor pixels, in pixels of the frame.
    pub(crate) fn to_frame(self, found: PixelBox) -> PixelBox {
        let x = |px: f32| (px - self.left as f32) / self.scale_x + self.tile.left_px as f32;
        let y = |px: f32| (px - self.top as f32) / self.scale_y + self.tile.top_px as f32;
        PixelBox::from_edges([x(found.x_min_px), y(found.y_min_px), x(found.x_max_px), y(found.y_max_px)])
    }

    /// Dimensions of the tensor.
    pub(crate) fn shape(&self, layout: Layout) -> [i64; 4] {
        let (width, height) = (i64::from(self.canvas_width), i64::from(self.canvas_height));
        match layout {
            Layout::Nchw => [1, 3, height, width],
            Layout::Nhwc => [1, height, width, 3],
        }
    }
}

/// Buffers that one model reuses from tile to tile.
#[derive(Default)]
pub(crate) struct Letterbox {
    bilinear: Bilinear,
    pub tensor: Vec<f32>,
}

impl Letterbox {
    /// Fills `tensor` with the tile as `input` asks.
    pub(crate) fn fill(&mut self, raw: &RawImage, placement: &Placement, input: &InputSpec) {
        let size = (placement.width, placement.height);
        let scaled = self.bilinear.scale(raw, placement.tile, size);
        let (width, height) = (placement.canvas_width as usize, placement.canvas_height as usize);
        // A byte has 256 values: a table is faster than arithmetic per pixel, and gives the same.
        let value: [f32; 256] = std::array::from_fn(|byte| (byte as f32 - input.mean) / input.scale);
        self.tensor.clear();
        self.tensor.resize(3 * width * height, value[usize::from(input.pad)]);
        let channels = match input.colour {
            ColourOrder::Rgb => [0, 1, 2],
            ColourOrder::Bgr => [2, 1, 0],
        };
        let rows = scaled.chunks_exact(3 * placement.width as usize);
        for (row, y) in rows.zip(placement.top as usize..) {
            let start = y * width + placement.left as usize;
            for (to, from) in channels.into_iter().enumerate() {
                // Where the channel begins in the tensor, and the distance between its neighbours.
                let (begin, step) = match input.layout {
                    Layout::Nchw => (to * width * height + start, 1),
                    Layout::Nhwc => (3 * start + to, 3),
                };
                let source = row.as_chunks::<3>().0.iter().map(|pixel| value[usize::from(pixel[from])]);
                self.tensor[begin..].iter_mut().step_by(step).zip(source).for_each(|(target, value)| *target = value);
            }
        }
    }
}
