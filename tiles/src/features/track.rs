//! The sightings of one thing by one camera that drives by.

use std::collections::BTreeMap;

use waymark_datasets::ClassName;

use super::kind::{family, kind};
use super::locate::{Solution, locate};
use super::sighting::Sighting;
use super::view::View;

/// Sightings of one thing in one clip, in order of time, and where that puts it.
#[derive(Debug, Clone)]
pub(super) struct Track<'a> {
    pub(super) sightings: Vec<&'a Sighting<'a>>,
    pub(super) solution: Solution,
}

/// A track that was not seen for so long is over: the thing lies behind, or it is another one.
const PAUSE_MS_MAX: i64 = 8_000;
/// Work per frame and family is bounded by this: the detections of highest score.
const SIGHTINGS_PER_FRAME_MAX: usize = 48;
/// Two boxes of one family that overlap by more are of one thing, which was called by two names: one of two things
/// hides the other if they are so close, and boxes of a few pixels are a few pixels wrong.
const OVERLAP_MAX: f64 = 0.2;
/// Sightings this tall, beside the tallest, are read as well as that one.
const READABLE_SHARE: f64 = 0.7;
/// A car that crawls gives a thing no more than so many sightings; later ones begin a new track.
const SIGHTINGS_PER_TRACK_MAX: usize = 48;
/// The squared distance, in deviations, that 1 in 1,000 sightings of the same thing exceeds (χ², three degrees).
const GATE: f64 = 16.3;

/// The tracks of one clip: its sightings, in order of view, which is the order of time.
pub(super) fn tracks<'a>(views: &[View], sightings: &'a [Sighting<'a>]) -> Vec<Track<'a>> {
    let mut families: BTreeMap<&str, Vec<&Sighting<'_>>> = BTreeMap::new();
    sightings.iter().for_each(|sighting| families.entry(family(sighting.class)).or_default().push(sighting));
    families.into_values().flat_map(|family| of_family(views, &family)).collect()
}

fn of_family<'a>(views: &[View], sightings: &[&'a Sighting<'a>]) -> Vec<Track<'a>> {
    let (mut over, mut open): (Vec<Track<'_>>, Vec<Track<'_>>) = (Vec::new(), Vec::new());
    for frame in sightings.chunk_by(|a, b| a.view == b.view) {
        let now = views[frame[0].view].at;
        let is_open = |track: &mut Track<'_>| {
            now.ms_since(views[track.last_view()].at) > PAUSE_MS_MAX || track.sightings.len() >= SIGHTINGS_PER_TRACK_MAX
        };
        over.extend(open.extract_if(.., is_open));
        continued(views, best(frame), &mut open);
    }
    over.extend(open);
    over
}

/// The surest sightings of a frame, each of another thing.
fn best<'a>(frame: &[&'a Sighting<'a>]) -> Vec<&'a Sighting<'a>> {
    let mut by_score = frame.to_vec();
    by_score.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.index.cmp(&b.index)));
    let mut best: Vec<&Sighting<'_>> = Vec::new();
    for sighting in by_score {
        if best.len() < SIGHTINGS_PER_FRAME_MAX && best.iter().all(|other| sighting.overlap(other) <= OVERLAP_MAX) {
            best.push(sighting);
        }
    }
    best
}

/// Gives each sighting of a frame to the track that expects it, nearest pairs first; the others begin tracks.
fn continued<'a>(views: &[View], frame: Vec<&'a Sighting<'a>>, open: &mut Vec<Track<'a>>) {
    let mut pairs = Vec::new();
    for (t, track) in open.iter().enumerate() {
        for (s, sighting) in frame.iter().enumerate() {
            let surprise = track.solution.surprise(&views[sighting.view], sighting, kind(sighting.class));
            let distance = surprise.filter(|distance| *distance < GATE);
            pairs.extend(distance.map(|distance| (distance, t, s)));
        }
    }
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let (mut taken, mut given) = (vec![false; open.len()], vec![false; frame.len()]);
    for (_, t, s) in pairs {
        if !taken[t] && !given[s] {
            (taken[t], given[s]) = (true, true);
            open[t].push(views, frame[s]);
        }
    }
    let fresh = frame.iter().zip(given).filter(|(_, given)| !given);
    open.extend(fresh.filter_map(|(sighting, _)| Track::begin(views, sighting)));
}

impl<'a> Track<'a> {
    fn begin(views: &[View], first: &'a Sighting<'a>) -> Option<Self> {
        let sightings = vec![first];
        locate(views, &sightings, kind(first.class)).map(|solution| Self { sightings, solution })
    }

    fn push(&mut self, views: &[View], sighting: &'a Sighting<'a>) {
        self.sightings.push(sighting);
        match self.solution.with_last(views, &self.sightings, kind(sighting.class)) {
            Some(solution) => self.solution = solution,
            // What cannot be solved with the new sighting stays as it was.
            None => self.sightings.truncate(self.sightings.len() - 1),
        }
    }

    fn last_view(&self) -> usize {
        self.sightings.last().map_or(0, |last| last.view)
    }

    pub(super) fn class(&self) -> Option<&'a ClassName> {
        class(self.sightings.iter().copied())
    }
}

/// What sightings of one thing mostly call it: those from near by. Far ones are many, and misread a number alike.
pub(super) fn class<'a>(sightings: impl Iterator<Item = &'a Sighting<'a>> + Clone) -> Option<&'a ClassName> {
    let tallest_px = sightings.clone().map(|sighting| sighting.height_px).fold(0.0, f64::max);
    let mut votes: BTreeMap<&ClassName, f64> = BTreeMap::new();
    for sighting in sightings.filter(|sighting| sighting.height_px >= READABLE_SHARE * tallest_px) {
        *votes.entry(sighting.class).or_default() += sighting.score * sighting.height_px;
    }
    let most = votes.into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(a.0)));
    most.map(|(class, _)| class)
}
