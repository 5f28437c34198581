//! Which thing each pixel shows, and what that leaves visible of each.

use crate::plane::vec2;

/// The ground and the sky.
pub(crate) const GROUND: u16 = 0;
/// Whatever stands in the way without being a thing of the truth.
pub(crate) const SCENERY: u16 = 1;

/// What a thing is called in the truth.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Label {
    pub(crate) class: String,
    /// Its id among the objects of the town.
    pub(crate) object: Option<u32>,
}

/// A thing in the frame, as far as it is known while the frame is drawn.
#[derive(Debug)]
struct Thing {
    label: Label,
    /// A face is part of a person: what it covers is still the person.
    parent: Option<u16>,
    /// Left, top, right, bottom, also outside of the frame.
    bounds: [f32; 4],
    /// Pixels that it covered when it was drawn.
    drawn_px: u64,
}

/// A thing as a frame shows it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    pub(crate) label: Label,
    /// Left, top, right, bottom of what shows of it: within the frame, and not behind something.
    pub(crate) bounds: [f32; 4],
    /// Share of it that is in the frame and not behind something.
    pub(crate) visible: f64,
}

/// For each pixel the id of the thing that was drawn last.
pub(crate) struct IdRaster {
    width: usize,
    height: usize,
    ids: Vec<u16>,
    things: Vec<Thing>,
    open: Vec<u16>,
}

const FIRST_ID: u16 = 2;
const EMPTY: [f32; 4] = [f32::INFINITY, f32::INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY];
/// Smaller boxes are not worth knowing.
const BOX_PX_MIN: f32 = 3.0;

impl IdRaster {
    pub(crate) fn new(width: u32, height: u32) -> Self {
        let (width, height) = (width as usize, height as usize);
        Self { width, height, ids: vec![GROUND; width * height], things: Vec::new(), open: Vec::new() }
    }

    pub(crate) fn clear(&mut self) {
        self.ids.fill(GROUND);
        self.things.clear();
        self.open.clear();
    }

    /// The ids of one row.
    pub(crate) fn row(&self, y: usize) -> &[u16] {
        &self.ids[y * self.width..(y + 1) * self.width]
    }

    /// What is stamped from here on belongs to this thing, a part of the one that is open.
    pub(crate) fn open(&mut self, label: Label) {
        // A frame has some hundred things; were there 65,000, the last would share an id.
        let id = FIRST_ID.saturating_add(u16::try_from(self.things.len()).unwrap_or(u16::MAX));
        self.things.push(Thing { label, parent: self.open.last().copied(), bounds: EMPTY, drawn_px: 0 });
        self.open.push(id);
    }

    /// Ends the thing that is open: it has been drawn.
    pub(crate) fn close(&mut self) {
        let Some(id) = self.open.pop() else { return };
        let drawn_px = self.shown(id).px;
        let Some(thing) = self.things.get_mut(usize::from(id - FIRST_ID)) else { return };
        thing.drawn_px = drawn_px;
        let (bounds, parent) = (thing.bounds, thing.parent);
        if let Some(parent) = parent.and_then(|id| self.things.get_mut(usize::from(id - FIRST_ID))) {
            parent.bounds = joined(parent.bounds, bounds);
        }
    }

    /// A convex polygon of the thing that is open, or of the scenery.
    pub(crate) fn stamp(&mut self, outline: &[[f32; 2]]) {
        let id = self.open.last().copied().unwrap_or(SCENERY);
        if let Some(thing) = id.checked_sub(FIRST_ID).and_then(|i| self.things.get_mut(usize::from(i))) {
            let point = |bounds, p: &[f32; 2]| joined(bounds, [p[0], p[1], p[0], p[1]]);
            thing.bounds = outline.iter().fold(thing.bounds, point);
        }
        self.stamp_as(outline, id);
    }

    /// Every pixel whose middle is inside.
    pub(crate) fn stamp_as(&mut self, outline: &[[f32; 2]], id: u16) {
        let (top, bottom) = outline
            .iter()
            .fold((f32::INFINITY, f32::NEG_INFINITY), |(top, bottom), p| (top.min(p[1]), bottom.max(p[1])));
        if outline.len() < 3 || top >= bottom {
            return;
        }
        for y in centres(top, bottom, self.height) {
            let middle = y as f32 + 0.5;
            let (left, right) = span(outline, middle);
            if left < right {
                let columns = centres(left, right, self.width);
                self.ids[y * self.width..][columns].fill(id);
            }
        }
    }

