//! What belongs on a map: signs, lights, lamps, hydrants.

use super::streets::{Approach, Control, JUNCTION_RADIUS_M, Streets};
use crate::plan::TownEpoch;
use crate::plane::{Vec2, Vec3};
use crate::random::Random;

/// What a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Stop,
    Yield,
    NoEntry,
    /// In km/h.
    SpeedLimit(u8),
    TrafficLight {
        second_group: bool,
    },
    StreetLamp,
    Hydrant,
}

impl Kind {
    /// The class that a detector would call it.
    pub(crate) fn class(self) -> String {
        match self {
            Self::Stop => "stop-sign".into(),
            Self::Yield => "yield-sign".into(),
            Self::NoEntry => "no-entry-sign".into(),
            Self::SpeedLimit(kmh) => format!("speed-limit-{kmh}"),
            Self::TrafficLight { .. } => "traffic-light".into(),
            Self::StreetLamp => "street-lamp".into(),
            Self::Hydrant => "hydrant".into(),
        }
    }

    /// What is written on it.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Stop => "STOP".into(),
            Self::SpeedLimit(kmh) => kmh.to_string(),
            _ => String::new(),
        }
    }

    fn is_sign(self) -> bool {
        matches!(self, Self::Stop | Self::Yield | Self::NoEntry | Self::SpeedLimit(_))
    }

    /// Height of the middle of what is boxed, above the ground.
    fn height_m(self) -> f64 {
        match self {
            Self::TrafficLight { .. } => 2.9,
            Self::StreetLamp => LAMP_HEIGHT_M,
            Self::Hydrant => 0.4,
            _ => 2.35,
        }
    }
}

/// Height of a lamp's head.
pub(crate) const LAMP_HEIGHT_M: f64 = 6.4;
/// From the pole of a lamp to its head, over the street.
const LAMP_ARM_M: f64 = 1.3;

/// One thing that belongs on a map.
#[derive(Debug, Clone)]
pub(crate) struct MapObject {
    pub(crate) id: u32,
    pub(crate) kind: Kind,
    /// Where its pole stands.
    pub(crate) foot: Vec2,
    /// The middle of what is boxed: the panel, the housing, the head of the lamp.
    pub(crate) centre: Vec3,
    /// The direction that it faces, towards those who should see it; of a lamp, the direction of its arm.
    pub(crate) facing: Vec2,
    /// Whose traffic it rules.
    pub(crate) approach: Option<Approach>,
    in_epochs: [bool; 2],
}

impl MapObject {
    pub(crate) fn stands_in(&self, epoch: TownEpoch) -> bool {
        self.in_epochs[epoch as usize]
    }
}

/// One sign in so many is taken away after epoch 1, and as many come in epoch 2.
const SIGNS_PER_CHANGE: usize = 6;

/// Everything along the streets, in a fixed order, with ids from 1.
pub(crate) fn along(streets: &Streets, seed: u64) -> Vec<MapObject> {
    let mut found = Vec::new();
    let random = &mut Random::of(seed, "objects", &[]);
    for approach in streets.approaches() {
        if streets.is_open(approach) {
            ruling(streets, approach, &mut found);
            limits(streets, approach, random, &mut found);
        } else {
            no_entry(streets, approach, &mut found);
        }
    }
    for street in 0..streets.streets.len() {
        furniture(streets, street, random, &mut found);
    }
    for (object, id) in found.iter_mut().zip(1..) {
        object.id = id;
    }
    change(&mut found, random);
    found
}

/// Beside the street as driven towards the approach's node: `s_m` before the node's end of the line.
fn beside(streets: &Streets, approach: Approach, kind: Kind, s_m: f64) -> MapObject {
    let line = streets.line_towards(approach);
    let kerb_m = streets.streets[approach.street].kerb_m();
    let along = line.direction(s_m);
    placed(kind, line.beside(s_m, kerb_m + 0.45), along * -1.0, Some(approach))
}

