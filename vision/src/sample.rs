//! Which frames to take: the ones nearest to marks set at equal distances along the track.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use waymark_datasets::{Rejection, Track, UtcMillis};

use crate::Pose;
use crate::pose::pose;
use crate::segment::{Place, Segment, segments};
use crate::settings::SampleSettings;

/// A frame that could be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameTime {
    /// Its index in the source.
    pub index: u32,
    /// When it was taken.
    pub at: UtcMillis,
    /// Whether it decodes without its neighbours, and so at once; of two that serve a mark such a one is taken.
    pub key: bool,
}

/// A frame to take.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Its index in the source.
    pub index: u32,
    /// Where it was taken, or why it cannot be used.
    pub pose: Result<Pose, Rejection>,
}

/// What becomes of every frame. Each is in exactly one of the four.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sampled {
    /// To take, by index.
    pub chosen: Vec<Choice>,
    /// Outside every stretch that the track covers, by index.
    pub outside: Vec<u32>,
    /// How many were taken while the car stood.
    pub standing: u64,
    /// How many lie closer to others than anyone needs.
    pub not_needed: u64,
}

/// No spacing is smaller than this, in metres, whatever the settings say.
const SPACING_MIN_M: f64 = 1.0;

/// Sets a mark every `spacing_m` metres (`fast_spacing_m` at speed) along each connected stretch of the track, and
/// takes for each mark the frame nearest to it within half a spacing, keyframes first. No frame is taken twice, none
/// while the car stands, and the order of `frames` does not matter as long as indices differ.
#[must_use]
pub fn sample(track: &Track, frames: &[FrameTime], settings: &SampleSettings) -> Sampled {
    let segments = segments(track, settings);
    let mut sampled = Sampled::default();
    let mut moving: BTreeMap<usize, Vec<Seen>> = BTreeMap::new();
    for &frame in frames {
        match locate(&segments, frame.at) {
            None => sampled.outside.push(frame.index),
            Some((_, place)) if place.standing => sampled.standing += 1,
            Some((segment, place)) => moving.entry(segment).or_default().push(Seen { frame, place }),
        }
    }
    for (segment, mut seen) in moving {
        seen.sort_by(|a, b| a.order(b));
        let chosen = choose(&segments[segment], &seen, settings);
        sampled.not_needed += (seen.len() - chosen.len()) as u64;
        let choice =
            |seen: &Seen| Choice { index: seen.frame.index, pose: pose(&segments[segment], &seen.place, settings) };
        sampled.chosen.extend(chosen.into_iter().map(choice));
    }
    sampled.outside.sort_unstable();
    sampled.chosen.sort_by_key(|choice| choice.index);
    sampled
}

/// A frame that was taken while the car moved.
struct Seen {
    frame: FrameTime,
    place: Place,
}

impl Seen {
    fn order(&self, other: &Self) -> Ordering {
        let along = self.place.along_m.total_cmp(&other.place.along_m);
        along.then((self.frame.at, self.frame.index).cmp(&(other.frame.at, other.frame.index)))
    }
}

/// The segment that covers a moment, and where on it.
fn locate(segments: &[Segment<'_>], at: UtcMillis) -> Option<(usize, Place)> {
    // Segments are in order of time and do not touch, so at most one answers.
    let after = segments.partition_point(|segment| segment.time_at(0.0).0 <= at);
    let last = after.checked_sub(1)?;
    segments[last].place(at).map(|place| (last, place))
}

/// One frame per mark, in order along the segment; `seen` is sorted.
fn choose<'a>(segment: &Segment<'_>, seen: &'a [Seen], settings: &SampleSettings) -> Vec<&'a Seen> {
    let mut chosen = Vec::new();
    let (mut next, mut mark_m) = (0, 0.0);
    while mark_m <= segment.length_m() {
        let (at, _) = segment.time_at(mark_m);
        let spacing_m = spacing_m(segment, at, settings);
        let near = |seen: &Seen| (seen.place.along_m - mark_m).abs();
        let first = seen.partition_point(|seen| seen.place.along_m < mark_m - spacing_m / 2.0).max(next);
        let within = seen[first..].iter().take_while(|seen| near(seen) <= spacing_m / 2.0);
        let better = |a: &&(usize, &Seen), b: &&(usize, &Seen)| {
            let late = |seen: &Seen| seen.frame.at.ms_since(at).abs();
            (!a.1.frame.key, late(a.1)).cmp(&(!b.1.frame.key, late(b.1))).then(a.0.cmp(&b.0))
        };
        let candidates: Vec<(usize, &Seen)> = (first..).zip(within).collect();
        let nearest = |a: &&(usize, &Seen), b: &&(usize, &Seen)| {
            b.1.frame.key.cmp(&a.1.frame.key).then(near(a.1).total_cmp(&near(b.1))).then_with(|| better(a, b))
        };
        if let Some(&(place, frame)) = candidates.iter().min_by(nearest) {
            chosen.push(frame);
            next = place + 1;
        }
        mark_m += spacing_m;
    }
    chosen
}

fn spacing_m(segment: &Segment<'_>, at: UtcMillis, settings: &SampleSettings) -> f64 {
    let speed_mps = segment.place(at).map_or(0.0, |place| segment.speed_mps(&place));
    let wanted_m = if speed_mps > settings.fast_mps { settings.fast_spacing_m } else { settings.spacing_m };
    // `max` also turns a spacing that is not a number into the least one.
    wanted_m.max(SPACING_MIN_M)
}
