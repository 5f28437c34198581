//! Houses: walls, windows, doors, shops, roofs.

use crate::board::Board;
use crate::canvas::Canvas;
use crate::plane::{UP, Vec2, Vec3};
use crate::random::Random;
use crate::tone::Rgb;
use crate::town::{Building, Roof};

const GLASS: Rgb = Rgb(0.22, 0.28, 0.34);
const GLASS_BRIGHT: Rgb = Rgb(0.42, 0.50, 0.58);
const LAMPLIGHT: Rgb = Rgb(0.98, 0.82, 0.50);
const FRAMES: [Rgb; 3] = [Rgb(0.93, 0.93, 0.91), Rgb(0.45, 0.33, 0.24), Rgb(0.30, 0.32, 0.33)];
const DOORS: [Rgb; 5] =
    [Rgb(0.36, 0.20, 0.12), Rgb(0.15, 0.28, 0.22), Rgb(0.18, 0.22, 0.38), Rgb(0.55, 0.14, 0.12), Rgb(0.30, 0.30, 0.30)];
const AWNINGS: [Rgb; 5] =
    [Rgb(0.62, 0.16, 0.14), Rgb(0.14, 0.36, 0.30), Rgb(0.16, 0.26, 0.50), Rgb(0.80, 0.62, 0.20), Rgb(0.36, 0.24, 0.42)];
const TILES: [Rgb; 4] = [Rgb(0.58, 0.28, 0.20), Rgb(0.44, 0.24, 0.20), Rgb(0.34, 0.34, 0.36), Rgb(0.50, 0.36, 0.28)];

const WINDOW_M: (f64, f64) = (1.15, 1.5);
/// Pixels per metre from which window frames are worth drawing.
const FRAME_SCALE_PX: f64 = 13.0;
const WINDOW_SCALE_PX: f64 = 4.5;

/// One wall: its surface, its length, the direction that it faces.
struct Wall {
    board: Board,
    length_m: f64,
    normal: Vec3,
    front: bool,
    scale_px: f64,
}

pub(crate) fn paint(canvas: &mut Canvas, building: &Building) {
    let eye = canvas.view.eye.ground();
    let mut walls: Vec<(f64, usize)> = (0..4).map(|i| ((middle(building, i) - eye).length(), i)).collect();
    walls.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (_, side) in walls {
        let (from, to) = edge(building, side);
        let normal = (to - from).unit().right() * -1.0;
        if (eye - from).dot(normal) > 0.0 {
            let scale_px = canvas.view.scale_px(nearest(from, to, eye).at_height(1.4)).max(1.0);
            let board = Board::new(to.at_height(0.0), (from - to).unit());
            let wall = Wall {
                board,
                length_m: (to - from).length(),
                normal: normal.at_height(0.0),
                front: side == 0,
                scale_px,
            };
            paint_wall(canvas, building, &wall);
        }
    }
    if building.roof == Roof::Gabled {
        roof(canvas, building);
    }
}

fn edge(building: &Building, side: usize) -> (Vec2, Vec2) {
    (building.corners[side], building.corners[(side + 1) % 4])
}

fn middle(building: &Building, side: usize) -> Vec2 {
    let (from, to) = edge(building, side);
    (from + to) * 0.5
}

fn nearest(from: Vec2, to: Vec2, eye: Vec2) -> Vec2 {
    let along = to - from;
    from + along * ((eye - from).dot(along) / along.dot(along)).clamp(0.0, 1.0)
}

fn paint_wall(canvas: &mut Canvas, building: &Building, wall: &Wall) {
    let (height_m, length_m) = (building.height_m(), wall.length_m);
    let random = &mut Random::of(building.seed, "wall", &[]);
    let mut outline = wall.board.rect((0.0, 0.0), (length_m, height_m)).to_vec();
    if building.roof == Roof::Gabled && !wall.front && gable(building, wall) {
        outline.insert(3, wall.board.at(length_m / 2.0, height_m + ridge_m(building)));
    }
    canvas.face(&outline, wall.normal, building.wall);
    if wall.scale_px < WINDOW_SCALE_PX {
        return;
    }
    canvas.detail([wall.board.rect((0.0, 0.0), (length_m, 0.45))], wall.normal, building.wall * 0.62);
    if building.roof == Roof::Flat {
        let cornice = wall.board.rect((0.0, height_m - 0.35), (length_m, 0.35));
        canvas.detail([cornice], wall.normal, building.wall.mix(Rgb(0.95, 0.95, 0.92), 0.45));
    }
    if wall.scale_px > FRAME_SCALE_PX {
        let courses = (1..building.storeys)
            .map(|n| wall.board.rect((0.0, f64::from(n) * building.storey_m - 0.06), (length_m, 0.12)));
        canvas.detail(courses, wall.normal, building.wall * 0.86);
    }
    windows(canvas, building, wall, random);
    if wall.front {
        street_level(canvas, building, wall, random);
    }
}

/// The narrow sides carry the gable.
fn gable(building: &Building, wall: &Wall) -> bool {
    let (from, to) = edge(building, 1);
    ((to - from).length() - wall.length_m).abs() < 1e-6
}

