//! Whether a clip shows what others saw elsewhere: as far away and in the same direction all along.

use super::agreement::{Frame, Town, way_m};
use super::evidence::looks_apart;
use super::{Evidence, Shot, TrustSettings};

/// Where others saw what a clip shows.
pub(super) struct Moved {
    /// Metres to the east and to the north.
    pub(super) way_m: (f64, f64),
    /// Frames of the clip that are compared there.
    pub(super) frames: usize,
}

/// Displacements are counted in squares of twice this side, in metres: a view changes within ten.
const BIN_M: f64 = 5.0;
/// Receivers and lanes differ by no more: what is alike so near speaks for a clip.
const HERE_M: f64 = 15.0;
/// A clip that is moved by less is inexact.
const MOVED_M_MIN: f64 = 40.0;
/// Farther away nothing is looked for, in metres.
const MOVED_M_MAX: f64 = 500.0;
/// So many views of others say what is usual in the neighbourhood of a frame.
const VIEWS_MIN: usize = 20;
/// The best view of the same place is about five standard deviations more alike than is usual around: this is half way.
const HALF_WAY: f64 = 2.5;
/// A picture or two may be like anything.
const FRAMES_MIN: usize = 3;

/// Of a long clip so many frames are looked at, from its start to its end.
const SHOTS_MAX: usize = 24;
/// And each is compared with so many views of others.
const VIEWS_MAX: usize = 2_048;

/// A frame compared with a view of others, in a square of displacements.
struct Compared<'a> {
    square: (i32, i32),
    shot: usize,
    /// By how many standard deviations they are more alike than half way.
    speaks: f64,
    by: &'a Evidence,
}

/// The displacement by which a clip is most like what others saw; none if what others saw where it says that it was
/// speaks for that as well.
///
/// A town repeats itself: what counts is not that a view is alike, but by how much more than what is usual around, over
/// all frames at one displacement. Were that normal, of one deviation for any place and for the same, the sum would be
/// the logarithm of how much likelier the pictures are if the clip was there, but for a factor.
pub(super) fn moved(town: &Town<'_>, clip: &Evidence, settings: &TrustSettings) -> Option<Moved> {
    let shots: Vec<&Shot> = clip.shots.iter().step_by(clip.shots.len().div_ceil(SHOTS_MAX).max(1)).collect();
    let mut all: Vec<Compared<'_>> = Vec::new();
    for (number, shot) in shots.iter().enumerate() {
        all.extend(compare((number, *shot), (town, clip)));
    }
    all.sort_by(|a, b| (a.square, a.shot).cmp(&(b.square, b.shot)).then(b.speaks.total_cmp(&a.speaks)));
    let views = all.chunk_by(|a, b| (a.square, a.shot) == (b.square, b.shot));
    let heard: Vec<&Compared<'_>> = views.filter_map(|views| heard(views, clip)).collect();
    let squares =
        heard.chunk_by(|a, b| a.square == b.square).filter_map(|square| Some((square.first()?.square, square)));
    let (mut here, mut best) = (0.0_f64, None);
    for (square, frames) in squares {
        let sum: f64 = frames.iter().map(|one| one.speaks).sum();
        if off_m(square) <= HERE_M {
            here = here.max(sum);
        } else if off_m(square) >= MOVED_M_MIN && frames.len() >= FRAMES_MIN {
            best = best.into_iter().chain([(sum, square, frames.len())]).max_by(|a, b| a.0.total_cmp(&b.0));
        }
    }
    let (sum, (column, row), frames) = best?;
    (sum - here >= settings.moved_deviations).then(|| Moved { way_m: (middle_m(column), middle_m(row)), frames })
}

/// Of what a frame is compared with in a square, most alike first, the view that counts: of who landed before, or as
/// much alike as a second device has it. One alone that landed later might cast doubt on whoever was there before.
fn heard<'s, 'a>(views: &'s [Compared<'a>], clip: &Evidence) -> Option<&'s Compared<'a>> {
    let first = &views.first()?.by.clip.device_id;
    views.iter().find(|one| one.by.seniority() < clip.seniority() || one.by.clip.device_id != *first)
}

fn compare<'a>((number, shot): (usize, &Shot), (town, clip): (&Town<'a>, &Evidence)) -> Vec<Compared<'a>> {
    let views = town.views(shot, clip, MOVED_M_MAX).take(VIEWS_MAX);
    let views: Vec<(u32, &Frame<'a>)> = views.map(|frame| (looks_apart(shot, frame.shot), frame)).collect();
    let Some((mean, deviation)) = usual(&views) else { return Vec::new() };
    let mut compared = Vec::new();
    for (bits, frame) in views {
        let (east, north) = way_m(shot, frame.shot);
        let (column, row) = ((east / BIN_M).floor() as i32, (north / BIN_M).floor() as i32);
        let speaks = (mean - f64::from(bits)) / deviation - HALF_WAY;
        // A displacement near the edge of a square counts in both.
        let squares = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(x, y)| (column - x, row - y));
        compared.extend(squares.map(|square| Compared { square, shot: number, speaks, by: frame.clip }));
    }
    compared
}

/// Mean and standard deviation of the bits in which views differ from a frame; none of too few, or of all the same.
fn usual(views: &[(u32, &Frame<'_>)]) -> Option<(f64, f64)> {
    let count = views.len() as u64;
    let sum: u64 = views.iter().map(|(bits, _)| u64::from(*bits)).sum();
    let squares: u64 = views.iter().map(|(bits, _)| u64::from(*bits).pow(2)).sum();
    let spread = count * squares - sum * sum;
    let count = count as f64;
    (views.len() >= VIEWS_MIN && spread > 0).then(|| (sum as f64 / count, libm::sqrt(spread as f64) / count))
}

fn middle_m(side: i32) -> f64 {
    f64::from(side + 1) * BIN_M
}

/// How far the middle of a square is from no displacement, along the axis along which it is farther.
fn off_m((column, row): (i32, i32)) -> f64 {
    middle_m(column).abs().max(middle_m(row).abs())
}
