//! Heads and faces.

use super::{Figure, Looks};
use crate::canvas::Canvas;
use crate::ids::Label;
use crate::plane::Vec3;
use crate::random::Random;
use crate::tone::{BLACK, Rgb, WHITE};

const HAIRS: [Rgb; 7] = [
    Rgb(0.10, 0.08, 0.07),
    Rgb(0.22, 0.14, 0.09),
    Rgb(0.38, 0.25, 0.14),
    Rgb(0.70, 0.56, 0.34),
    Rgb(0.52, 0.26, 0.12),
    Rgb(0.62, 0.61, 0.60),
    Rgb(0.16, 0.12, 0.11),
];
const HATS: [Rgb; 4] = [Rgb(0.62, 0.14, 0.14), Rgb(0.14, 0.18, 0.34), Rgb(0.30, 0.32, 0.30), Rgb(0.72, 0.66, 0.54)];

/// Half the width and half the height of a head.
const HEAD_M: (f64, f64) = (0.088, 0.128);
/// A face that is turned farther away shows no eye.
const TURNED_MIN: f64 = -0.08;
/// Features are drawn from this height of a face.
const FEATURES_PX_MIN: f64 = 5.0;

pub(super) fn paint(canvas: &mut Canvas, figure: &Figure, looks: &Looks) {
    let random = &mut Random::of(looks.seed, "head", &[]);
    let (hair, long_hair, hat) = (random.pick(&HAIRS), random.chance(0.4), random.chance(0.16));
    let middle_m = looks.height_m - HEAD_M.1;
    let (board, normal) = (figure.board, figure.normal);
    let corners = if figure.near { 16 } else { 9 };
    if long_hair {
        let low =
            [(-0.10, middle_m - 0.18), (0.10, middle_m - 0.18), (0.098, middle_m + 0.04), (-0.098, middle_m + 0.04)];
        canvas.face(&board.quad(low), normal, hair * 0.9);
    }
    canvas.face(&board.ellipse((0.0, middle_m + 0.014), (HEAD_M.0 + 0.012, HEAD_M.1 + 0.004), corners), normal, hair);
    let shows_face = figure.towards > TURNED_MIN;
    if shows_face {
        face(canvas, figure, looks, (middle_m, hair));
    } else {
        back(canvas, figure, (middle_m, hair));
    }
    if hat {
        let colour = HATS[(looks.seed % HATS.len() as u64) as usize];
        let cap = [
            (-0.105, middle_m + 0.055),
            (0.105, middle_m + 0.055),
            (0.085, middle_m + 0.15),
            (-0.085, middle_m + 0.15),
        ];
        canvas.face(&board.quad(cap), normal, colour);
        if shows_face {
            let brim = (figure.aside * 0.08 - 0.10, middle_m + 0.048);
            canvas.face(&board.rect(brim, (0.20, 0.022)), normal, colour * 0.75);
        }
    }
}

/// The back of a head: hair over the nape, in strands.
fn back(canvas: &mut Canvas, figure: &Figure, (middle_m, hair): (f64, Rgb)) {
    let (board, normal) = (figure.board, figure.normal);
    let nape =
        [(-0.058, middle_m - 0.175), (0.058, middle_m - 0.175), (0.094, middle_m - 0.02), (-0.094, middle_m - 0.02)];
    canvas.face(&board.quad(nape), normal, hair * 0.94);
    if canvas.view.scale_px(board.at(0.0, middle_m)) * HEAD_M.1 * 2.0 < FEATURES_PX_MIN {
        return;
    }
    let strand = |across: f64| {
        let (top, foot) = (across * 0.016, across * 0.022);
        board.quad([
            (foot - 0.007, middle_m - 0.13),
            (foot + 0.007, middle_m - 0.13),
            (top + 0.007, middle_m + 0.09),
            (top - 0.007, middle_m + 0.09),
        ])
    };
    canvas.detail([-3.0, -0.7, 1.6].map(strand), normal, hair * 0.66);
    canvas.detail([-1.9, 0.6, 2.9].map(strand), normal, hair * 1.16);
}

fn face(canvas: &mut Canvas, figure: &Figure, looks: &Looks, (middle_m, hair): (f64, Rgb)) {
    let random = &mut Random::of(looks.seed, "face", &[]);
    let (board, normal) = (figure.board, figure.normal);
    // The face slides over the head as it turns.
    let turn = figure.aside.clamp(-1.0, 1.0);
    let shift_m = turn * 0.034;
    let oval = (HEAD_M.0 * (0.90 - 0.16 * turn.abs()), HEAD_M.1 * 0.86);
    let place = (shift_m, middle_m - 0.014);
    canvas.ids.open(Label { class: "face".into(), object: None });
    canvas.face(&board.ellipse(place, oval, 16), normal, looks.skin);
    canvas.ids.close();
    if canvas.view.scale_px(board.at(0.0, middle_m)) * oval.1 * 2.0 < FEATURES_PX_MIN {
        return;
    }
    // Features sit on a ball: where a longitude of the face is seen, and how wide it looks there.
    let across = |longitude: f64| {
        let angle = longitude + turn.asin();
        (figure.towards > 0.0 || longitude * turn < 0.0)
            .then(|| (angle.sin() * HEAD_M.0 * 0.92, angle.cos()))
            .filter(|&(at, wide)| wide > 0.15 && (at - shift_m).abs() < oval.0)
    };
    let spot = |longitude: f64, up_m: f64, size: (f64, f64)| -> Option<Vec<Vec3>> {
        across(longitude).map(|(at, wide)| board.ellipse((at, place.1 + up_m), (size.0 * wide, size.1), 10))
    };
    let both = |longitude: f64, up_m: f64, size: (f64, f64)| -> Vec<Vec<Vec3>> {
        [-longitude, longitude].into_iter().filter_map(|side| spot(side, up_m, size)).collect()
    };
    let shade = looks.skin * 0.78;
    let cheek_side = if turn >= 0.0 { -1.0 } else { 1.0 };
    canvas.detail(spot(0.62 * cheek_side, -0.02, (0.030, 0.075)), normal, looks.skin * 0.9);
    canvas.detail(both(0.42, 0.030, (0.022, 0.018)), normal, shade);
    canvas.detail(both(0.42, 0.026, (0.018, 0.010)), normal, WHITE * 0.95);
    canvas.detail(both(0.42, 0.026, (0.0095, 0.0105)), normal, BLACK);
    canvas.detail(both(0.42, 0.050, (0.025, 0.0065)), normal, hair.mix(BLACK, 0.3));
    canvas.detail(spot(0.0, -0.006, (0.011, 0.026)), normal, shade);
    canvas.detail(spot(0.0, -0.030, (0.019, 0.009)), normal, looks.skin * 0.68);
    let lips = looks.skin.mix(Rgb(0.62, 0.16, 0.16), 0.55);
    canvas.detail(spot(0.0, -0.058, (0.031, 0.0105)), normal, lips * 0.9);
    let fringe_m = random.between(0.055, 0.085);
    let fringe = board.ellipse((shift_m * 0.4, place.1 + oval.1 - 0.015), (oval.0 * 1.05, 0.105 - fringe_m), 10);
    canvas.detail([fringe], normal, hair);
    if random.chance(0.14) {
        canvas.detail(spot(0.0, -0.083, (0.048, 0.026)), normal, hair);
    }
    if random.chance(0.15) {
        canvas.detail([board.rect((shift_m - 0.07, place.1 + 0.030), (0.14, 0.006))], normal, BLACK);
    }
}