fn windows(canvas: &mut Canvas, building: &Building, wall: &Wall, random: &mut Random) {
    let axes = ((wall.length_m - 0.9) / random.between(2.3, 3.1)).floor().max(1.0);
    let pitch_m = wall.length_m / axes;
    let frame = random.pick(&FRAMES);
    let (width_m, tall_m) = (WINDOW_M.0 * random.between(0.8, 1.2), WINDOW_M.1 * random.between(0.8, 1.15));
    let lit_share = f64::from(canvas.light.night) * 0.35;
    let (mut panes, mut frames) = ([Vec::new(), Vec::new(), Vec::new()], Vec::new());
    let ground_floor = u8::from(wall.front && building.shop);
    for storey in ground_floor..building.storeys {
        for axis in 0..axes as u32 {
            // A side wall has few windows.
            let kind = random.unit();
            if !wall.front && kind < 0.55 || wall.front && storey == 0 && axis == door_axis(building, axes) {
                continue;
            }
            let corner =
                ((f64::from(axis) + 0.5) * pitch_m - width_m / 2.0, f64::from(storey) * building.storey_m + 0.95);
            let pane = if random.chance(lit_share) { 2 } else { usize::from(kind > 0.8) };
            frames.push(wall.board.rect((corner.0 - 0.1, corner.1 - 0.14), (width_m + 0.2, tall_m + 0.24)));
            panes[pane].push(wall.board.rect(corner, (width_m / 2.0 - 0.03, tall_m)));
            panes[pane]
                .push(wall.board.rect((corner.0 + width_m / 2.0 + 0.03, corner.1), (width_m / 2.0 - 0.03, tall_m)));
        }
    }
    if wall.scale_px > FRAME_SCALE_PX {
        canvas.detail(frames, wall.normal, frame);
    }
    let [dark, bright, lit] = panes;
    canvas.detail(dark, wall.normal, GLASS);
    canvas.detail(bright, wall.normal, GLASS_BRIGHT);
    let seen = canvas.light.through_air(LAMPLIGHT, canvas.view.focal_px / wall.scale_px);
    canvas.veil(lit, seen, 0.95);
}

fn door_axis(building: &Building, axes: f64) -> u32 {
    (building.seed % axes.max(1.0) as u64) as u32
}

/// A door, or a shop window under an awning.
fn street_level(canvas: &mut Canvas, building: &Building, wall: &Wall, random: &mut Random) {
    let (board, normal) = (wall.board, wall.normal);
    let door = random.pick(&DOORS);
    if building.shop {
        let awning = random.pick(&AWNINGS);
        let pane = (wall.length_m - 2.6).max(1.5);
        canvas.detail([board.rect((0.3, 0.1), (wall.length_m - 0.6, 2.6))], normal, door);
        canvas.detail([board.rect((1.8, 0.5), (pane - 0.4, 1.9))], normal, GLASS_BRIGHT);
        canvas.detail([board.rect((0.6, 0.12), (0.95, 2.1))], normal, GLASS);
        if canvas.light.night > 0.3 {
            canvas.veil([board.rect((1.8, 0.5), (pane - 0.4, 1.9))], LAMPLIGHT, canvas.light.night * 0.85);
        }
        canvas.detail([board.rect((0.2, 2.5), (wall.length_m - 0.4, 0.55))], normal, awning);
        let stripes =
            (0..(wall.length_m / 1.2) as u32).map(|i| board.rect((0.3 + f64::from(i) * 1.2, 2.62), (0.6, 0.3)));
        canvas.detail(stripes, normal, awning.mix(Rgb(0.95, 0.93, 0.88), 0.75));
        return;
    }
    let axes = ((wall.length_m - 0.9) / 2.7).floor().max(1.0);
    let at_m = (f64::from(door_axis(building, axes)) + 0.5) * wall.length_m / axes;
    canvas.detail([board.rect((at_m - 0.72, 0.0), (1.44, 2.5))], normal, Rgb(0.85, 0.84, 0.80));
    canvas.detail([board.rect((at_m - 0.55, 0.0), (1.1, 2.15))], normal, door);
    canvas.detail([board.rect((at_m - 0.36, 1.2), (0.72, 0.75))], normal, door.mix(GLASS_BRIGHT, 0.6));
}

fn ridge_m(building: &Building) -> f64 {
    let (from, to) = edge(building, 1);
    (to - from).length() * 0.36
}

/// Two slopes that meet over the middle; the gables belong to the walls.
fn roof(canvas: &mut Canvas, building: &Building) {
    let tiles = TILES[(building.seed % TILES.len() as u64) as usize];
    let (height_m, rise_m) = (building.height_m(), ridge_m(building));
    let ridge = [middle(building, 3), middle(building, 1)].map(|end| end.at_height(height_m + rise_m));
    for side in [2, 0] {
        let (from, to) = edge(building, side);
        let out = (to - from).unit().right() * -1.0;
        // The eaves stand out by 30 cm.
        let eave = |corner: Vec2| (corner + out * 0.3).at_height(height_m - 0.12);
        let normal =
            (out * rise_m).at_height((from - middle(building, 1)).length().min((to - middle(building, 1)).length()));
        let normal = normal * (1.0 / normal.length());
        if (canvas.view.eye - eave(from)).dot(normal) > 0.0 {
            let (start, end) = if side == 0 { (ridge[0], ridge[1]) } else { (ridge[1], ridge[0]) };
            canvas.face(&[eave(from), eave(to), end, start], normal, tiles);
        }
        let board = Board::new(eave(to), (from - to).unit());
        if (canvas.view.eye.ground() - from).dot(out) > 0.0 {
            let gutter = board.rect((0.0, -0.14), ((to - from).length(), 0.14));
            canvas.face(&gutter, out.at_height(0.0) + UP * 0.0, Rgb(0.50, 0.48, 0.46));
        }
    }
}
