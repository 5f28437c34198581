//! Streets: pavement, kerb, asphalt, and the paint on it.

use crate::canvas::Canvas;
use crate::plane::{Vec2, Vec3};
use crate::tone::Rgb;
use crate::town::{Approach, Control, JUNCTION_RADIUS_M, LANE_OFFSET_M, Street, Town};

const PAVEMENT: Rgb = Rgb(0.64, 0.62, 0.59);
const KERB: Rgb = Rgb(0.78, 0.77, 0.74);
const GUTTER: Rgb = Rgb(0.30, 0.30, 0.30);
const ASPHALT: Rgb = Rgb(0.36, 0.36, 0.375);
const PATCH: Rgb = Rgb(0.29, 0.29, 0.30);
const PAINT: Rgb = Rgb(0.90, 0.90, 0.88);

const KERB_M: f64 = 0.18;
const GUTTER_M: f64 = 0.12;
const CORNER_M: f64 = 8.4;
/// Farther streets are a line on the horizon.
const SIGHT_M: f64 = 170.0;
const PAINT_SIGHT_M: f64 = 80.0;

/// A strip along a street: from and to, to the right of its line.
type Strip = (f64, f64);

/// Draws all streets, one layer after the other, so that junctions are one surface.
pub(crate) fn paint(canvas: &mut Canvas, town: &Town) {
    let dry = if canvas.light.wet { 0.72 } else { 1.0 };
    layer(canvas, town, PAVEMENT * dry, (&|street| street.pavement_m, 2.8));
    layer(canvas, town, KERB * dry, (&|_| KERB_M, KERB_M));
    layer(canvas, town, GUTTER * dry, (&|_| 0.0, 0.0));
    layer(canvas, town, ASPHALT * dry, (&|_| -GUTTER_M, -GUTTER_M));
    for (i, street) in town.streets.streets.iter().enumerate() {
        patches(canvas, street, i, PATCH * dry);
        lines(canvas, street);
    }
    for approach in town.streets.approaches().filter(|&approach| town.streets.is_open(approach)) {
        stop_line(canvas, town, approach);
    }
}

/// How far a surface reaches beyond the kerb of a street, and beyond the disc of a junction.
type Beyond<'a> = (&'a dyn Fn(&Street) -> f64, f64);

/// One surface: along every street, and a disc at each node.
fn layer(canvas: &mut Canvas, town: &Town, base: Rgb, (beyond_m, wider_m): Beyond<'_>) {
    for node in &town.streets.nodes {
        if is_seen(canvas, node.at, 14.0, SIGHT_M) {
            let disc = disc(node.at, CORNER_M + wider_m);
            canvas.ground([disc], base);
        }
    }
    for street in &town.streets.streets {
        let half_m = street.kerb_m() + beyond_m(street);
        for s_m in chunks(canvas, street, SIGHT_M) {
            canvas.ground([strip(street, (s_m - 0.2, s_m + CHUNK_M + 0.2), (-half_m, half_m))], base);
        }
    }
}

const CHUNK_M: f64 = 9.0;

/// The starts of the pieces of a street that are in sight.
fn chunks(canvas: &Canvas, street: &Street, sight_m: f64) -> Vec<f64> {
    let count = (street.line.length_m() / CHUNK_M).ceil() as usize;
    let starts = (0..count).map(|i| i as f64 * CHUNK_M);
    starts.filter(|s_m| is_seen(canvas, street.line.at(s_m + CHUNK_M / 2.0).0, 13.0, sight_m)).collect()
}

fn is_seen(canvas: &Canvas, at: Vec2, radius_m: f64, sight_m: f64) -> bool {
    (at - canvas.view.eye.ground()).length() < sight_m && canvas.view.may_see(at.at_height(canvas.view.eye.z), radius_m)
}

fn strip(street: &Street, (from_m, to_m): (f64, f64), (left_m, right_m): Strip) -> [Vec3; 4] {
    let to_m = to_m.min(street.line.length_m());
    let corner = |s_m: f64, right_m: f64| street.line.beside(s_m, right_m).at_height(0.0);
    [corner(from_m, left_m), corner(to_m, left_m), corner(to_m, right_m), corner(from_m, right_m)]
}

