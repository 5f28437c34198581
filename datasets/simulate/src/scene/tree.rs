//! Trees: a trunk and a crown of leaves in three tones.

use crate::board::Board;
use crate::canvas::Canvas;
use crate::plane::{Vec2, Vec3, vec3};
use crate::random::Random;
use crate::tone::Rgb;
use crate::town::Tree;

const BARK: Rgb = Rgb(0.33, 0.26, 0.20);
const LEAVES: [Rgb; 5] =
    [Rgb(0.24, 0.36, 0.16), Rgb(0.30, 0.42, 0.18), Rgb(0.38, 0.44, 0.18), Rgb(0.20, 0.32, 0.20), Rgb(0.44, 0.40, 0.16)];

pub(crate) fn paint(canvas: &mut Canvas, tree: &Tree) {
    let random = &mut Random::of(tree.seed, "tree", &[]);
    let towards = (canvas.view.eye.ground() - tree.foot).unit();
    let board = Board::facing(tree.foot.at_height(0.0), towards);
    let normal = towards.at_height(0.0);
    let height_m = tree.height_m;
    let trunk_m = 0.022 * height_m + 0.04;
    let bark = [(-trunk_m, 0.0), (trunk_m, 0.0), (trunk_m * 0.6, height_m * 0.5), (-trunk_m * 0.6, height_m * 0.5)];
    canvas.face(&board.quad(bark), normal, BARK);
    let leaves = random.pick(&LEAVES);
    let radius_m = height_m * 0.27;
    let middle_m = height_m - radius_m * 1.15;
    let near = canvas.view.scale_px(tree.foot.at_height(1.4)) * radius_m > 14.0;
    for (turn, tone) in [(0, 0.66), (1, 0.86), (2, 1.08)] {
        let shift = f64::from(turn - 1) * 0.16 * radius_m;
        for _ in 0..if near { 4 } else { 2 } {
            let place =
                (random.between(-0.55, 0.55) * radius_m, middle_m + shift + random.between(-0.5, 0.5) * radius_m);
            let size = radius_m * random.between(0.55, 0.8) * (1.15 - 0.18 * f64::from(turn));
            canvas.face(&clump(board, place, size, random), sunlit(normal), leaves * tone as f32);
        }
    }
    if near {
        let mut leaf = |tone: f32| {
            let spots: Vec<_> = (0..26)
                .map(|_| {
                    let heading = Vec2::of_heading(random.between(0.0, std::f64::consts::TAU));
                    let (right, up) = (heading.x * random.between(0.1, 0.85), heading.y * random.between(0.1, 0.75));
                    let place = (right * radius_m, middle_m + up * radius_m);
                    board.ellipse(place, (radius_m * 0.09, radius_m * 0.06), 5)
                })
                .collect();
            canvas.detail(spots, sunlit(normal), leaves * tone);
        };
        leaf(0.55);
        leaf(1.3);
    }
}

/// Leaves look up as much as aside.
fn sunlit(normal: Vec3) -> Vec3 {
    vec3(normal.x * 0.7, normal.y * 0.7, 0.7)
}

fn clump(board: Board, (right_m, up_m): (f64, f64), size_m: f64, random: &mut Random) -> Vec<Vec3> {
    let corners = 15;
    let corner = |i: i32| {
        let (sin, cos) = (f64::from(i) / f64::from(corners) * std::f64::consts::TAU).sin_cos();
        let reach_m = size_m * random.between(0.86, 1.1);
        board.at(right_m + sin * reach_m, up_m + cos * reach_m * 0.9)
    };
    (0..corners).map(corner).collect()
}
