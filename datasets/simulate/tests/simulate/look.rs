//! Frames look as they always did: models are trained on them, so that a change of look is a change of the data.

use std::fmt::Write;

use waymark_simulate::{FrameSize, Picture, Plan, render};

use crate::time;

/// One line for each of 16 drives, from night to noon and in every weather: the mean brightness of each cell.
const LOOK: &str = include_str!("look.txt");
/// 4 in the morning in the town.
const NIGHT: &str = "2026-11-18T12:40:00Z";
const SIZE: (u32, u32) = (320, 180);
const CELL_PX: (usize, usize) = (40, 30);
/// Brightness is told in quarters of a level. A mathematical library that rounds otherwise may move a few pixels.
const QUARTERS: u64 = 4;
const QUARTERS_OFF_MAX: i64 = 1;

fn cells(picture: &Picture) -> Vec<i64> {
    let sum = |left: usize, top: usize| {
        let row = |y: usize| &picture.rgb[(y * picture.width + left) * 3..][..CELL_PX.0 * 3];
        (top..top + CELL_PX.1).flat_map(row).map(|&channel| u64::from(channel)).sum::<u64>()
    };
    let places = (0..picture.height)
        .step_by(CELL_PX.1)
        .flat_map(|top| (0..picture.width).step_by(CELL_PX.0).map(move |left| (left, top)));
    places.map(|(left, top)| (sum(left, top) * QUARTERS / (CELL_PX.0 * CELL_PX.1 * 3) as u64) as i64).collect()
}

#[test]
fn frames_look_as_they_always_did() {
    let plan = Plan::new(7, 16, 2, time(NIGHT)).unwrap().with_size(FrameSize::new(SIZE.0, SIZE.1).unwrap());
    let mut looks = Vec::new();
    for drive in 1..=16 {
        render(&plan, drive, 12..13, &mut |_, picture| looks.push(cells(&picture))).unwrap();
    }
    let before: Vec<Vec<i64>> =
        LOOK.lines().map(|line| line.split(' ').map(|cell| cell.parse().unwrap()).collect()).collect();
    let same =
        |a: &[i64], b: &[i64]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= QUARTERS_OFF_MAX);
    let is_same = looks.len() == before.len() && looks.iter().zip(&before).all(|(a, b)| same(a, b));
    assert!(is_same, "the look has changed; if that is meant, look.txt becomes:\n{}", text(&looks));
}

fn text(looks: &[Vec<i64>]) -> String {
    looks.iter().fold(String::new(), |mut text, cells| {
        let cells: Vec<String> = cells.iter().map(i64::to_string).collect();
        writeln!(text, "{}", cells.join(" ")).unwrap();
        text
    })
}
