//! Cars and vans: a profile drawn along their width, with wheels, windows, lights and plates.

mod form;

use crate::board::Board;
use crate::canvas::Canvas;
use crate::glyphs;
use crate::ids::Label;
use crate::plane::{UP, Vec2, Vec3};
use crate::random::Random;
use crate::tone::{BLACK, Rgb, WHITE};
use crate::town::Parked;
use form::{FORMS, Form};

/// A car, and what it does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vehicle {
    pub(crate) middle: Vec2,
    pub(crate) facing: Vec2,
    braking: bool,
    moving: bool,
    seed: u64,
}

const COLOURS: [Rgb; 12] = [
    Rgb(0.90, 0.90, 0.90),
    Rgb(0.12, 0.12, 0.13),
    Rgb(0.62, 0.64, 0.66),
    Rgb(0.36, 0.38, 0.40),
    Rgb(0.60, 0.10, 0.10),
    Rgb(0.12, 0.22, 0.46),
    Rgb(0.82, 0.82, 0.84),
    Rgb(0.16, 0.32, 0.26),
    Rgb(0.70, 0.62, 0.46),
    Rgb(0.86, 0.64, 0.12),
    Rgb(0.30, 0.46, 0.62),
    Rgb(0.44, 0.16, 0.20),
];
const GLASS: Rgb = Rgb(0.14, 0.17, 0.20);
const TYRE: Rgb = Rgb(0.09, 0.09, 0.095);
const PLATE_M: (f64, f64) = (0.50, 0.16);
/// Letters are drawn on plates from this height.
const TEXT_PX_MIN: f64 = 6.0;

impl Vehicle {
    pub(crate) fn parked(car: &Parked) -> Self {
        Self { middle: car.middle, facing: car.facing, braking: false, moving: false, seed: car.seed }
    }

    pub(crate) fn moving(middle: Vec2, facing: Vec2, seed: u64) -> Self {
        Self { middle, facing, braking: false, moving: true, seed }
    }

    pub(crate) fn with_brakes(self, braking: bool) -> Self {
        Self { braking, ..self }
    }

    fn form(&self) -> &'static Form {
        &FORMS[(self.seed % FORMS.len() as u64) as usize]
    }

    pub(crate) fn footprint(&self) -> [Vec2; 4] {
        let (long, side) =
            (self.facing * (self.form().length_m() / 2.0), self.facing.right() * (self.form().width_m / 2.0));
        [self.middle - long - side, self.middle + long - side, self.middle + long + side, self.middle - long + side]
    }

    pub(crate) fn height_m(&self) -> f64 {
        self.form().height_m()
    }

    /// So far ahead of the rear, right of the middle, above the ground.
    fn at(&self, along_m: f64, right_m: f64, up_m: f64) -> Vec3 {
        let ahead = self.facing * (along_m - self.form().length_m() / 2.0);
        (self.middle + ahead + self.facing.right() * right_m).at_height(up_m)
    }
}

pub(crate) fn paint(canvas: &mut Canvas, car: &Vehicle) {
    let random = &mut Random::of(car.seed, "vehicle", &[]);
    let colour = random.pick(&COLOURS);
    canvas.ids.open(Label { class: "vehicle".into(), object: None });
    let to_eye = canvas.view.eye.ground() - car.middle;
    skin(canvas, car, colour);
    for side in [-1.0, 1.0] {
        if to_eye.dot(car.facing.right()) * side > car.form().width_m / 2.0 {
            flank(canvas, car, side, colour);
        }
    }
    let text = plate_text(random);
    let half_m = car.form().length_m() / 2.0;
    if to_eye.dot(car.facing) > half_m {
        front(canvas, car, &text);
    } else if -to_eye.dot(car.facing) > half_m {
        rear(canvas, car, &text);
    }
    canvas.ids.close();
}

