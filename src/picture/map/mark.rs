//! The marks of the map: a shape and a colour for each class.

use tiny_skia::{Color, Path, Pixmap};
use waymark_datasets::ClassName;

use super::INK;
use crate::picture::pen::{self, Place, colour, faint};
use crate::picture::text::{self, Font};

/// Of a filled mark; hollow ones are larger, so that both are seen where they lie on each other.
const FILLED_PX: f32 = 8.0;
const HOLLOW_PX: f32 = 11.0;
const UNSEEN_PX: f32 = 4.5;
const RING_PX: f32 = 16.0;
const CROSS_PX: f32 = 11.0;
const NEW: [u8; 3] = [0x12, 0x9a, 0x4a];
const GONE: [u8; 3] = [0xb0, 0x15, 0x15];

/// What a mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Here it was found.
    Found,
    /// Here it was found, but nothing of its class really stands near.
    Wrong,
    /// The ring around what was not there before.
    New,
    /// Here it was, and it is gone.
    Gone,
    /// Here it really stands, and was well seen.
    True,
    /// Here it really stands, and was not well seen.
    Unseen,
}

/// How a class is drawn.
#[derive(Debug, Clone)]
pub struct Style {
    shape: Shape,
    rgb: [u8; 3],
    /// On the mark, such as the number of a speed limit.
    words: String,
}

#[derive(Debug, Clone, Copy)]
enum Shape {
    Disc,
    /// Regular, with so many corners; the first at this many degrees clockwise from the top.
    Polygon(u8, f32),
    /// Higher than it is wide.
    Upright,
    /// With four points.
    Star,
}

/// The well-known classes by a part of their names.
const KNOWN: [(&str, Shape, [u8; 3]); 9] = [
    ("stop-sign", Shape::Polygon(8, 22.5), [0xc6, 0x1e, 0x26]),
    ("yield", Shape::Polygon(3, 180.0), [0xe8, 0x5d, 0x04]),
    ("no-entry", Shape::Polygon(4, 45.0), [0xb5, 0x17, 0x6e]),
    ("speed-limit", Shape::Disc, [0x1d, 0x4e, 0x9e]),
    ("traffic-light", Shape::Upright, [0x18, 0x18, 0x18]),
    ("lamp", Shape::Star, [0xd9, 0x9a, 0x00]),
    ("hydrant", Shape::Polygon(5, 0.0), [0x9c, 0x3d, 0x12]),
    ("sign", Shape::Polygon(4, 0.0), [0x5b, 0x2a, 0x86]),
    ("light", Shape::Upright, [0x44, 0x44, 0x44]),
];
/// Any other class.
const OTHER: (Shape, [u8; 3]) = (Shape::Polygon(6, 0.0), [0x4a, 0x5a, 0x6a]);

impl Style {
    /// Of a class.
    pub fn of(class: &ClassName) -> Self {
        let name = class.as_str();
        let known = KNOWN.iter().find(|(part, ..)| name.contains(part));
        let (shape, rgb) = known.map_or(OTHER, |(_, shape, rgb)| (*shape, *rgb));
        let number: String = name.chars().filter(char::is_ascii_digit).take(3).collect();
        Self { shape, rgb, words: number }
    }

    /// Draws a mark; what is new is a ring that goes around another mark.
    pub fn draw(&self, picture: &mut Pixmap, at: Place, look: Look) {
        match look {
            Look::Found => self.filled(picture, at, (Color::WHITE, 1.0)),
            Look::Wrong => self.filled(picture, at, (Color::BLACK, 1.0)),
            Look::New => {
                pen::stroke(picture, pen::circle(at, RING_PX).as_ref(), (colour(NEW), 3.0));
            }
            Look::Gone => {
                self.filled(picture, at, (Color::WHITE, 0.45));
                cross(picture, at);
            }
            Look::True => self.hollow(picture, at, (HOLLOW_PX, 1.0, 2.0)),
            Look::Unseen => self.hollow(picture, at, (UNSEEN_PX, 0.5, 1.0)),
        }
    }

    fn filled(&self, picture: &mut Pixmap, at: Place, (rim, share): (Color, f32)) {
        let path = self.shape.path(at, FILLED_PX);
        pen::stroke(picture, path.as_ref(), (faint(rim, share), 4.0));
        pen::fill(picture, path.as_ref(), faint(colour(self.rgb), share));
        let (width, height) = (Font::Tiny.width_px(&self.words), Font::Tiny.size_px().1);
        text::write(picture, (at.0 - width / 2.0 + 0.5, at.1 - height / 2.0), &self.words, (Font::Tiny, Color::WHITE));
    }

    fn hollow(&self, picture: &mut Pixmap, at: Place, (radius_px, share, width): (f32, f32, f32)) {
        pen::stroke(picture, self.shape.path(at, radius_px).as_ref(), (faint(colour(self.rgb), share), width));
    }
}

fn cross(picture: &mut Pixmap, (x, y): Place) {
    for side in [-CROSS_PX, CROSS_PX] {
        let bar = pen::line([(x - CROSS_PX, y - side), (x + CROSS_PX, y + side)]);
        pen::stroke(picture, bar.as_ref(), (colour(GONE), 3.0));
    }
}

/// From where a thing was found to where it is.
pub fn error_line(picture: &mut Pixmap, (from, to): (Place, Place)) {
    pen::stroke(picture, pen::line([from, to]).as_ref(), (colour(INK), 1.5));
}

impl Shape {
    fn path(self, (x, y): Place, radius_px: f32) -> Option<Path> {
        let corner = |degrees: f32, radius_px: f32| {
            let angle = degrees.to_radians();
            (x + radius_px * angle.sin(), y - radius_px * angle.cos())
        };
        match self {
            Self::Disc => pen::circle((x, y), radius_px),
            Self::Polygon(corners, first_deg) => {
                let turn_deg = 360.0 / f32::from(corners.max(3));
                pen::area((0..corners).map(|i| corner(first_deg + f32::from(i) * turn_deg, radius_px * 1.15)))
            }
            Self::Upright => {
                let (width, height) = (radius_px * 1.1, radius_px * 2.2);
                pen::plate((x - width / 2.0, y - height / 2.0), (width, height))
            }
            Self::Star => pen::area((0_u8..8).map(|i| {
                let reach_px = if i.is_multiple_of(2) { radius_px * 1.3 } else { radius_px * 0.55 };
                corner(f32::from(i) * 45.0, reach_px)
            })),
        }
    }
}
