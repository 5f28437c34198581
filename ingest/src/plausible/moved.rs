//! Whether a clip shows what others saw elsewhere: as far away and in the same direction all along.

use super::agreement::{Frame, Town, way_m};
use super::evidence::bits_apart;
use super::{Evidence, Shot, TrustSettings};

/// Where others saw what a clip shows.
pub(super) struct Moved<'a> {
    /// Metres to the east and to the north.
    pub(super) way_m: (f64, f64),
    /// Frames of the clip that are compared there.
    pub(super) frames: usize,
    /// Whose frames they are compared with.
    pub(super) witnesses: Vec<&'a Evidence>,
}

/// Displacements are counted in squares of twice this side, in metres: a view changes within ten.
const BIN_M: f64 = 5.0;
/// A clip that is moved by less is inexact.
const MOVED_M_MIN: f64 = 40.0;
/// Farther away nothing is looked for, in metres.
const MOVED_M_MAX: f64 = 500.0;
/// So many views of others say what is usual in the neighbourhood of a frame.
const VIEWS_MIN: usize = 20;
/// Of those, one in so many is as much like a frame as what is called alike.
const ALIKE_ONE_IN: usize = 20;

/// Views are ranked among each other, so that their light may differ by more than where each is judged by itself.
const LUMA_APART_MAX: u32 = 40;
/// Of a long clip so many frames are looked at, from its start to its end.
const SHOTS_MAX: usize = 24;
/// And each is compared with so many views of others.
const VIEWS_MAX: usize = 2_048;

/// A frame compared with a view of others, in a square of displacements.
struct Compared<'a> {
    square: (i32, i32),
    shot: usize,
    /// Beyond what is called alike.
    bits: i32,
    by: &'a Evidence,
}

/// The displacement by which a clip is most like what others saw; none if nothing there is alike enough.
///
/// A town repeats itself: what counts is not that a view is alike, but that it is as much alike as few others around,
/// frame after frame at one displacement.
pub(super) fn moved<'a>(town: &Town<'a>, clip: &Evidence, settings: &TrustSettings) -> Option<Moved<'a>> {
    let shots: Vec<&Shot> = clip.shots.iter().step_by(clip.shots.len().div_ceil(SHOTS_MAX).max(1)).collect();
    let needed = (settings.neighbours_min as usize).max(shots.len().div_ceil(2));
    let mut all: Vec<Compared<'a>> = Vec::new();
    for (number, shot) in shots.iter().enumerate() {
        all.extend(compare((number, *shot), (town, clip)));
    }
    all.sort_by_key(|one| (one.square, one.shot));
    let squares = all.chunk_by(|a, b| a.square == b.square);
    let best = squares.filter_map(|square| Some((mean_bits(square, needed)?, square)));
    let (mean_bits, square) = best.min_by(|a, b| a.0.total_cmp(&b.0))?;
    let metres = |side: i32| f64::from(side + 1) * BIN_M;
    let (column, row) = square.first()?.square;
    let frames = square.chunk_by(|a, b| a.shot == b.shot).count();
    let witnesses = square.iter().map(|one| one.by).collect();
    let found = Moved { way_m: (metres(column), metres(row)), frames, witnesses };
    (mean_bits <= settings.moved_excess_bits).then_some(found)
}

/// On average over frames, and of each over whom it is compared with; none if there are too few.
fn mean_bits(square: &[Compared<'_>], needed: usize) -> Option<f64> {
    let shots = square.chunk_by(|a, b| a.shot == b.shot);
    let mean = |of: &[Compared<'_>]| f64::from(of.iter().map(|one| one.bits).sum::<i32>()) / of.len() as f64;
    let (sum, count) = shots.fold((0.0, 0_usize), |(sum, count), shot| (sum + mean(shot), count + 1));
    (count >= needed).then(|| sum / count as f64)
}

fn compare<'a>((number, shot): (usize, &Shot), (town, clip): (&Town<'a>, &Evidence)) -> Vec<Compared<'a>> {
    let views = town.views(shot, clip, MOVED_M_MAX);
    let in_light = views.filter(|frame| is_same_light(shot, frame.shot, LUMA_APART_MAX)).take(VIEWS_MAX);
    let mut views: Vec<(i32, &Frame<'a>)> = in_light.map(|frame| (bits(shot, frame), frame)).collect();
    if views.len() < VIEWS_MIN {
        return Vec::new();
    }
    let few = (views.len() - 1) / ALIKE_ONE_IN;
    let alike = views.select_nth_unstable_by_key(few, |(bits, _)| *bits).1.0;
    let mut compared = Vec::new();
    for (bits, frame) in views {
        let (east, north) = way_m(shot, frame.shot);
        let (column, row) = ((east / BIN_M).floor() as i32, (north / BIN_M).floor() as i32);
        // A displacement near the edge of a square counts in both.
        let squares = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(x, y)| (column - x, row - y));
        let one = |square| Compared { square, shot: number, bits: bits - alike, by: frame.clip };
        compared.extend(squares.into_iter().filter(|square| is_far(*square)).map(one));
    }
    compared
}

fn is_far((column, row): (i32, i32)) -> bool {
    f64::from((column + 1).abs().max((row + 1).abs())) * BIN_M >= MOVED_M_MIN
}

fn bits(shot: &Shot, frame: &Frame<'_>) -> i32 {
    bits_apart(shot.witness.hash, frame.shot.witness.hash) as i32
}

/// By day a street looks otherwise than by night.
pub(super) fn is_same_light(a: &Shot, b: &Shot, apart_max: u32) -> bool {
    a.witness.sky_luma.abs_diff(b.witness.sky_luma) <= apart_max
}