/// The surfaces that run across the car: bonnet, windscreen, roof and so on, farthest first.
fn skin(canvas: &mut Canvas, car: &Vehicle, colour: Rgb) {
    let form = car.form();
    let half_m = form.width_m / 2.0;
    let mut strips: Vec<(f64, usize)> = Vec::new();
    for i in 0..form.profile.len() - 1 {
        let ((a, low), (b, high)) = (form.profile[i], form.profile[i + 1]);
        strips.push(((car.at((a + b) / 2.0, 0.0, (low + high) / 2.0) - canvas.view.eye).length(), i));
    }
    strips.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (_, i) in strips {
        let ((a, low), (b, high)) = (form.profile[i], form.profile[i + 1]);
        let (run, rise) = (b - a, high - low);
        // The profile runs over the car from front to rear, so that its left is outside.
        let normal = ((car.facing * rise).at_height(0.0) + UP * -run) * (1.0 / (run * run + rise * rise).sqrt());
        let tuck = |up_m: f64| half_m - form.tuck_m(up_m);
        let corners = [
            car.at(a, -tuck(low), low),
            car.at(b, -tuck(high), high),
            car.at(b, tuck(high), high),
            car.at(a, tuck(low), low),
        ];
        if (canvas.view.eye - corners[0]).dot(normal) <= 0.0 {
            continue;
        }
        canvas.face(&corners, normal, colour);
        if form.glass.contains(&i) {
            let inset = |along: f64, up: f64, side: f64| car.at(along, side * (tuck(up) - 0.09), up);
            let ((a, low), (b, high)) = ((a + run * 0.06, low + rise * 0.06), (b - run * 0.08, high - rise * 0.08));
            let pane = [inset(a, low, -1.0), inset(b, high, -1.0), inset(b, high, 1.0), inset(a, low, 1.0)];
            canvas.detail([pane], normal, GLASS);
            canvas.veil(
                [[pane[1], pane[2], (pane[2] + pane[3]) * 0.5, (pane[0] + pane[1]) * 0.5]],
                canvas.light.horizon,
                0.16,
            );
        }
    }
}

fn flank(canvas: &mut Canvas, car: &Vehicle, side: f64, colour: Rgb) {
    let form = car.form();
    let half_m = form.width_m / 2.0;
    let normal = (car.facing.right() * side).at_height(0.0);
    let on = |(along_m, up_m): (f64, f64)| car.at(along_m, side * (half_m - form.tuck_m(up_m)), up_m);
    let outline: Vec<Vec3> = form.profile.iter().map(|&corner| on(corner)).collect();
    canvas.face(&outline, normal, colour * 0.94);
    let panes = form.panes.iter().map(|pane| pane.map(on));
    canvas.detail(panes, normal, GLASS);
    let low = form.profile[0].1;
    let sill = [
        on((0.1, low)),
        on((form.length_m() - 0.1, low)),
        on((form.length_m() - 0.1, low + 0.1)),
        on((0.1, low + 0.1)),
    ];
    canvas.detail([sill], normal, BLACK);
    if canvas.view.scale_px(car.middle.at_height(0.5)) > 18.0 {
        let seams =
            form.doors_m.iter().map(|&s| [on((s, 0.42)), on((s + 0.025, 0.42)), on((s + 0.025, 0.9)), on((s, 0.9))]);
        canvas.detail(seams, normal, colour * 0.55);
        let handles = form
            .doors_m
            .iter()
            .map(|&s| [on((s + 0.1, 0.80)), on((s + 0.28, 0.80)), on((s + 0.28, 0.84)), on((s + 0.1, 0.84))]);
        canvas.detail(handles, normal, colour * 0.6);
    }
    let right = if side > 0.0 { car.facing } else { car.facing * -1.0 };
    for along_m in form.wheels_m {
        let board = Board::new(car.at(along_m, side * (half_m + 0.01), form.wheel_m), right);
        let radius_m = form.wheel_m;
        canvas.detail([board.ellipse((0.0, 0.04), (radius_m * 1.16, radius_m * 1.16), 14)], normal, BLACK * 0.7);
        canvas.face(&board.ellipse((0.0, 0.0), (radius_m, radius_m), 14), normal, TYRE);
        canvas.detail([board.ellipse((0.0, 0.0), (radius_m * 0.62, radius_m * 0.62), 10)], normal, WHITE * 0.62);
        canvas.detail([board.ellipse((0.0, 0.0), (radius_m * 0.2, radius_m * 0.2), 8)], normal, BLACK * 2.0);
    }
}