    /// Everything that can be seen, in the order in which it was drawn.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        let frame = [0.0, 0.0, self.width as f32, self.height as f32];
        let seen = |(thing, id): (&Thing, u16)| {
            let Shown { px, bounds: shown } = self.shown(id);
            let within = common(thing.bounds, frame);
            let bounds = common(within, shown);
            let (width, height) = size(bounds);
            if width < BOX_PX_MIN.min(size(thing.bounds).0) || width < 1.0 || height < BOX_PX_MIN || thing.drawn_px == 0
            {
                return None;
            }
            let area = |bounds| f64::from(size(bounds).0 * size(bounds).1);
            let visible = px as f64 / thing.drawn_px as f64 * (area(within) / area(thing.bounds));
            Some(Seen { label: thing.label.clone(), bounds, visible: visible.min(1.0) })
        };
        self.things.iter().zip(FIRST_ID..).filter_map(seen).collect()
    }

    /// The pixels that show a thing or a part of it now.
    fn shown(&self, id: u16) -> Shown {
        let mut shown = Shown { px: 0, bounds: EMPTY };
        let Some(thing) = id.checked_sub(FIRST_ID).and_then(|i| self.things.get(usize::from(i))) else { return shown };
        let first_part = usize::from(id - FIRST_ID);
        // Parts are opened right after their whole.
        let parts = self.things[first_part + 1..].iter().take_while(|part| part.parent == Some(id)).count() as u16;
        let ids = id..=id.saturating_add(parts);
        let bounds = self.things[first_part..=first_part + usize::from(parts)]
            .iter()
            .fold(thing.bounds, |all, part| joined(all, part.bounds));
        let columns = centres(bounds[0], bounds[2], self.width);
        for y in centres(bounds[1], bounds[3], self.height) {
            let row = &self.row(y)[columns.clone()];
            let Some(first) = row.iter().position(|found| ids.contains(found)) else { continue };
            let last = row.iter().rposition(|found| ids.contains(found)).unwrap_or(first);
            shown.px += row[first..=last].iter().filter(|found| ids.contains(found)).count() as u64;
            let [left, right] = [first, last].map(|i| (columns.start + i) as f32);
            shown.bounds = joined(shown.bounds, reach([left, y as f32, right, y as f32]));
        }
        shown
    }
}

/// The pixels that show a thing.
struct Shown {
    px: u64,
    /// Left, top, right, bottom of all that the thing can cover without covering the middle of another pixel.
    bounds: [f32; 4],
}

/// From the middle of the pixel before the first to the middle of the pixel after the last.
fn reach([left, top, right, bottom]: [f32; 4]) -> [f32; 4] {
    [left - 0.5, top - 0.5, right + 1.5, bottom + 1.5]
}

fn common(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
    [a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])]
}

fn size(bounds: [f32; 4]) -> (f32, f32) {
    (bounds[2] - bounds[0], bounds[3] - bounds[1])
}

fn joined(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

/// The pixels whose middle is between `from` and `to`, within `0..limit`.
fn centres(from: f32, to: f32, limit: usize) -> std::ops::Range<usize> {
    // A float cast saturates, so that far outside stays outside.
    let start = ((from - 0.5).ceil().max(0.0) as usize).min(limit);
    let end = ((to - 0.5).ceil().max(0.0) as usize).min(limit);
    start..end.max(start)
}

/// Where a row meets the outline first and last.
fn span(outline: &[[f32; 2]], y: f32) -> (f32, f32) {
    let mut span = (f32::INFINITY, f32::NEG_INFINITY);
    for (i, to) in outline.iter().enumerate() {
        let from = outline[(i + outline.len() - 1) % outline.len()];
        if (from[1] <= y) != (to[1] <= y) {
            let (a, b) = (vec2(from[0].into(), from[1].into()), vec2(to[0].into(), to[1].into()));
            let x = (a.x + (b.x - a.x) * ((f64::from(y) - a.y) / (b.y - a.y))) as f32;
            span = (span.0.min(x), span.1.max(x));
        }
    }
    span
}
