//! Cars that stand along the kerb.

use super::streets::{JUNCTION_RADIUS_M, Street, Streets};
use crate::plane::Vec2;
use crate::random::Random;

/// A car that stands along the kerb, in both epochs.
#[derive(Debug)]
pub(crate) struct Parked {
    pub(crate) middle: Vec2,
    pub(crate) facing: Vec2,
    pub(crate) seed: u64,
}

/// One bay of a parking lane.
const BAY_M: f64 = 6.2;

pub(crate) fn along(streets: &Streets, seed: u64) -> Vec<Parked> {
    let mut cars = Vec::new();
    for (i, street) in streets.streets.iter().enumerate().filter(|(_, street)| street.parking) {
        for side in [1.0, -1.0] {
            let random = &mut Random::of(seed, "parked", &[i as u64, u64::from(side > 0.0)]);
            row(street, side, random, &mut cars);
        }
    }
    cars
}

fn row(street: &Street, side: f64, random: &mut Random, cars: &mut Vec<Parked>) {
    let density = random.between(0.35, 0.8);
    let mut s_m = JUNCTION_RADIUS_M + 12.0;
    while s_m < street.line.length_m() - JUNCTION_RADIUS_M - 10.0 {
        if random.chance(density) {
            let middle = street.line.beside(s_m, side * (street.kerb_m() - 1.1 + random.between(-0.1, 0.12)));
            // Most stand in the direction of their lane.
            let turned = if street.one_way || random.chance(0.12) { 1.0 } else { side };
            cars.push(Parked { middle, facing: street.line.direction(s_m) * turned, seed: random.next() });
        }
        s_m += BAY_M + random.between(0.0, 0.8);
    }
}
