//! A rectangle in the pixels of one image.

/// A rectangle with real corners; x to the right, y down, in pixels of one image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PixelBox {
    /// Left edge.
    pub x_min_px: f32,
    /// Upper edge.
    pub y_min_px: f32,
    /// Right edge.
    pub x_max_px: f32,
    /// Lower edge.
    pub y_max_px: f32,
}

impl PixelBox {
    /// From left, upper, right and lower edge.
    #[must_use]
    pub fn from_edges([x_min_px, y_min_px, x_max_px, y_max_px]: [f32; 4]) -> Self {
        Self { x_min_px, y_min_px, x_max_px, y_max_px }
    }

    /// Width in pixels; nothing when the edges are swapped.
    #[must_use]
    pub fn width_px(&self) -> f32 {
        (self.x_max_px - self.x_min_px).max(0.0)
    }

    /// Height in pixels; nothing when the edges are swapped.
    #[must_use]
    pub fn height_px(&self) -> f32 {
        (self.y_max_px - self.y_min_px).max(0.0)
    }

    /// Area in square pixels.
    #[must_use]
    pub fn area_px(&self) -> f32 {
        self.width_px() * self.height_px()
    }

    /// The part that both cover; of no area when they are apart.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self {
            x_min_px: self.x_min_px.max(other.x_min_px),
            y_min_px: self.y_min_px.max(other.y_min_px),
            x_max_px: self.x_max_px.min(other.x_max_px),
            y_max_px: self.y_max_px.min(other.y_max_px),
        }
    }

    /// The smallest box that covers both.
    #[must_use]
    pub fn hull(&self, other: &Self) -> Self {
        Self {
            x_min_px: self.x_min_px.min(other.x_min_px),
            y_min_px: self.y_min_px.min(other.y_min_px),
            x_max_px: self.x_max_px.max(other.x_max_px),
            y_max_px: self.y_max_px.max(other.y_max_px),
        }
    }

    /// Intersection over union, `0..=1`.
    #[must_use]
    pub fn iou(&self, other: &Self) -> f32 {
        let both = self.intersection(other).area_px();
        // The same guard against 0/0 as the reference decoders have.
        both / (self.area_px() + other.area_px() - both + 1e-9)
    }

    /// The share of this box that `other` covers, `0..=1`.
    #[must_use]
    pub fn covered_by(&self, other: &Self) -> f32 {
        self.intersection(other).area_px() / (self.area_px() + 1e-9)
    }

    /// This box with a margin of `ratio` of its width left and right, and of its height above and below.
    #[must_use]
    pub fn padded(&self, ratio: f32) -> Self {
        let (x, y) = (self.width_px() * ratio, self.height_px() * ratio);
        Self::from_edges([self.x_min_px - x, self.y_min_px - y, self.x_max_px + x, self.y_max_px + y])
    }

    /// The part inside an image of the given size.
    #[must_use]
    pub fn within(&self, width_px: u32, height_px: u32) -> Self {
        self.intersection(&Self::from_edges([0.0, 0.0, width_px as f32, height_px as f32]))
    }

    pub(crate) fn is_finite(&self) -> bool {
        [self.x_min_px, self.y_min_px, self.x_max_px, self.y_max_px].iter().all(|edge| edge.is_finite())
    }

    /// The pixels that the box touches, inside an image of the given size; `None` when it touches none.
    pub(crate) fn to_area(self, width_px: u32, height_px: u32) -> Option<Area> {
        let inside = self.within(width_px, height_px);
        // Casts saturate, and the edges are inside the image, so the area is too.
        let area = Area {
            left: inside.x_min_px.floor() as usize,
            top: inside.y_min_px.floor() as usize,
            right: inside.x_max_px.ceil() as usize,
            bottom: inside.y_max_px.ceil() as usize,
        };
        (area.left < area.right && area.top < area.bottom).then_some(area)
    }
}

/// Whole pixels: `left..right`, `top..bottom`; never empty, always inside its image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Area {
    pub left: usize,
    pub top: usize,
    pub right: usize,
    pub bottom: usize,
}
