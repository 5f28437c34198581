//! Signs, lights, lamps and hydrants.

use crate::board::Board;
use crate::canvas::Canvas;
use crate::drive::Signal;
use crate::glyphs;
use crate::ids::Label;
use crate::plane::{Vec2, Vec3, vec3};
use crate::tone::{BLACK, Rgb, WHITE};
use crate::town::{Kind, MapObject};

const RED: Rgb = Rgb(0.80, 0.07, 0.09);
const STEEL: Rgb = Rgb(0.56, 0.58, 0.60);
const BACK: Rgb = Rgb(0.50, 0.51, 0.52);
/// Half the height of a panel.
const PANEL_M: f64 = 0.40;
/// A panel seen at a flatter angle shows nothing: the cosine of 75°.
const FACING_MIN: f64 = 0.26;

pub(crate) fn paint(canvas: &mut Canvas, object: &MapObject, signal: Option<Signal>) {
    match object.kind {
        Kind::TrafficLight { .. } => traffic_light(canvas, object, signal),
        Kind::StreetLamp => street_lamp(canvas, object),
        Kind::Hydrant => hydrant(canvas, object),
        _ => sign(canvas, object),
    }
}

fn label(object: &MapObject) -> Label {
    Label { class: object.kind.class(), object: Some(object.id) }
}

/// A pole that turns with the eye, as round things do.
fn pole(canvas: &mut Canvas, foot: Vec2, height_m: f64, half_m: f64) {
    let towards = (canvas.view.eye.ground() - foot).unit();
    let board = Board::facing(foot.at_height(0.0), towards);
    canvas.face(&board.rect((-half_m, 0.0), (2.0 * half_m, height_m)), towards.at_height(0.0), STEEL);
    canvas.detail([board.rect((half_m * 0.3, 0.0), (half_m * 0.7, height_m))], towards.at_height(0.0), STEEL * 0.75);
}

/// How squarely the front is seen, as a cosine.
fn squarely(canvas: &Canvas, object: &MapObject) -> f64 {
    (canvas.view.eye.ground() - object.centre.ground()).unit().dot(object.facing)
}

/// Signs throw light back to where it comes from, so that they stay bright.
fn bright(canvas: &Canvas, colour: Rgb) -> Rgb {
    colour.mix(colour * 1.25, 1.0 - canvas.light.night)
}

fn sign(canvas: &mut Canvas, object: &MapObject) {
    let top_m = object.centre.z + 0.3;
    pole(canvas, object.foot, top_m, 0.035);
    // The panel is fixed in front of its pole.
    let board = Board::facing(object.centre, object.facing);
    let normal = object.facing.at_height(0.0);
    let outline = panel(object.kind, board, 1.0);
    let squarely = squarely(canvas, object);
    if squarely < FACING_MIN {
        canvas.face(&outline, normal, BACK);
        return;
    }
    canvas.ids.open(label(object));
    let rim = if object.kind == Kind::Stop { WHITE } else { RED };
    canvas.face(&outline, normal, bright(canvas, rim));
    match object.kind {
        Kind::Stop => {
            canvas.detail([panel(object.kind, board, 0.92)], normal, bright(canvas, RED));
            canvas.detail(glyphs::rectangles("STOP", board, (0.0, 0.0), 0.19), normal, WHITE);
        }
        Kind::Yield => canvas.detail([panel(object.kind, board, 0.66)], normal, bright(canvas, WHITE)),
        Kind::NoEntry => canvas.detail([board.rect((-0.29, -0.075), (0.58, 0.15))], normal, bright(canvas, WHITE)),
        _ => {
            canvas.detail([panel(object.kind, board, 0.78)], normal, bright(canvas, WHITE));
            canvas.detail(glyphs::rectangles(&object.kind.text(), board, (0.0, 0.0), 0.30), normal, BLACK);
        }
    }
    canvas.ids.close();
}

/// The outline of a panel, `share` of its full size.
fn panel(kind: Kind, board: Board, share: f64) -> Vec<Vec3> {
    let r = PANEL_M * share;
    match kind {
        Kind::Stop => {
            let c = r * 0.414;
            board.shape(&[(-c, -r), (c, -r), (r, -c), (r, c), (c, r), (-c, r), (-r, c), (-r, -c)])
        }
        Kind::Yield => {
            // The inner triangle shares the centre of gravity, a third of the height below the upper edge.
            let (low, high, shift) = (-r, r, PANEL_M / 3.0 * (1.0 - share));
            board.shape(&[(0.0, low + shift), (r * 1.15, high + shift), (-r * 1.15, high + shift)])
        }
        _ => board.ellipse((0.0, 0.0), (r, r), 20),
    }
}