fn placed(kind: Kind, foot: Vec2, facing: Vec2, approach: Option<Approach>) -> MapObject {
    let arm_m = if kind == Kind::StreetLamp { LAMP_ARM_M } else { 0.0 };
    let centre = (foot + facing * arm_m).at_height(kind.height_m());
    MapObject { id: 0, kind, foot, centre, facing, approach, in_epochs: [true; 2] }
}

/// The sign or light at the stop line.
fn ruling(streets: &Streets, approach: Approach, found: &mut Vec<MapObject>) {
    let kind = match streets.control(approach) {
        Control::Free => return,
        Control::Stop => Kind::Stop,
        Control::Yield => Kind::Yield,
        Control::Signals { second_group } => Kind::TrafficLight { second_group },
    };
    let length_m = streets.streets[approach.street].line.length_m();
    // A light stands beyond the stop line, where who waits can see it.
    let before_m = if matches!(kind, Kind::TrafficLight { .. }) { -1.0 } else { 0.5 };
    found.push(beside(streets, approach, kind, length_m - JUNCTION_RADIUS_M - before_m));
}

/// A limit at the start of the street, and often one again in its middle.
fn limits(streets: &Streets, approach: Approach, random: &mut Random, found: &mut Vec<MapObject>) {
    let street = &streets.streets[approach.street];
    let kind = Kind::SpeedLimit(street.limit_kmh);
    if random.chance(0.7) {
        found.push(beside(streets, approach, kind, JUNCTION_RADIUS_M + random.between(9.0, 16.0)));
    }
    if random.chance(0.4) {
        found.push(beside(streets, approach, kind, street.line.length_m() * random.between(0.5, 0.62)));
    }
}

/// At the end of a one-way street, on both sides, facing who must not drive in.
fn no_entry(streets: &Streets, approach: Approach, found: &mut Vec<MapObject>) {
    // The approach is the forbidden direction: the sign stands where one would drive in, and faces the junction.
    let line = streets.line_towards(approach);
    let kerb_m = streets.streets[approach.street].kerb_m();
    let s_m = JUNCTION_RADIUS_M + 0.8;
    for side in [1.0, -1.0] {
        let foot = line.beside(s_m, side * (kerb_m + 0.45));
        found.push(placed(Kind::NoEntry, foot, line.direction(s_m) * -1.0, Some(approach)));
    }
}

fn furniture(streets: &Streets, street: usize, random: &mut Random, found: &mut Vec<MapObject>) {
    let street = &streets.streets[street];
    let (line, kerb_m) = (&street.line, street.kerb_m());
    let mut s_m = JUNCTION_RADIUS_M + 6.0;
    let mut side = if random.chance(0.5) { 1.0 } else { -1.0 };
    while s_m < line.length_m() - JUNCTION_RADIUS_M - 4.0 {
        let inwards = line.direction(s_m).right() * -side;
        found.push(placed(Kind::StreetLamp, line.beside(s_m, side * (kerb_m + 0.6)), inwards, None));
        if random.chance(0.3) {
            let foot = line.beside(s_m + random.between(5.0, 9.0), side * (kerb_m + 0.5));
            found.push(placed(Kind::Hydrant, foot, inwards, None));
        }
        s_m += random.between(26.0, 32.0);
        side = -side;
    }
}

/// Which signs stand in which epoch: at least one goes and one comes.
fn change(objects: &mut [MapObject], random: &mut Random) {
    let mut signs: Vec<usize> = (0..objects.len()).filter(|&i| objects[i].kind.is_sign()).collect();
    let changes = (signs.len() / SIGNS_PER_CHANGE / 2).max(1);
    for in_epochs in [[true, false], [false, true]] {
        for _ in 0..changes.min(signs.len()) {
            let chosen = signs.swap_remove(random.below(signs.len()));
            objects[chosen].in_epochs = in_epochs;
        }
    }
}
