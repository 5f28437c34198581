//! The town: streets, what stands along them, and what changes between epochs.

mod buildings;
mod objects;
mod parked;
mod streets;
mod walkers;

pub(crate) use buildings::{Building, Roof, Tree};
pub(crate) use objects::{Kind, MapObject};
pub(crate) use parked::Parked;
pub(crate) use streets::{Approach, Control, JUNCTION_RADIUS_M, LANE_OFFSET_M, Street, Streets};
pub(crate) use walkers::{Stance, Walker};

use crate::plan::TownEpoch;
use crate::random::Random;

/// A town about 600 m square around its origin.
#[derive(Debug)]
pub(crate) struct Town {
    pub(crate) seed: u64,
    pub(crate) streets: Streets,
    /// Of both epochs, by id.
    pub(crate) objects: Vec<MapObject>,
    pub(crate) buildings: Vec<Building>,
    pub(crate) trees: Vec<Tree>,
    pub(crate) parked: Vec<Parked>,
    pub(crate) walkers: Vec<Walker>,
}

impl Town {
    /// The town of this seed; both epochs of it.
    pub(crate) fn of_seed(seed: u64) -> Self {
        let streets = Streets::of_seed(seed);
        let objects = objects::along(&streets, seed);
        let (buildings, trees) = buildings::along(&streets, seed);
        let parked = parked::along(&streets, seed);
        let walkers = walkers::along(&streets, seed);
        Self { seed, streets, objects, buildings, trees, parked, walkers }
    }

    /// What rules the traffic that comes to a node by this street: the sign must stand in this epoch.
    pub(crate) fn control(&self, approach: Approach, epoch: TownEpoch) -> Control {
        let control = self.streets.control(approach);
        let stands = |kind: Kind| {
            self.objects
                .iter()
                .any(|object| object.kind == kind && object.approach == Some(approach) && object.stands_in(epoch))
        };
        match control {
            Control::Stop if !stands(Kind::Stop) => Control::Free,
            Control::Yield if !stands(Kind::Yield) => Control::Free,
            _ => control,
        }
    }

    /// A stream of numbers for one purpose of this town.
    pub(crate) fn random(&self, purpose: &str, numbers: &[u64]) -> Random {
        Random::of(self.seed, purpose, numbers)
    }
}
