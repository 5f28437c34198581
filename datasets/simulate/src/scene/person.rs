//! People: a figure that turns and walks, with a face.

mod head;

use crate::board::Board;
use crate::canvas::Canvas;
use crate::ids::Label;
use crate::plane::Vec3;
use crate::random::Random;
use crate::tone::{BLACK, Rgb};
use crate::town::Stance;

/// Somebody on foot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person {
    pub(crate) stance: Stance,
    pub(crate) seed: u64,
}

const SKINS: [Rgb; 8] = [
    Rgb(0.96, 0.80, 0.69),
    Rgb(0.90, 0.72, 0.58),
    Rgb(0.82, 0.62, 0.46),
    Rgb(0.72, 0.51, 0.36),
    Rgb(0.60, 0.41, 0.28),
    Rgb(0.47, 0.31, 0.21),
    Rgb(0.36, 0.23, 0.16),
    Rgb(0.93, 0.76, 0.64),
];
const SHIRTS: [Rgb; 10] = [
    Rgb(0.75, 0.18, 0.18),
    Rgb(0.16, 0.28, 0.56),
    Rgb(0.90, 0.90, 0.88),
    Rgb(0.20, 0.20, 0.22),
    Rgb(0.24, 0.48, 0.32),
    Rgb(0.86, 0.68, 0.22),
    Rgb(0.50, 0.54, 0.60),
    Rgb(0.58, 0.32, 0.52),
    Rgb(0.42, 0.30, 0.22),
    Rgb(0.36, 0.58, 0.70),
];
const TROUSERS: [Rgb; 5] =
    [Rgb(0.18, 0.22, 0.34), Rgb(0.14, 0.14, 0.15), Rgb(0.46, 0.42, 0.36), Rgb(0.34, 0.36, 0.40), Rgb(0.56, 0.50, 0.42)];

/// How one person looks.
struct Looks {
    height_m: f64,
    wide: f64,
    skin: Rgb,
    shirt: Rgb,
    trousers: Rgb,
    long_coat: bool,
    seed: u64,
}

/// A person as the eye sees them: the plane across the view, and how far they are turned from it.
struct Figure {
    board: Board,
    normal: Vec3,
    /// 1 when they face us, -1 when they turn their back.
    towards: f64,
    /// To our right: 1 when they go there.
    aside: f64,
    near: bool,
}

impl Looks {
    fn of(seed: u64) -> Self {
        let random = &mut Random::of(seed, "person", &[]);
        Self {
            height_m: random.between(1.55, 1.90),
            wide: random.between(0.9, 1.2),
            skin: random.pick(&SKINS),
            shirt: random.pick(&SHIRTS),
            trousers: random.pick(&TROUSERS),
            long_coat: random.chance(0.2),
            seed: random.next(),
        }
    }
}

pub(crate) fn paint(canvas: &mut Canvas, person: &Person) {
    let looks = Looks::of(person.seed);
    let to_eye = (canvas.view.eye.ground() - person.stance.at).unit();
    let figure = Figure {
        board: Board::facing(person.stance.at.at_height(0.0), to_eye),
        normal: to_eye.at_height(0.0),
        towards: person.stance.facing.dot(to_eye),
        aside: person.stance.facing.dot(to_eye.right() * -1.0),
        near: canvas.view.scale_px(person.stance.at.at_height(1.0)) > 22.0,
    };
    canvas.ids.open(Label { class: "person".into(), object: None });
    let swing = person.stance.steps.map_or(0.0, |steps| (steps * std::f64::consts::PI).sin());
    legs(canvas, &figure, &looks, swing);
    torso(canvas, &figure, &looks, swing);
    head::paint(canvas, &figure, &looks);
    canvas.ids.close();
}

fn limb(board: Board, (from, to): ((f64, f64), (f64, f64)), half_m: f64) -> [Vec3; 4] {
    let (x, y) = (to.0 - from.0, to.1 - from.1);
    let length = (x * x + y * y).sqrt().max(1e-6);
    let (across, up) = (-y / length * half_m, x / length * half_m);
    board.quad([
        (from.0 + across, from.1 + up),
        (from.0 - across, from.1 - up),
        (to.0 - across, to.1 - up),
        (to.0 + across, to.1 + up),
    ])
}

fn legs(canvas: &mut Canvas, figure: &Figure, looks: &Looks, swing: f64) {
    let hip_m = looks.height_m * 0.5;
    for (side, tone) in [(-1.0, 0.84), (1.0, 1.0)] {
        let stride_m = swing * side * 0.32 * figure.aside;
        let lift_m = (swing * side).max(0.0) * 0.09;
        let hip = (side * 0.085 * looks.wide * figure.towards.abs().max(0.35), hip_m);
        let foot = (hip.0 + stride_m, 0.05 + lift_m);
        canvas.face(&limb(figure.board, (hip, foot), 0.075 * looks.wide), figure.normal, looks.trousers * tone);
        let shoe = (foot.0 + 0.05 * figure.aside - 0.07, foot.1 - 0.05);
        canvas.face(&figure.board.rect(shoe, (0.14 + 0.10 * figure.aside.abs(), 0.09)), figure.normal, BLACK * 1.5);
    }
}

fn torso(canvas: &mut Canvas, figure: &Figure, looks: &Looks, swing: f64) {
    let (board, normal) = (figure.board, figure.normal);
    let (hip_m, shoulder_m) = (looks.height_m * if looks.long_coat { 0.34 } else { 0.47 }, looks.height_m * 0.82);
    let turned = 0.62 + 0.38 * figure.towards.abs();
    let (hip, shoulder) = (0.165 * looks.wide * turned, 0.215 * looks.wide * turned);
    let arm = |side: f64| {
        let at = (side * (shoulder - 0.02), shoulder_m - 0.06);
        let hand = (at.0 + side * 0.05 - swing * side * 0.24 * figure.aside, looks.height_m * 0.46);
        (at, hand)
    };
    let sleeves = [-1.0, 1.0].map(arm);
    if figure.near {
        let (at, hand) = sleeves[0];
        canvas.face(&limb(board, (at, hand), 0.05), normal, looks.shirt * 0.78);
        canvas.face(&board.ellipse(hand, (0.045, 0.06), 8), normal, looks.skin * 0.9);
    }
    canvas.face(&board.rect((-0.05, shoulder_m - 0.03), (0.10, 0.12)), normal, looks.skin * 0.82);
    let body = [
        (-hip, hip_m),
        (hip, hip_m),
        (shoulder, shoulder_m - 0.06),
        (shoulder * 0.5, shoulder_m + 0.01),
        (-shoulder * 0.5, shoulder_m + 0.01),
        (-shoulder, shoulder_m - 0.06),
    ];
    canvas.face(&board.shape(&body), normal, looks.shirt);
    if figure.near {
        let fold = [
            (-hip * 0.1, hip_m),
            (hip * 0.06, hip_m),
            (hip * 0.03, shoulder_m - 0.02),
            (-hip * 0.03, shoulder_m - 0.02),
        ];
        canvas.detail([board.quad(fold)], normal, looks.shirt * 0.82);
        let (at, hand) = sleeves[1];
        canvas.face(&limb(board, (at, hand), 0.05), normal, looks.shirt * 0.9);
        canvas.face(&board.ellipse(hand, (0.045, 0.06), 8), normal, looks.skin);
    }
}
