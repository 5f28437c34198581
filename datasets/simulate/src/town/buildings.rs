//! Houses and trees along the streets.

use super::streets::{JUNCTION_RADIUS_M, Street, Streets};
use crate::plane::Vec2;
use crate::random::Random;
use crate::tone::Rgb;

/// The form of a roof.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Roof {
    Flat,
    /// The ridge runs along the street.
    Gabled,
}

/// A house: a rectangle with a front towards its street.
#[derive(Debug)]
pub(crate) struct Building {
    /// Corners, clockwise from above; the first two are the front.
    pub(crate) corners: [Vec2; 4],
    pub(crate) storeys: u8,
    pub(crate) storey_m: f64,
    pub(crate) wall: Rgb,
    pub(crate) roof: Roof,
    /// The ground floor has shop windows.
    pub(crate) shop: bool,
    pub(crate) seed: u64,
}

impl Building {
    pub(crate) fn height_m(&self) -> f64 {
        f64::from(self.storeys) * self.storey_m + 0.4
    }
}

/// A tree on a pavement or in a garden.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) foot: Vec2,
    pub(crate) height_m: f64,
    pub(crate) seed: u64,
}

const WALLS: [Rgb; 14] = [
    Rgb(0.86, 0.80, 0.68),
    Rgb(0.74, 0.44, 0.34),
    Rgb(0.92, 0.90, 0.84),
    Rgb(0.62, 0.36, 0.28),
    Rgb(0.80, 0.70, 0.50),
    Rgb(0.66, 0.72, 0.76),
    Rgb(0.88, 0.76, 0.62),
    Rgb(0.58, 0.56, 0.52),
    Rgb(0.82, 0.62, 0.48),
    Rgb(0.70, 0.74, 0.62),
    Rgb(0.93, 0.85, 0.60),
    Rgb(0.50, 0.42, 0.38),
    Rgb(0.78, 0.78, 0.80),
    Rgb(0.60, 0.66, 0.72),
];

pub(crate) fn along(streets: &Streets, seed: u64) -> (Vec<Building>, Vec<Tree>) {
    let (mut buildings, mut trees) = (Vec::new(), Vec::new());
    for (i, street) in streets.streets.iter().enumerate() {
        for side in [1.0, -1.0] {
            let random = &mut Random::of(seed, "plots", &[i as u64, u64::from(side > 0.0)]);
            plots(streets, (street, side), random, (&mut buildings, &mut trees));
            if street.trees {
                avenue((street, side), random, &mut trees);
            }
        }
    }
    (buildings, trees)
}

/// One side of a street: 1 is right of its line, -1 left.
type Side<'a> = (&'a Street, f64);

fn plots(streets: &Streets, (street, side): Side, random: &mut Random, out: (&mut Vec<Building>, &mut Vec<Tree>)) {
    let setback_m = street.kerb_m() + street.pavement_m + random.pick(&[0.1, 0.1, 1.2, 3.5]);
    let mut s_m = JUNCTION_RADIUS_M + 2.0;
    while s_m < street.line.length_m() - JUNCTION_RADIUS_M - 8.0 {
        let width_m = random.between(8.0, 17.0);
        let building = building((street, side), (s_m, width_m, setback_m), random);
        if is_free(streets, &building, out.0) && random.chance(0.94) {
            out.0.push(building);
        } else {
            let foot = street.line.beside(s_m + width_m / 2.0, side * (setback_m + 3.0));
            if streets.clearance_m(foot) > 0.8 && !out.0.iter().any(|other| contains(&other.corners, foot)) {
                out.1.push(Tree { foot, height_m: random.between(5.0, 9.0), seed: random.next() });
            }
        }
        s_m += width_m + if random.chance(0.3) { random.between(1.0, 6.0) } else { 0.02 };
    }
}

fn building((street, side): Side, (s_m, width_m, setback_m): (f64, f64, f64), random: &mut Random) -> Building {
    let middle = street.line.beside(s_m + width_m / 2.0, side * setback_m);
    let along = street.line.direction(s_m + width_m / 2.0) * side;
    let back = along.right() * random.between(9.0, 13.0);
    let (start, end) = (middle - along * (width_m / 2.0), middle + along * (width_m / 2.0));
    let storeys = 1 + random.below(street.storeys_max.into()) as u8;
    Building {
        corners: [start, end, end + back, start + back],
        storeys: storeys.max(street.storeys_max / 2),
        storey_m: random.between(2.9, 3.4),
        wall: random.pick(&WALLS),
        roof: if storeys <= 3 && random.chance(0.7) { Roof::Gabled } else { Roof::Flat },
        shop: random.chance(0.35),
        seed: random.next(),
    }
}

/// Clear of every street and of every house before it.
fn is_free(streets: &Streets, building: &Building, others: &[Building]) -> bool {
    let c = building.corners;
    let edge = |a: Vec2, b: Vec2| [a, a * 0.5 + b * 0.5];
    let mut outline = (0..4).flat_map(|i| edge(c[i], c[(i + 1) % 4]));
    outline.all(|point| streets.clearance_m(point) > -0.05) && others.iter().all(|other| is_apart(&c, &other.corners))
}

/// Houses that stand wall to wall along a bend reach into each other by so much.
const TOUCH_M: f64 = 0.3;

/// Two rectangles are apart when one edge of either has the other wholly outside.
fn is_apart(a: &[Vec2; 4], b: &[Vec2; 4]) -> bool {
    let parts = |of: &[Vec2; 4], other: &[Vec2; 4]| {
        (0..4).any(|i| {
            let edge = of[(i + 1) % 4] - of[i];
            other.iter().all(|&point| edge.unit().cross(point - of[i]) > -TOUCH_M)
        })
    };
    parts(a, b) || parts(b, a)
}

/// Whether a point is inside corners that run clockwise.
pub(crate) fn contains(corners: &[Vec2; 4], point: Vec2) -> bool {
    (0..4).all(|i| (corners[(i + 1) % 4] - corners[i]).cross(point - corners[i]) <= 0.0)
}

fn avenue((street, side): Side, random: &mut Random, trees: &mut Vec<Tree>) {
    let mut s_m = JUNCTION_RADIUS_M + random.between(8.0, 14.0);
    while s_m < street.line.length_m() - JUNCTION_RADIUS_M - 9.0 {
        if random.chance(0.75) {
            let foot = street.line.beside(s_m, side * (street.kerb_m() + 0.9));
            trees.push(Tree { foot, height_m: random.between(4.5, 7.5), seed: random.next() });
        }
        s_m += random.between(10.0, 18.0);
    }
}
