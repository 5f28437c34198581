//! Lines with fewer spots (Douglas and Peucker). Not `geo`'s, so that every bit is the same on every machine.

use super::world::Spot;

/// The line without spots that are nearer than `tolerance` to what stays. Both ends stay.
pub(super) fn simplify(line: &[Spot], tolerance: i32) -> Vec<Spot> {
    let mut stays = vec![false; line.len()];
    let limit = f64::from(tolerance) * f64::from(tolerance);
    let mut open = vec![(0, line.len().saturating_sub(1))];
    while let Some((first, last)) = open.pop() {
        stays.get_mut(first).into_iter().for_each(|stays| *stays = true);
        stays.get_mut(last).into_iter().for_each(|stays| *stays = true);
        let between = first + 1..last.max(first + 1);
        let off = |index: usize| distance_squared(line[index], (line[first], line[last]));
        let farthest = between.map(|index| (index, off(index))).max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((index, _)) = farthest.filter(|(_, off)| *off > limit) {
            open.extend([(first, index), (index, last)]);
        }
    }
    line.iter().zip(stays).filter(|(_, stays)| *stays).map(|(spot, _)| *spot).collect()
}

/// Of a spot from a segment.
fn distance_squared(spot: Spot, (from, to): (Spot, Spot)) -> f64 {
    let difference = |a: Spot, b: Spot| (f64::from(a.x) - f64::from(b.x), f64::from(a.y) - f64::from(b.y));
    let (along, out) = (difference(to, from), difference(spot, from));
    let length = along.0 * along.0 + along.1 * along.1;
    let share = if length > 0.0 { ((out.0 * along.0 + out.1 * along.1) / length).clamp(0.0, 1.0) } else { 0.0 };
    let rest = (out.0 - along.0 * share, out.1 - along.1 * share);
    rest.0 * rest.0 + rest.1 * rest.1
}
