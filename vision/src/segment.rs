//! A track cut into stretches over which interpolating makes sense.

use waymark_datasets::{Fix, Position, Track, UtcMillis};

use crate::settings::SampleSettings;

/// Connected fixes of a track, and how far along each lies.
pub(crate) struct Segment<'a> {
    fixes: &'a [Fix],
    /// Metres from the first fix to each; standing adds nothing.
    along_m: Vec<f64>,
    /// For each pair of neighbours: how fast the car was, in metres per second.
    speed_mps: Vec<f64>,
    /// A car that is slower stands.
    standing_mps: f64,
}

/// A moment on a segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// The fix before.
    pub before: usize,
    /// How far in time towards the next fix, `0..1`.
    pub ratio: f64,
    /// Metres along the segment.
    pub along_m: f64,
    /// Whether the car stands.
    pub standing: bool,
}

/// A receiver that says more often where it is errs anew each time, by as much as a slow car moves in between: motion is
/// what lies between the means of what it says within so long before and after.
const MEAN_MS: i64 = 900;
/// Work is bounded by this: of a receiver that says so more often, the nearest in time.
const MEAN_FIXES_MAX: usize = 24;

/// Cuts where fixes are too far apart in time (whatever the car did then, nobody measured it) and where the speed
/// between them is one that no car reaches.
pub(crate) fn segments<'a>(track: &'a Track, settings: &SampleSettings) -> Vec<Segment<'a>> {
    let connected = |a: &Fix, b: &Fix| {
        b.at.ms_since(a.at) <= i64::from(settings.gap_max_ms) && speed_mps(a, b) <= settings.jump_mps
    };
    track.fixes().chunk_by(connected).map(|fixes| Segment::new(fixes, settings)).collect()
}

/// Mean speed between two fixes; time increases strictly along a track.
fn speed_mps(a: &Fix, b: &Fix) -> f64 {
    a.position.distance_m(b.position) * 1_000.0 / b.at.ms_since(a.at).max(1) as f64
}

/// The speed between the fix at `before` and the next one.
fn smooth_speed_mps(fixes: &[Fix], before: usize) -> f64 {
    let (here, next) = (&fixes[before], &fixes[before + 1]);
    let (from, from_ms) = mean(here, fixes[..before].iter().rev());
    let (to, to_ms) = mean(next, fixes[before + 2..].iter());
    from.distance_m(to) * 1_000.0 / (next.at.ms_since(here.at) as f64 + from_ms + to_ms)
}

/// The middle of a fix and of those `others` that are within [`MEAN_MS`] of it, and how long from it that is, in
/// milliseconds.
fn mean<'a>(fix: &Fix, others: impl Iterator<Item = &'a Fix>) -> (Position, f64) {
    let ms_from_fix = |other: &Fix| other.at.ms_since(fix.at).abs();
    let near = others.take_while(|other| ms_from_fix(other) < MEAN_MS).take(MEAN_FIXES_MAX - 1);
    let mut mean = (fix.position, 0.0);
    for (nth, other) in near.enumerate() {
        let share = 1.0 / (nth + 2) as f64;
        mean.0 = mean.0.towards(other.position, share);
        mean.1 += (ms_from_fix(other) as f64 - mean.1) * share;
    }
    mean
}

impl<'a> Segment<'a> {
    fn new(fixes: &'a [Fix], settings: &SampleSettings) -> Self {
        let speed_mps: Vec<f64> = (1..fixes.len()).map(|next| smooth_speed_mps(fixes, next - 1)).collect();
        let standing_mps = settings.standing_mps;
        let (mut along_m, mut last_m) = (vec![0.0], 0.0);
        for (pair, speed_mps) in fixes.windows(2).zip(&speed_mps) {
            let seconds = pair[1].at.ms_since(pair[0].at) as f64 / 1_000.0;
            last_m += if *speed_mps < standing_mps { 0.0 } else { speed_mps * seconds };
            along_m.push(last_m);
        }
        Self { fixes, along_m, speed_mps, standing_mps }
    }

    /// Whether the car stands between the fix at `before` and the next one.
    fn stands(&self, before: usize) -> bool {
        self.speed_mps.get(before).is_some_and(|speed_mps| *speed_mps < self.standing_mps)
    }

    pub(crate) fn length_m(&self) -> f64 {
        self.along_m.last().copied().unwrap_or(0.0)
    }

    /// Where the car is at a moment; `None` outside the segment.
    pub(crate) fn place(&self, at: UtcMillis) -> Option<Place> {
        let before = self.fixes.partition_point(|fix| fix.at <= at).checked_sub(1)?;
        let here = &self.fixes[before];
        let Some(next) = self.fixes.get(before + 1) else {
            let standing = before > 0 && self.stands(before - 1);
            return (here.at == at).then(|| Place { before, ratio: 0.0, along_m: self.along_m[before], standing });
        };
        let ratio = at.ms_since(here.at) as f64 / next.at.ms_since(here.at) as f64;
        let along_m = self.along_m[before] + ratio * (self.along_m[before + 1] - self.along_m[before]);
        // At a fix itself the car stands only if it stood before as well.
        let arrived = here.at == at && before > 0 && !self.stands(before - 1);
        Some(Place { before, ratio, along_m, standing: self.stands(before) && !arrived })
    }

    /// The fixes on both sides of a place; the same one twice at the end.
    pub(crate) fn around(&self, place: &Place) -> (&Fix, &Fix) {
        let before = &self.fixes[place.before];
        (before, self.fixes.get(place.before + 1).unwrap_or(before))
    }

    /// Speed at a place, in metres per second; the last fix has that of the way to it.
    pub(crate) fn speed_mps(&self, place: &Place) -> f64 {
        self.speed_mps.get(place.before).or(self.speed_mps.last()).copied().unwrap_or(0.0)
    }

    /// The moment at which the car is `along_m` along: the earliest when it stands there.
    pub(crate) fn time_at(&self, along_m: f64) -> (UtcMillis, Position) {
        let next = self.along_m.partition_point(|&m| m < along_m).min(self.fixes.len() - 1);
        let (to, from) = (&self.fixes[next], &self.fixes[next.saturating_sub(1)]);
        let way_m = self.along_m[next] - self.along_m[next.saturating_sub(1)];
        if way_m <= 0.0 {
            return (to.at, to.position);
        }
        let ratio = 1.0 - ((self.along_m[next] - along_m) / way_m).clamp(0.0, 1.0);
        let at = from.at.plus_ms((to.at.ms_since(from.at) as f64 * ratio).round() as i64);
        (at, from.position.towards(to.position, ratio))
    }
}