/// The board on the front or the rear of the car, from the middle of its foot.
fn end(car: &Vehicle, front: bool) -> (Board, Vec3) {
    let (along_m, facing) = if front { (car.form().length_m() + 0.01, car.facing) } else { (-0.01, car.facing * -1.0) };
    (Board::facing(car.at(along_m, 0.0, 0.0), facing), facing.at_height(0.0))
}

fn front(canvas: &mut Canvas, car: &Vehicle, text: &str) {
    let (board, normal) = end(car, true);
    let half_m = car.form().width_m / 2.0;
    let low = car.form().profile[0].1;
    canvas.detail([board.rect((-half_m, low - 0.08), (2.0 * half_m, 0.12))], normal, BLACK);
    canvas.detail([board.rect((-0.5, 0.56), (1.0, 0.10))], normal, BLACK * 1.4);
    let lamps = [-1.0, 1.0].map(|side| board.ellipse((side * (half_m - 0.26), 0.66), (0.19, 0.085), 12));
    canvas.detail(lamps.clone(), normal, WHITE * 0.92);
    if car.moving && canvas.light.night > 0.2 {
        canvas.veil(lamps, WHITE, canvas.light.night);
        for side in [-1.0, 1.0] {
            let lamp = Board::facing(board.at(side * (half_m - 0.26), 0.66), car.facing);
            canvas.glow(lamp, 1.2, (Rgb(1.0, 0.97, 0.88), 0.55 * canvas.light.night));
        }
    }
    plate(canvas, board, normal, text);
}

fn rear(canvas: &mut Canvas, car: &Vehicle, text: &str) {
    let (board, normal) = end(car, false);
    let half_m = car.form().width_m / 2.0;
    let low = car.form().profile[0].1;
    canvas.detail([board.rect((-half_m, low - 0.08), (2.0 * half_m, 0.16))], normal, BLACK);
    let lamps = [-1.0, 1.0].map(|side| board.rect((side * (half_m - 0.18) - 0.15, 0.70), (0.30, 0.15)));
    let red = Rgb(0.55, 0.06, 0.06);
    canvas.detail(lamps, normal, red);
    let lit = if car.braking { 0.95 } else { 0.55 * canvas.light.night };
    if car.moving && lit > 0.1 {
        canvas.veil(lamps, Rgb(1.0, 0.16, 0.12), lit);
        let glow = [-1.0, 1.0].map(|side| board.ellipse((side * (half_m - 0.18), 0.77), (0.42, 0.36), 14));
        canvas.veil(glow, Rgb(1.0, 0.14, 0.10), lit * 0.22);
    }
    plate(canvas, board, normal, text);
}

fn plate(canvas: &mut Canvas, board: Board, normal: Vec3, text: &str) {
    let corner = (-PLATE_M.0 / 2.0, 0.40);
    let tall_px = canvas.view.scale_px(board.at(0.0, corner.1)) * PLATE_M.1;
    canvas.ids.open(Label { class: "plate".into(), object: None });
    canvas.face(&board.rect(corner, PLATE_M), normal, BLACK * 2.5);
    canvas.ids.close();
    let inner = (corner.0 + 0.012, corner.1 + 0.012);
    canvas.detail([board.rect(inner, (PLATE_M.0 - 0.024, PLATE_M.1 - 0.024))], normal, Rgb(1.0, 1.0, 0.96));
    canvas.detail([board.rect(inner, (0.045, PLATE_M.1 - 0.024))], normal, Rgb(0.10, 0.42, 0.40));
    if tall_px > TEXT_PX_MIN {
        let letters = glyphs::rectangles(text, board, (0.022, corner.1 + PLATE_M.1 / 2.0), 0.085);
        canvas.detail(letters, normal, BLACK);
    }
}

/// Two letters and four digits; no place has such plates.
fn plate_text(random: &mut Random) -> String {
    let letter = |random: &mut Random| char::from(b'A' + random.below(26) as u8);
    let letters = [letter(random), letter(random)];
    format!("{}{} {:03}", letters[0], letters[1], random.below(1_000))
}
