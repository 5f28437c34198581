//! The way of the car: along lanes, through junctions.

use crate::line::Line;
use crate::plan::TownEpoch;
use crate::plane::Vec2;
use crate::random::Random;
use crate::town::{Approach, Control, JUNCTION_RADIUS_M, LANE_OFFSET_M, Streets, Town};

/// The camera stands so far before the junction when the car waits: its bonnet ends at the stop line.
pub(crate) const WAIT_M: f64 = 4.0;

/// The way of a car, and what rules it.
#[derive(Debug)]
pub(crate) struct Path {
    pub(crate) line: Line,
    pub(crate) legs: Vec<Leg>,
}

/// One street of the way.
#[derive(Debug)]
pub(crate) struct Leg {
    /// Where the street begins and ends on the path, in metres; between legs are junctions.
    pub(crate) from_m: f64,
    pub(crate) to_m: f64,
    pub(crate) limit_mps: f64,
    pub(crate) one_way: bool,
    pub(crate) approach: Approach,
    /// What rules the traffic at its end.
    pub(crate) control: Control,
}

impl Path {
    /// A way through the town of at least this length, chosen at each junction.
    pub(crate) fn through(town: &Town, epoch: TownEpoch, length_m: f64, random: &mut Random) -> Self {
        let streets = &town.streets;
        let open: Vec<Approach> = streets.approaches().filter(|&approach| streets.is_open(approach)).collect();
        let mut approach = random.pick(&open);
        let mut points: Vec<Vec2> = Vec::new();
        let mut legs = Vec::new();
        let mut start_m = JUNCTION_RADIUS_M + random.between(2.0, 30.0);
        let mut travelled_m = 0.0;
        while travelled_m < length_m {
            let lane = lane(streets, approach, start_m);
            if let Some(&last) = points.last() {
                let direction = (last - points[points.len() - 2]).unit();
                points.extend(turn(last, direction, &lane));
            }
            let from_m = Line::through(points.iter().copied().chain(lane.first().copied())).length_m();
            points.extend(lane);
            let to_m = Line::through(points.iter().copied()).length_m();
            let street = &streets.streets[approach.street];
            legs.push(Leg {
                from_m,
                to_m,
                limit_mps: f64::from(street.limit_kmh) / 3.6,
                one_way: street.one_way,
                approach,
                control: town.control(approach, epoch),
            });
            travelled_m = to_m;
            approach = next(streets, approach, random);
            start_m = JUNCTION_RADIUS_M;
        }
        Self { line: Line::through(points), legs }
    }

    /// The street at `s_m`; within a junction the one that ends there.
    pub(crate) fn leg(&self, s_m: f64) -> &Leg {
        let after = self.legs.partition_point(|leg| leg.from_m <= s_m);
        &self.legs[after.saturating_sub(1)]
    }
}

/// The points of the lane, from `start_m` to the junction at its end.
fn lane(streets: &Streets, approach: Approach, start_m: f64) -> Vec<Vec2> {
    let line = streets.line_towards(approach);
    let span_m = line.length_m() - JUNCTION_RADIUS_M - start_m;
    let pieces = (span_m / 1.5).ceil().max(1.0) as u32;
    (0..=pieces).map(|i| line.beside(start_m + span_m * f64::from(i) / f64::from(pieces), LANE_OFFSET_M)).collect()
}

/// The points between two lanes: a cubic Bézier curve that leaves and arrives in their directions.
fn turn(from: Vec2, direction: Vec2, lane: &[Vec2]) -> Vec<Vec2> {
    let to = lane[0];
    let arriving = (lane[1] - to).unit();
    let reach_m = (to - from).length() * 0.42;
    let (a, b) = (from + direction * reach_m, to - arriving * reach_m);
    let pieces = ((to - from).length() / 0.8).ceil().max(2.0) as u32;
    let point = |i: u32| {
        let t = f64::from(i) / f64::from(pieces);
        let u = 1.0 - t;
        from * (u * u * u) + a * (3.0 * u * u * t) + b * (3.0 * u * t * t) + to * (t * t * t)
    };
    (1..pieces).map(point).collect()
}

/// Any open street but the one that we came by; back only where there is no other.
fn next(streets: &Streets, approach: Approach, random: &mut Random) -> Approach {
    let leaving = |street: usize| {
        let ends = &streets.streets[street];
        Approach { street, node: if ends.from == approach.node { ends.to } else { ends.from } }
    };
    let exits = streets.nodes[approach.node].streets.iter().filter(|&&street| street != approach.street);
    let open: Vec<Approach> = exits.map(|&street| leaving(street)).filter(|&exit| streets.is_open(exit)).collect();
    if open.is_empty() { leaving(approach.street) } else { random.pick(&open) }
}
