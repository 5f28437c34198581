//! Sky and bare ground, row by row.

use crate::board::Board;
use crate::canvas::Canvas;
use crate::plane::{Vec2, Vec3, vec3};
use crate::random::Random;
use crate::tone::{Rgb, WHITE};

/// Grass and earth between the streets.
const EARTH: Rgb = Rgb(0.46, 0.50, 0.34);

const HILL: Rgb = Rgb(0.40, 0.47, 0.42);
const WOOD: Rgb = Rgb(0.26, 0.34, 0.20);
const HILLS: usize = 72;

/// Fills the frame. `clouds` chooses the clouds of a drive.
pub(crate) fn paint(canvas: &mut Canvas, clouds: u32) {
    let (width, height) = (canvas.view.width_px as usize, canvas.view.height_px as usize);
    let horizon_px = canvas.view.horizon_px();
    let rows: Vec<[u8; 4]> = (0..height).map(|y| row(canvas, y as f64 + 0.5 - horizon_px)).collect();
    for (row, pixels) in rows.iter().zip(canvas.pixmap.data_mut().chunks_exact_mut(width * 4)) {
        pixels.chunks_exact_mut(4).for_each(|pixel| pixel.copy_from_slice(row));
    }
    if canvas.light.night < 0.6 {
        paint_clouds(canvas, clouds);
    }
    paint_hills(canvas);
}

fn row(canvas: &Canvas, below_px: f64) -> [u8; 4] {
    let (view, light) = (&canvas.view, &canvas.light);
    let tangent = below_px / view.focal_px;
    let colour = if tangent < 0.0 {
        light.horizon.mix(light.zenith, (1.0 - (tangent * 4.2).exp()) as f32)
    } else {
        let ahead_m = (view.eye.z / tangent.max(1e-4)).min(4_000.0);
        light.through_air(light.on_ground(EARTH), ahead_m)
    };
    let [red, green, blue] = colour.bytes();
    [red, green, blue, 255]
}

/// Low hills and woods around the town, 700 m from its middle, so that it does not end at the horizon.
fn paint_hills(canvas: &mut Canvas) {
    for (distance_m, rise_m, base) in [(900.0, 46.0, HILL), (620.0, 13.0, WOOD)] {
        let random = &mut Random::of(distance_m as u64, "hills", &[]);
        let tops: Vec<f64> = (0..HILLS).map(|_| rise_m * random.between(0.35, 1.0)).collect();
        for i in 0..HILLS {
            let at = |i: usize| Vec2::of_heading(i as f64 / HILLS as f64 * std::f64::consts::TAU) * distance_m;
            let (from, to) = (at(i), at(i + 1));
            if canvas.view.may_see(((from + to) * 0.5).at_height(canvas.view.eye.z), distance_m / 20.0) {
                let (left, right) = (from.at_height(tops[i]), to.at_height(tops[(i + 1) % HILLS]));
                let quad: [Vec3; 4] = [from.at_height(0.0), left, right, to.at_height(0.0)];
                let colour = canvas.light.through_air(canvas.light.on_ground(base), distance_m * 1.6);
                canvas.veil([quad], colour, 1.0);
            }
        }
    }
}

/// Each cloud stays at its direction, 2 km away.
fn paint_clouds(canvas: &mut Canvas, clouds: u32) {
    let random = &mut Random::of(u64::from(clouds), "clouds", &[]);
    for _ in 0..26 {
        let heading = Vec2::of_heading(random.between(0.0, std::f64::consts::TAU));
        let middle = canvas.view.eye + (heading * 2_000.0).at_height(random.between(180.0, 900.0));
        let (wide_m, flat) = (random.between(140.0, 420.0), random.between(0.16, 0.3));
        let board = Board::facing(middle, heading * -1.0);
        if !canvas.view.may_see(vec3(middle.x, middle.y, canvas.view.eye.z), wide_m) {
            continue;
        }
        let colour = canvas.light.horizon.mix(WHITE, 0.55 * (1.0 - canvas.light.night));
        for puff in 0..7 {
            let place = (random.between(-0.8, 0.8) * wide_m, random.between(-0.04, 0.12) * wide_m);
            let size = wide_m * random.between(0.25, 0.6);
            let alpha = 0.07 + 0.05 * canvas.light.cloud + 0.01 * puff as f32;
            canvas.veil([board.ellipse(place, (size, size * flat), 18)], colour, alpha);
        }
    }
}
