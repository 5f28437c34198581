//! The street graph: nodes near a grid, joined by straight and bent streets.

use crate::line::Line;
use crate::plane::{Vec2, vec2};
use crate::random::Random;

/// Nodes along one side of the grid.
const GRID: usize = 5;
const SPACING_M: f64 = 130.0;
/// Where streets end and the junction begins, in metres from its node.
pub(crate) const JUNCTION_RADIUS_M: f64 = 11.0;
/// From the centre line to the middle of a lane; traffic keeps to the right.
pub(crate) const LANE_OFFSET_M: f64 = 1.65;
const LANE_WIDTH_M: f64 = 3.3;
const PARKING_WIDTH_M: f64 = 2.2;

/// A junction or a bend.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) at: Vec2,
    /// The streets that meet here, in order.
    pub(crate) streets: Vec<usize>,
    rule: Rule,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    Free,
    Stop,
    Yield,
    Signals,
}

/// A street between two nodes.
#[derive(Debug)]
pub(crate) struct Street {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Its centre, from node to node.
    pub(crate) line: Line,
    /// Driven from `from` to `to` only.
    pub(crate) one_way: bool,
    pub(crate) limit_kmh: u8,
    /// Cars stand along both kerbs.
    pub(crate) parking: bool,
    pub(crate) pavement_m: f64,
    pub(crate) trees: bool,
    /// Storeys of the houses along it, at most.
    pub(crate) storeys_max: u8,
}

impl Street {
    /// From the centre line to the kerb.
    pub(crate) fn kerb_m(&self) -> f64 {
        if self.parking { LANE_WIDTH_M + PARKING_WIDTH_M } else { LANE_WIDTH_M + 0.3 }
    }
}

/// A street as it is driven towards one of its nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Approach {
    pub(crate) street: usize,
    pub(crate) node: usize,
}

/// What rules the traffic of an approach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Control {
    Free,
    Stop,
    Yield,
    /// Lights; the streets of a junction take turns in two groups.
    Signals {
        second_group: bool,
    },
}

/// The street graph.
#[derive(Debug)]
pub(crate) struct Streets {
    pub(crate) nodes: Vec<Node>,
    pub(crate) streets: Vec<Street>,
}

impl Streets {
    pub(crate) fn of_seed(seed: u64) -> Self {
        let random = &mut Random::of(seed, "streets", &[]);
        let mut nodes = grid(random);
        let pairs = thinned(all_pairs(), random);
        for (street, &(from, to)) in pairs.iter().enumerate() {
            nodes[from].streets.push(street);
            nodes[to].streets.push(street);
        }
        let mut streets: Vec<Street> = pairs.iter().map(|&pair| street(&nodes, pair, random)).collect();
        make_one_way(&nodes, &mut streets, random);
        let rules = [Rule::Signals, Rule::Stop, Rule::Yield, Rule::Stop, Rule::Free, Rule::Signals, Rule::Yield];
        let turn = random.below(rules.len());
        for (i, node) in nodes.iter_mut().filter(|node| node.streets.len() > 2).enumerate() {
            node.rule = rules[(turn + i) % rules.len()];
        }
        Self { nodes, streets }
    }

    pub(crate) fn line_towards(&self, approach: Approach) -> Line {
        let street = &self.streets[approach.street];
        if street.to == approach.node { street.line.clone() } else { street.line.reversed() }
    }

    /// Whether the street may be driven in this direction.
    pub(crate) fn is_open(&self, approach: Approach) -> bool {
        let street = &self.streets[approach.street];
        !street.one_way || street.to == approach.node
    }

    /// The direction in which the street leaves the node.
    fn leaving(&self, node: usize, street: usize) -> Vec2 {
        let street = &self.streets[street];
        if street.from == node {
            street.line.direction(JUNCTION_RADIUS_M)
        } else {
            street.line.direction(street.line.length_m() - JUNCTION_RADIUS_M) * -1.0
        }
    }

    /// What the signs and lights of the town say, whether or not they stand.
    pub(crate) fn control(&self, approach: Approach) -> Control {
        let main = self.main_street(approach.node).contains(&approach.street);
        match (self.nodes[approach.node].rule, main) {
            (Rule::Signals, main) => Control::Signals { second_group: !main },
            (Rule::Stop, false) => Control::Stop,
            (Rule::Yield, false) => Control::Yield,
            _ => Control::Free,
        }
    }

