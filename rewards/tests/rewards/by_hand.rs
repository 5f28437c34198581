//! The money of an epoch a second time: plain loops over `u128`, written from the words of the formula and not from
//! the code. It knows no type of the crate under test.

use std::collections::BTreeMap;

use waymark_datasets::rows::FrameRow;

/// A slot as two numbers: cell and octant.
pub type Place = (u64, u8);

/// What the pool, the formula and the past say.
pub struct Given<'a> {
    pub pool: u128,
    pub epoch_start_ms: i64,
    pub freshness_weeks: u128,
    pub rank_ppm: &'a [u128],
    pub last_seen_ms: &'a BTreeMap<Place, i64>,
}

/// What each driver is paid, and what is left of the pool.
pub fn pay(given: &Given<'_>, frames: &[FrameRow]) -> (BTreeMap<String, u128>, u128) {
    let mut paid: BTreeMap<String, u128> = frames.iter().map(|frame| (frame.driver.to_string(), 0)).collect();
    let lines = scored(given, frames);
    let total: u128 = lines.iter().map(|(_, points)| points).sum();
    let mut left = given.pool;
    for (driver, points) in lines {
        let share = (given.pool * points).checked_div(total).unwrap_or(0);
        *paid.get_mut(&driver).unwrap() += share;
        left -= share;
    }
    (paid, left)
}

/// Driver and points of every pass.
fn scored(given: &Given<'_>, frames: &[FrameRow]) -> Vec<(String, u128)> {
    let mut lines = Vec::new();
    for (i, frame) in frames.iter().enumerate() {
        if frames.iter().enumerate().any(|(j, other)| same_pass(frame, other) && beats(other, frame, j < i)) {
            continue;
        }
        let passed_before = bests(frames).filter(|best| {
            place(best) == place(frame)
                && (time(best), best.clip_id.to_string()) < (time(frame), frame.clip_id.to_string())
        });
        let rank = given.rank_ppm.get(passed_before.count()).copied().unwrap_or(0);
        let quality = u128::from(u32::from(frame.quality_ppm));
        let points = fresh(given, place(frame)) * rank / 1_000_000 * quality / 1_000_000;
        lines.push((frame.driver.to_string(), points));
    }
    lines
}

/// The frames that no other frame of their pass beats.
fn bests(frames: &[FrameRow]) -> impl Iterator<Item = &FrameRow> {
    let is_beaten = |i: usize| {
        frames.iter().enumerate().any(|(j, other)| same_pass(&frames[i], other) && beats(other, &frames[i], j < i))
    };
    (0..frames.len()).filter(move |&i| !is_beaten(i)).map(|i| &frames[i])
}

fn same_pass(a: &FrameRow, b: &FrameRow) -> bool {
    place(a) == place(b) && a.clip_id == b.clip_id
}

/// Whether `a` is the better frame; of one frame written twice, the first.
fn beats(a: &FrameRow, b: &FrameRow, came_first: bool) -> bool {
    let order = |f: &FrameRow| (u32::MAX - u32::from(f.quality_ppm), f.accuracy_mm, time(f), f.frame_id.to_string());
    order(a) < order(b) || (order(a) == order(b) && came_first)
}

fn fresh(given: &Given<'_>, place: Place) -> u128 {
    let Some(&seen_ms) = given.last_seen_ms.get(&place) else { return 1_000_000 };
    let age_ms = u128::try_from(given.epoch_start_ms - seen_ms).unwrap_or(0);
    let whole_ms = given.freshness_weeks * 604_800_000;
    if whole_ms == 0 || age_ms >= whole_ms { 1_000_000 } else { age_ms * 1_000_000 / whole_ms }
}

fn place(frame: &FrameRow) -> Place {
    (frame.h3_cell.into(), frame.heading_octant.into())
}

fn time(frame: &FrameRow) -> i64 {
    frame.captured_at_ms.millis()
}
