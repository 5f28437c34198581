//! A layer of a map before it is cut into tiles.

use std::ops::Range;

use super::world::{Frame, Spot};

/// What is drawn of an [`Item`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Its only spot.
    Point,
    /// From spot to spot.
    Line,
    /// What lies within its spots; the last is followed by the first.
    Area,
}

/// How a layer grows sparser from zoom level to zoom level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Below `all_from`, of the points within a square of so many units of a tile the first by rank stays.
    Points {
        /// From this zoom level on all points stay.
        all_from: u8,
        /// Side of the square; 0 keeps all.
        spacing: i32,
    },
    /// Lines are simplified to within so many units of a tile.
    Lines {
        /// The most that a line may be off.
        tolerance: i32,
    },
    /// Each zoom level shows the areas of one [`Item::detail`].
    Areas {
        /// By zoom level; of levels beyond the last, the last.
        details: &'static [u8],
        /// The coarsest that there is; what is too much for a tile is shown less finely, down to this.
        coarsest: u8,
    },
}

/// One thing of a layer.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its `id` in tiles: below 2^53, for JavaScript.
    pub id: u64,
    /// Where not all can stay, the highest does.
    pub rank: u64,
    /// The first and the last zoom level that show it.
    pub zooms: (u8, u8),
    /// How fine it is, where areas of several finenesses cover the same ground.
    pub detail: u8,
    /// What is drawn.
    pub shape: Shape,
    pub(super) frame: Frame,
    pub(super) spots: Range<u32>,
    pub(super) values: Range<u32>,
}

/// A layer: things in the plane, and what is known of them.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// Its name in tiles.
    pub name: &'static str,
    /// The names of attributes.
    pub keys: &'static [&'static str],
    /// How it is thinned.
    pub rule: Rule,
    pub(super) items: Vec<Item>,
    pub(super) spots: Vec<Spot>,
    pub(super) values: Vec<u8>,
}

/// Attributes of one item, as the values of a vector tile, each after the number of its key and its length.
#[derive(Debug, Default)]
pub struct Values(Vec<u8>);

impl Sheet {
    /// A layer without anything on it.
    #[must_use]
    pub fn new(name: &'static str, keys: &'static [&'static str], rule: Rule) -> Self {
        Self { name, keys, rule, items: Vec::new(), spots: Vec::new(), values: Vec::new() }
    }

    /// Whether there is nothing on it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How many things are on it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Puts something on it. What goes on beyond an edge of the world is put at the other edge, too.
    pub fn add(&mut self, item: &Item, spots: &[Spot], values: &Values) {
        let from = self.values.len() as u32;
        self.values.extend(&values.0);
        let values = from..self.values.len() as u32;
        let frame = Frame::around(spots);
        self.place(item, spots.iter().copied(), values.clone());
        for worlds in [-1, 1] {
            let (least, most) = (frame.least.beyond(worlds), frame.most.beyond(worlds));
            if item.shape != Shape::Point && most.x >= 0 && least.x < 1 << super::world::WORLD_BITS {
                self.place(item, spots.iter().map(|spot| spot.beyond(worlds)), values.clone());
            }
        }
    }

    fn place(&mut self, item: &Item, spots: impl Iterator<Item = Spot>, values: Range<u32>) {
        let from = self.spots.len();
        self.spots.extend(spots);
        let frame = Frame::around(&self.spots[from..]);
        self.items.push(Item { frame, spots: from as u32..self.spots.len() as u32, values, ..item.clone() });
    }

    /// Puts on it whatever of another sheet of the same layer meets `frame`.
    pub fn add_from(&mut self, other: &Self, frame: &Frame) {
        for item in other.items.iter().filter(|item| item.frame.meets(frame)) {
            let from = self.values.len() as u32;
            self.values.extend(other.values_of(item));
            self.place(item, other.spots_of(item).iter().copied(), from..self.values.len() as u32);
        }
    }

    /// The box around everything on it.
    #[must_use]
    pub fn frame(&self) -> Frame {
        self.items.iter().fold(Frame::EMPTY, |frame, item| frame.with(item.frame))
    }

    /// The boxes around each thing on it.
    pub fn frames(&self) -> impl Iterator<Item = Frame> {
        self.items.iter().map(|item| item.frame)
    }

    pub(super) fn spots_of(&self, item: &Item) -> &[Spot] {
        self.spots.get(item.spots.start as usize..item.spots.end as usize).unwrap_or_default()
    }

    pub(super) fn values_of(&self, item: &Item) -> &[u8] {
        self.values.get(item.values.start as usize..item.values.end as usize).unwrap_or_default()
    }
}

impl Item {
    /// A thing that all zoom levels show.
    #[must_use]
    pub fn new(shape: Shape, id: u64) -> Self {
        let (frame, spots, values) = (Frame::EMPTY, 0..0, 0..0);
        Self { id, rank: 0, zooms: (0, u8::MAX), detail: 0, shape, frame, spots, values }
    }
}

impl Values {
    /// Forgets all, to be used for the next item.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// A text; of more than 60,000 bytes, nothing.
    pub fn text(&mut self, key: u8, text: &str) {
        let mut message = vec![0x0a];
        crate::archive::put_varint(&mut message, text.len() as u64);
        message.extend(text.as_bytes());
        self.push(key, &message);
    }

    /// A whole number.
    pub fn number(&mut self, key: u8, number: u64) {
        let mut message = vec![0x28];
        crate::archive::put_varint(&mut message, number);
        self.push(key, &message);
    }

    /// Any number.
    pub fn real(&mut self, key: u8, number: f64) {
        let mut message = vec![0x19];
        message.extend(number.to_le_bytes());
        self.push(key, &message);
    }

    fn push(&mut self, key: u8, message: &[u8]) {
        let Ok(length) = u16::try_from(message.len()) else { return };
        self.0.push(key);
        self.0.extend(length.to_le_bytes());
        self.0.extend(message);
    }

    /// Numbers of keys and values out of what [`Values`] holds.
    pub(super) fn read(mut bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
        std::iter::from_fn(move || {
            let (head, rest) = bytes.split_first_chunk::<3>()?;
            let (value, rest) = rest.split_at_checked(u16::from_le_bytes([head[1], head[2]]).into())?;
            bytes = rest;
            Some((head[0], value))
        })
    }
}
