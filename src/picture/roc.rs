//! Detection against false alarms, a curve for each kind.

use tiny_skia::{Color, Pixmap};

use super::pen::{self, Place, colour};
use super::text::{Font, write};

/// One curve.
pub struct Curve {
    /// What the legend calls it.
    pub name: String,
    /// Share of false alarms and share of detections, both from 0 to 1 and never falling.
    pub points: Vec<(f32, f32)>,
}

const SIZE: (u32, u32) = (1_080, 680);
const LEFT: f32 = 90.0;
const TOP: f32 = 60.0;
const SIDE: (f32, f32) = (640.0, 540.0);
const INK: [u8; 3] = [30, 34, 42];
const GRID: [u8; 3] = [214, 218, 226];
/// Told apart by most who do not see all colours: Okabe and Ito 2008, and two greys.
const COLOURS: [[u8; 3]; 10] = [
    [0, 114, 178],
    [213, 94, 0],
    [0, 158, 115],
    [204, 121, 167],
    [86, 180, 233],
    [230, 159, 0],
    [120, 90, 40],
    [0, 0, 0],
    [130, 130, 130],
    [150, 0, 60],
];
/// False alarms are spread out on the left, where they matter: the axis is that of the square root.
const TICKS: [f32; 7] = [0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0];

/// Draws the curves; none where there is no memory.
pub fn roc(curves: &[Curve]) -> Option<Pixmap> {
    let mut picture = Pixmap::new(SIZE.0, SIZE.1)?;
    picture.fill(Color::WHITE);
    write(&mut picture, (LEFT, 20.0), "Cheats found out against honest drives doubted", (Font::Large, colour(INK)));
    axes(&mut picture);
    for (number, curve) in curves.iter().enumerate() {
        let ink = colour(COLOURS[number % COLOURS.len()]);
        // Curves that run along the same edge are drawn beside each other.
        let shift = number as f32 * 1.6;
        let steps = curve.points.windows(2).flat_map(|pair| [pair[0], (pair[1].0, pair[0].1), pair[1]]);
        let path = pen::line(steps.map(at).map(|(x, y)| (x + shift, y + shift)));
        pen::stroke(&mut picture, path.as_ref(), (ink, 2.5));
        let y = TOP + 14.0 + 30.0 * number as f32;
        let x = LEFT + SIDE.0 + 40.0;
        pen::stroke(&mut picture, pen::line([(x, y), (x + 32.0, y)]).as_ref(), (ink, 4.0));
        write(&mut picture, (x + 42.0, y - 8.0), &curve.name, (Font::Small, colour(INK)));
    }
    Some(picture)
}

fn at((alarms, found): (f32, f32)) -> Place {
    (LEFT + SIDE.0 * alarms.max(0.0).sqrt(), TOP + SIDE.1 * (1.0 - found))
}

fn axes(picture: &mut Pixmap) {
    for alarms in TICKS {
        let (x, bottom) = at((alarms, 0.0));
        pen::stroke(picture, pen::line([(x, TOP), (x, bottom)]).as_ref(), (colour(GRID), 1.0));
        write(picture, (x - 14.0, bottom + 8.0), &format!("{:.0} %", alarms * 100.0), (Font::Small, colour(INK)));
    }
    for tenth in (0_u8..=10).step_by(2) {
        let found = f32::from(tenth) / 10.0;
        let (x, y) = at((0.0, found));
        pen::stroke(picture, pen::line([(x, y), (x + SIDE.0, y)]).as_ref(), (colour(GRID), 1.0));
        write(picture, (x - 56.0, y - 7.0), &format!("{:.0} %", found * 100.0), (Font::Small, colour(INK)));
    }
    let below = (LEFT + SIDE.0 / 2.0 - 150.0, TOP + SIDE.1 + 34.0);
    write(picture, below, "honest drives doubted (axis of the square root)", (Font::Small, colour(INK)));
}
