//! One frame: everything that the camera sees at one moment.

mod backdrop;
mod bonnet;
mod building;
mod ground;
mod map_object;
mod person;
mod shadow;
mod tree;
mod vehicle;

pub(crate) use person::Person;
pub(crate) use vehicle::Vehicle;

use crate::canvas::Canvas;
use crate::drive::{Drive, signal_at};
use crate::order::farthest_first;
use crate::plan::TownEpoch;
use crate::plane::{Vec2, vec2};
use crate::town::{Building, Kind, MapObject, Town, Tree};

/// Farther things are not drawn.
const SIGHT_M: f64 = 190.0;
/// People and small things are lost in the pixels beyond.
const DETAIL_M: f64 = 110.0;

/// What stands on the ground.
enum Thing<'a> {
    Building(&'a Building),
    Tree(&'a Tree),
    Object(&'a MapObject),
    Vehicle(Vehicle),
    Person(Person),
}

/// A town at work: what is drawn depends on it and on the moment alone.
pub(crate) struct Stage<'a> {
    pub(crate) town: &'a Town,
    pub(crate) epoch: TownEpoch,
    pub(crate) drive: &'a Drive,
}

/// Draws the moment `seconds` into the drive, as the canvas sees it.
pub(crate) fn paint(canvas: &mut Canvas, stage: &Stage<'_>, seconds: f64) {
    let things = things(canvas, stage, seconds);
    backdrop::paint(canvas, stage.drive.number());
    ground::paint(canvas, stage.town);
    shadow::paint(canvas, &things);
    let footprints: Vec<_> = things.iter().map(Thing::footprint).collect();
    for i in farthest_first(&canvas.view, &footprints) {
        match &things[i] {
            Thing::Building(building) => building::paint(canvas, building),
            Thing::Tree(tree) => tree::paint(canvas, tree),
            Thing::Object(object) => map_object::paint(canvas, object, signal(object, seconds)),
            Thing::Vehicle(vehicle) => vehicle::paint(canvas, vehicle),
            Thing::Person(person) => person::paint(canvas, person),
        }
    }
    bonnet::paint(canvas);
}

fn signal(object: &MapObject, seconds: f64) -> Option<crate::drive::Signal> {
    match (object.kind, object.approach) {
        (Kind::TrafficLight { second_group }, Some(approach)) => Some(signal_at(approach.node, second_group, seconds)),
        _ => None,
    }
}

fn things<'a>(canvas: &Canvas, stage: &Stage<'a>, seconds: f64) -> Vec<Thing<'a>> {
    let town = stage.town;
    let sees = |at: Vec2, radius_m: f64, sight_m: f64| {
        let eye = canvas.view.eye;
        (at - eye.ground()).length() < sight_m && canvas.view.may_see(at.at_height(eye.z), radius_m)
    };
    let buildings = town.buildings.iter().filter(|b| sees((b.corners[0] + b.corners[2]) * 0.5, 12.0, SIGHT_M));
    let trees = town.trees.iter().filter(|tree| sees(tree.foot, 3.0, SIGHT_M));
    let objects = town.objects.iter().filter(|object| object.stands_in(stage.epoch) && sees(object.foot, 1.6, SIGHT_M));
    let parked = town.parked.iter().map(Vehicle::parked);
    let vehicles = parked.chain(stage.drive.traffic(seconds)).filter(|vehicle| sees(vehicle.middle, 2.6, SIGHT_M));
    let walkers =
        town.walkers.iter().map(|walker| Person { stance: walker.at(&town.streets, seconds), seed: walker.seed });
    let people = walkers.chain(stage.drive.crossing(seconds)).filter(|person| sees(person.stance.at, 0.6, DETAIL_M));
    let mut things: Vec<Thing> = buildings.map(Thing::Building).collect();
    things.extend(trees.map(Thing::Tree));
    things.extend(objects.map(Thing::Object));
    things.extend(vehicles.map(Thing::Vehicle));
    things.extend(people.map(Thing::Person));
    things
}

impl Thing<'_> {
    /// The ground that it stands on.
    fn footprint(&self) -> [Vec2; 4] {
        match self {
            Self::Building(building) => building.corners,
            Self::Tree(tree) => square(tree.foot, 0.3),
            Self::Object(object) => square(object.foot, 0.15),
            Self::Vehicle(vehicle) => vehicle.footprint(),
            Self::Person(person) => square(person.stance.at, 0.22),
        }
    }

    /// How high it stands, for its shadow; a crown has its own.
    fn height_m(&self) -> f64 {
        match self {
            Self::Building(building) => building.height_m(),
            Self::Tree(tree) => tree.height_m * 0.6,
            Self::Object(object) => object.centre.z,
            Self::Vehicle(vehicle) => vehicle.height_m(),
            Self::Person(_) => 1.7,
        }
    }
}

fn square(middle: Vec2, half_m: f64) -> [Vec2; 4] {
    [(-1.0, -1.0), (-1.0, 1.0), (1.0, 1.0), (1.0, -1.0)].map(|(x, y)| middle + vec2(x, y) * half_m)
}