    /// The two streets of a node that are nearest to one straight line: they have priority.
    fn main_street(&self, node: usize) -> Vec<usize> {
        let streets = &self.nodes[node].streets;
        let pairs = streets.iter().enumerate().flat_map(|(i, &a)| streets[i + 1..].iter().map(move |&b| [a, b]));
        let bend = |pair: &[usize; 2]| self.leaving(node, pair[0]).dot(self.leaving(node, pair[1]));
        pairs.min_by(|a, b| bend(a).total_cmp(&bend(b))).map_or_else(Vec::new, |pair| pair.to_vec())
    }

    /// Every street towards each of its nodes, in order.
    pub(crate) fn approaches(&self) -> impl Iterator<Item = Approach> {
        self.streets
            .iter()
            .enumerate()
            .flat_map(|(street, ends)| [Approach { street, node: ends.from }, Approach { street, node: ends.to }])
    }

    /// How far `point` is outside of the carriageway and pavement of every street but `except`, in metres.
    pub(crate) fn clearance_m(&self, point: Vec2) -> f64 {
        let outside = |street: &Street| street.line.distance_m(point) - street.kerb_m() - street.pavement_m;
        self.streets.iter().map(outside).fold(f64::INFINITY, f64::min)
    }
}

fn grid(random: &mut Random) -> Vec<Node> {
    let middle = (GRID - 1) as f64 / 2.0;
    let mut jittered = |place: usize| (place as f64 - middle) * SPACING_M + random.between(-16.0, 16.0);
    let mut nodes = Vec::new();
    for i in 0..GRID * GRID {
        let at = vec2(jittered(i % GRID), jittered(i / GRID));
        nodes.push(Node { at, streets: Vec::new(), rule: Rule::Free });
    }
    nodes
}

fn all_pairs() -> Vec<(usize, usize)> {
    let east = (0..GRID * GRID).filter(|i| i % GRID + 1 < GRID).map(|i| (i, i + 1));
    let north = (0..GRID * (GRID - 1)).map(|i| (i, i + GRID));
    east.chain(north).collect()
}

/// Leaves out some streets, so that blocks differ; every node keeps two and all stay joined.
fn thinned(mut pairs: Vec<(usize, usize)>, random: &mut Random) -> Vec<(usize, usize)> {
    for _ in 0..7 {
        let out = random.below(pairs.len());
        let kept: Vec<_> = pairs.iter().enumerate().filter(|&(i, _)| i != out).map(|(_, &pair)| pair).collect();
        let meets = |node: usize| kept.iter().filter(|&&(a, b)| a == node || b == node).count();
        if (0..GRID * GRID).all(|node| meets(node) >= 2) && reached(&kept) == GRID * GRID {
            pairs = kept;
        }
    }
    pairs
}

fn reached(pairs: &[(usize, usize)]) -> usize {
    let mut seen = [false; GRID * GRID];
    seen[0] = true;
    for _ in 0..GRID * GRID {
        for &(a, b) in pairs {
            let either = seen[a] || seen[b];
            (seen[a], seen[b]) = (either, either);
        }
    }
    seen.iter().filter(|&&seen| seen).count()
}

fn street(nodes: &[Node], (from, to): (usize, usize), random: &mut Random) -> Street {
    let (start, end) = (nodes[from].at, nodes[to].at);
    let bend_m = if random.chance(0.5) { random.between(-34.0, 34.0) } else { 0.0 };
    let control = (start + end) * 0.5 + (end - start).unit().right() * bend_m;
    Street {
        from,
        to,
        line: Line::bent(start, control, end),
        one_way: false,
        limit_kmh: random.pick(&[30, 40, 50, 50, 60]),
        parking: random.chance(0.6),
        pavement_m: random.between(2.2, 3.2),
        trees: random.chance(0.55),
        storeys_max: random.pick(&[2, 3, 4, 6]),
    }
}

/// Some streets between full junctions, no two of which meet: so that every junction can be left again.
fn make_one_way(nodes: &[Node], streets: &mut [Street], random: &mut Random) {
    for i in 0..streets.len() {
        let (from, to) = (streets[i].from, streets[i].to);
        let near = nodes[from].streets.iter().chain(&nodes[to].streets);
        let full = nodes[from].streets.len() > 2 && nodes[to].streets.len() > 2;
        if full && near.into_iter().all(|&other| !streets[other].one_way) && random.chance(0.35) {
            streets[i].one_way = true;
        }
    }
}