fn traffic_light(canvas: &mut Canvas, object: &MapObject, signal: Option<Signal>) {
    pole(canvas, object.foot, object.centre.z + 0.5, 0.06);
    let board = Board::facing(object.centre, object.facing);
    let normal = object.facing.at_height(0.0);
    let housing = board.rect((-0.19, -0.5), (0.38, 1.0));
    if squarely(canvas, object) < FACING_MIN {
        canvas.face(&housing, normal, BLACK * 2.0);
        return;
    }
    canvas.ids.open(label(object));
    canvas.face(&housing, normal, WHITE * 0.8);
    canvas.detail([board.rect((-0.165, -0.475), (0.33, 0.95))], normal, BLACK * 1.2);
    let lamps = [
        (Signal::Red, 0.31, Rgb(1.0, 0.12, 0.08)),
        (Signal::Yellow, 0.0, Rgb(1.0, 0.75, 0.10)),
        (Signal::Green, -0.31, Rgb(0.10, 0.95, 0.50)),
    ];
    for (which, up_m, colour) in lamps {
        let lamp = board.ellipse((0.0, up_m), (0.12, 0.12), 14);
        if signal == Some(which) {
            canvas.veil([lamp], colour, 1.0);
            canvas.veil([board.ellipse((0.0, up_m), (0.055, 0.055), 10)], colour.mix(WHITE, 0.6), 0.9);
            canvas.veil([board.ellipse((0.0, up_m), (0.24, 0.24), 16)], colour, 0.12 + 0.2 * canvas.light.night);
        } else {
            canvas.detail([lamp], normal, colour.mix(BLACK, 0.8));
        }
    }
    canvas.ids.close();
}

fn street_lamp(canvas: &mut Canvas, object: &MapObject) {
    let top_m = object.centre.z + 0.06;
    pole(canvas, object.foot, top_m, 0.06);
    let (foot, head) = (object.foot.at_height(top_m), object.centre);
    let thick = vec3(0.0, 0.0, 0.07);
    let side = object.facing.right().at_height(0.0);
    canvas.ids.open(label(object));
    canvas.face(&[foot, head + thick, head + thick * 2.0, foot + thick], side, STEEL * 0.9);
    let along = object.facing.at_height(0.0);
    let (half, wide) = (along * 0.42, side * 0.14);
    let low = head - thick;
    canvas.face(
        &[low - half - wide, low + half - wide, low + half + wide, low - half + wide],
        vec3(0.0, 0.0, -1.0),
        STEEL * 0.7,
    );
    // Its long side, and the end that points at the street.
    canvas.face(&[low - half, low + half, head + half * 0.8 + thick, head - half + thick], side, STEEL * 0.8);
    canvas.face(
        &[low + half - wide, low + half + wide, head + half + wide + thick, head + half - wide + thick],
        along,
        STEEL * 0.8,
    );
    canvas.ids.close();
    if canvas.light.night > 0.15 {
        let glow = Rgb(1.0, 0.84, 0.56);
        let board = Board::facing(low, (canvas.view.eye.ground() - low.ground()).unit());
        canvas.veil(
            [[low - half - wide, low + half - wide, low + half + wide, low - half + wide]],
            glow,
            canvas.light.night,
        );
        canvas.glow(board, 1.5, (glow, 0.6 * canvas.light.night));
    }
}

fn hydrant(canvas: &mut Canvas, object: &MapObject) {
    let towards = (canvas.view.eye.ground() - object.foot).unit();
    let board = Board::facing(object.foot.at_height(0.0), towards);
    let normal = towards.at_height(0.0);
    let paint = if object.id.is_multiple_of(3) { Rgb(0.90, 0.72, 0.12) } else { Rgb(0.78, 0.13, 0.10) };
    canvas.ids.open(label(object));
    canvas.face(&board.rect((-0.17, 0.0), (0.34, 0.08)), normal, paint * 0.6);
    canvas.face(&board.rect((-0.12, 0.06), (0.24, 0.52)), normal, paint);
    canvas.face(&board.rect((-0.23, 0.36), (0.46, 0.14)), normal, paint * 0.85);
    canvas.face(&board.ellipse((0.0, 0.60), (0.15, 0.16), 12), normal, paint * 1.05);
    canvas.face(&board.rect((-0.045, 0.74), (0.09, 0.07)), normal, paint * 0.8);
    canvas.detail([board.ellipse((0.0, 0.43), (0.075, 0.075), 10)], normal, STEEL);
    canvas.detail([board.rect((0.05, 0.08), (0.06, 0.45))], normal, paint * 0.7);
    canvas.ids.close();
}