fn disc(middle: Vec2, radius_m: f64) -> Vec<Vec3> {
    let corner =
        |i: i32| (middle + Vec2::of_heading(f64::from(i) * std::f64::consts::TAU / 28.0) * radius_m).at_height(0.0);
    (0..28).map(corner).collect()
}

/// Where the road was mended, and covers of shafts: the same ones every time.
fn patches(canvas: &mut Canvas, street: &Street, index: usize, base: Rgb) {
    let random = &mut crate::random::Random::of(index as u64, "patches", &[]);
    let length_m = street.line.length_m();
    for _ in 0..(length_m / 14.0) as usize {
        let (s_m, right_m) =
            (random.between(JUNCTION_RADIUS_M, length_m - JUNCTION_RADIUS_M), random.between(-3.0, 1.5));
        let (long_m, wide_m) = (random.between(0.6, 5.0), random.between(0.5, 1.4));
        let round = random.chance(0.35);
        if !is_seen(canvas, street.line.at(s_m).0, 4.0, 45.0) {
            continue;
        }
        if round {
            let cover = disc(street.line.beside(s_m, right_m), 0.34);
            canvas.ground([cover], base * 0.72);
        } else {
            canvas.ground([strip(street, (s_m, s_m + long_m), (right_m, right_m + wide_m))], base);
        }
    }
}

/// Dashes in the middle, and the edge of a parking lane.
fn lines(canvas: &mut Canvas, street: &Street) {
    let end_m = street.line.length_m() - JUNCTION_RADIUS_M - 1.0;
    for s_m in chunks(canvas, street, PAINT_SIGHT_M) {
        let mut painted = Vec::new();
        let mut dash_m = (s_m / 6.0).ceil() * 6.0;
        while dash_m < s_m + CHUNK_M {
            if dash_m > JUNCTION_RADIUS_M && dash_m + 3.0 < end_m && !street.one_way {
                painted.push(strip(street, (dash_m, dash_m + 3.0), (-0.07, 0.07)));
            }
            dash_m += 6.0;
        }
        if street.parking && s_m > JUNCTION_RADIUS_M && s_m + CHUNK_M < end_m {
            for side in [-1.0, 1.0] {
                let middle_m = side * (street.kerb_m() - 2.2);
                painted.push(strip(street, (s_m, s_m + CHUNK_M), (middle_m - 0.05, middle_m + 0.05)));
            }
        }
        canvas.ground(painted, PAINT);
    }
}

/// Who comes to a junction sees where to wait, and where people cross.
fn stop_line(canvas: &mut Canvas, town: &Town, approach: Approach) {
    let (street, line) = (&town.streets.streets[approach.street], town.streets.line_towards(approach));
    let end_m = line.length_m() - JUNCTION_RADIUS_M;
    if !is_seen(canvas, line.at(end_m).0, 9.0, PAINT_SIGHT_M) {
        return;
    }
    let quad = |(from_m, to_m): (f64, f64), (left_m, right_m): Strip| {
        let corner = |s_m: f64, right_m: f64| line.beside(s_m, right_m).at_height(0.0);
        [corner(from_m, left_m), corner(to_m, left_m), corner(to_m, right_m), corner(from_m, right_m)]
    };
    let mut painted = Vec::new();
    let lane = (0.15, 2.0 * LANE_OFFSET_M - 0.1);
    match town.streets.control(approach) {
        Control::Stop | Control::Signals { .. } => painted.push(quad((end_m - 0.5, end_m - 0.1), lane)),
        Control::Yield => (0..4).for_each(|i| {
            let left_m = lane.0 + 0.8 * f64::from(i);
            painted.push(quad((end_m - 0.5, end_m - 0.1), (left_m, left_m + 0.5)));
        }),
        Control::Free => {}
    }
    if town.streets.nodes[approach.node].streets.len() > 2 {
        let half_m = street.kerb_m() - 0.3;
        let bars = (half_m * 2.0 / 1.0) as i32;
        for bar in 0..bars {
            let left_m = -half_m + f64::from(bar) + 0.2;
            painted.push(quad((end_m + 0.5, end_m + 3.1), (left_m, left_m + 0.5)));
        }
    }
    canvas.ground(painted, PAINT);
}
