//! Moments that are kept back.

use std::ops::RangeInclusive;

use waymark_datasets::{Fix, UtcMillis};

use super::Zone;

/// Faster than this nothing with a dashcam goes, in metres per second (252 km/h): how far the device can have been
/// from a fix, at a moment between two.
pub const REACH_MPS: f64 = 70.0;
/// Radius of error of a fix that states none, in millimetres.
const ACCURACY_UNKNOWN_MM: u32 = 10_000;

/// Stretches of time, apart from each other and in order; the ends of a stretch belong to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hidden(Vec<(i64, i64)>);

impl Hidden {
    /// Every moment at which a device with these fixes may have been in one of the zones: it was as far from a fix as
    /// its error and [`REACH_MPS`] allow. Nothing is known before the first fix and after the last but that.
    ///
    /// If its errors are as stated and it was never faster, or than its fixes show, it was outside every zone at every
    /// other moment.
    #[must_use]
    pub fn by_zones(fixes: &[Fix], zones: &[Zone]) -> Self {
        let mut fixes: Vec<&Fix> = fixes.iter().collect();
        fixes.sort_by_key(|fix| fix.at);
        let (Some(&first), Some(&last)) = (fixes.first(), fixes.last()) else { return Self::default() };
        let mut stretches = Vec::new();
        for zone in zones {
            let (until, since) = (leaving(zone, (first, -1.0), REACH_MPS), leaving(zone, (last, 1.0), REACH_MPS));
            stretches.extend([(i64::MIN, until), (since, i64::MAX)]);
            for pair in fixes.windows(2) {
                let speed_mps = REACH_MPS.max(speed_mps(pair[0], pair[1]));
                stretches.push((leaving(zone, (pair[0], 1.0), speed_mps), leaving(zone, (pair[1], -1.0), speed_mps)));
            }
            let within = fixes.iter().filter(|fix| distance_m(zone, fix) <= 0.0);
            stretches.extend(within.map(|fix| (fix.at.millis(), fix.at.millis())));
        }
        Self::of(stretches)
    }

    /// The beginning of a trip until it first is `metres` from where it began, as the crow flies, and its end from
    /// when it last was so far from where it ended; all of it, where it never is.
    #[must_use]
    pub fn by_ends(fixes: &[Fix], metres: f64) -> Self {
        let mut fixes: Vec<&Fix> = fixes.iter().collect();
        fixes.sort_by_key(|fix| fix.at);
        let (Some(first), Some(last)) = (fixes.first(), fixes.last()) else { return Self::default() };
        if metres <= 0.0 {
            return Self::default();
        }
        let is_far = |from: &Fix, fix: &Fix| from.position.distance_m(fix.position) >= metres;
        let left = fixes.iter().find(|fix| is_far(first, fix));
        let came = fixes.iter().rev().find(|fix| is_far(last, fix));
        match (left, came) {
            (Some(left), Some(came)) => {
                Self::of(vec![(i64::MIN, left.at.millis() - 1), (came.at.millis() + 1, i64::MAX)])
            }
            _ => Self::of(vec![(i64::MIN, i64::MAX)]),
        }
    }

    /// Both.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self::of(self.0.iter().chain(&other.0).copied().collect())
    }

    /// Each stretch longer by `ms` at both ends.
    #[must_use]
    pub fn widened(&self, ms: i64) -> Self {
        Self::of(self.0.iter().map(|(from, to)| (from.saturating_sub(ms), to.saturating_add(ms))).collect())
    }

    /// Whether a moment is kept back.
    #[must_use]
    pub fn contains(&self, at: UtcMillis) -> bool {
        self.touches(at, at)
    }

    /// Whether any moment from `from` to `to` is kept back.
    #[must_use]
    pub fn touches(&self, from: UtcMillis, to: UtcMillis) -> bool {
        self.0.iter().any(|stretch| stretch.0 <= to.millis() && from.millis() <= stretch.1)
    }

    /// What is left from `from` to `to`, in milliseconds after `from`.
    #[must_use]
    pub fn rest(&self, from: UtcMillis, to: UtcMillis) -> Vec<RangeInclusive<i64>> {
        let end_ms = to.ms_since(from);
        let mut next_ms = 0;
        let mut rest = Vec::new();
        for (hidden_from, hidden_to) in &self.0 {
            rest.push(next_ms..=hidden_from.saturating_sub(from.millis()).saturating_sub(1).min(end_ms));
            next_ms = next_ms.max(hidden_to.saturating_sub(from.millis()).saturating_add(1));
        }
        rest.push(next_ms..=end_ms);
        rest.retain(|range| !range.is_empty());
        rest
    }

    fn of(mut stretches: Vec<(i64, i64)>) -> Self {
        stretches.retain(|(from, to)| from <= to);
        stretches.sort_unstable();
        let mut apart: Vec<(i64, i64)> = Vec::with_capacity(stretches.len());
        for (from, to) in stretches {
            match apart.last_mut() {
                Some(last) if from <= last.1.saturating_add(1) => last.1 = last.1.max(to),
                _ => apart.push((from, to)),
            }
        }
        Self(apart)
    }
}

/// How far a device is from a zone at least, by one fix; negative where it may be inside.
fn distance_m(zone: &Zone, fix: &Fix) -> f64 {
    zone.outside_m(fix.position) - f64::from(fix.accuracy_mm.unwrap_or(ACCURACY_UNKNOWN_MM)) / 1_000.0
}

/// The first moment after a fix (`way` 1), or the last before it (-1), at which the device can be in the zone.
fn leaving(zone: &Zone, (fix, way): (&Fix, f64), speed_mps: f64) -> i64 {
    let away_ms = (distance_m(zone, fix).max(0.0) / speed_mps * 1_000.0).floor();
    // A cast of a number of milliseconds this small is exact.
    fix.at.millis().saturating_add((away_ms * way) as i64)
}

/// At least so fast the device was between two fixes, if both are where they say.
fn speed_mps(a: &Fix, b: &Fix) -> f64 {
    let seconds = b.at.ms_since(a.at).max(1) as f64 / 1_000.0;
    a.position.distance_m(b.position) / seconds
}
