//! Whether others, where a clip says that it was, saw what it shows.

use std::collections::HashMap;

use waymark_datasets::{Cell, Doubt, Finding};

use super::evidence::{bits_apart, turn_deg};
use super::judge::finding;
use super::{Evidence, Shot, TrustSettings};

/// What those who are believed saw, by place.
pub(super) struct Town<'a> {
    frames: Vec<Frame<'a>>,
    by_cell: HashMap<Cell, Vec<u32>>,
    /// By cell at resolution 8, half a kilometre wide.
    by_district: HashMap<u64, Vec<u32>>,
}

#[derive(Clone, Copy)]
struct Frame<'a> {
    clip: &'a Evidence,
    shot: &'a Shot,
}

/// What some frames of a clip were found to show, and who else says so.
#[derive(Default)]
struct Vote<'a> {
    numbers: Vec<u32>,
    witnesses: Vec<&'a Evidence>,
}

/// Frames this near, in metres, show the same street.
const SAME_PLACE_M: f64 = 5.0;
/// And if they look the same way, in degrees.
const SAME_VIEW_DEG: f64 = 20.0;
/// Of one place no more frames are compared.
const FRAMES_PER_CELL_MAX: usize = 64;
/// Nor of a district.
const FRAMES_PER_DISTRICT_MAX: usize = 4_096;

impl<'a> Town<'a> {
    /// Of clips in the order in which they are believed.
    pub(super) fn of(clips: impl Iterator<Item = &'a Evidence>) -> Self {
        let mut town = Self { frames: Vec::new(), by_cell: HashMap::new(), by_district: HashMap::new() };
        for clip in clips {
            for shot in &clip.shots {
                let bucket = town.by_cell.entry(shot.cell).or_default();
                if bucket.len() < FRAMES_PER_CELL_MAX {
                    let place = town.frames.len() as u32;
                    bucket.push(place);
                    let district = town.by_district.entry(district(shot.cell)).or_default();
                    if district.len() < FRAMES_PER_DISTRICT_MAX {
                        district.push(place);
                    }
                    town.frames.push(Frame { clip, shot });
                }
            }
        }
        town
    }

    /// What others say against a clip: they saw something else there; or what it shows somewhere else; or they drove
    /// all around, but never where it did.
    pub(super) fn doubts(&self, clip: &Evidence, settings: &TrustSettings) -> Vec<Finding> {
        let off_road = self.off_road(clip, settings);
        let scene = self.moved(clip, settings, off_road.is_some()).or_else(|| self.different(clip, settings));
        scene.into_iter().chain(off_road).collect()
    }

    /// Frames of other devices in the cells around a place.
    fn around<'s>(
        &'s self,
        cell: Cell,
        clip: &'s Evidence,
        rings: u32,
    ) -> impl Iterator<Item = &'s Frame<'a>> + use<'s, 'a> {
        let cells: Vec<_> = cell.index().grid_disk(rings);
        let frames = cells.into_iter().filter_map(|cell| self.by_cell.get(&u64::from(cell).try_into().ok()?)).flatten();
        let frames = frames.filter_map(|&place| self.frames.get(place as usize));
        frames.filter(move |frame| is_of_another(frame, clip))
    }

    fn different(&self, clip: &Evidence, settings: &TrustSettings) -> Option<Finding> {
        let (mut sum, mut count, mut witnesses) = (0, 0, Vec::new());
        for shot in &clip.shots {
            let same = self.around(shot.cell, clip, 1).filter(|frame| is_same_view(shot, frame.shot, SAME_PLACE_M));
            let apart = |frame: &Frame<'_>| bits_apart(shot.witness.hash, frame.shot.witness.hash);
            // Of others' views from there, the one that differs least.
            if let Some((bits, frame)) = same.map(|frame| (apart(frame), frame)).min_by_key(|(bits, _)| *bits) {
                sum += bits;
                count += 1;
                witnesses.push(frame.clip);
            }
        }
        let detail = || format!("{count} frames differ from others' of the same places by {} bits", sum / count.max(1));
        let is_different = count >= settings.neighbours_min && sum > settings.same_place_bits * count;
        (is_different && are_heard(&witnesses, clip)).then(|| finding(Doubt::SceneDiffers, 600_000, detail()))
    }

    /// Whether others saw what a clip shows, each frame as far away and in the same direction.
    fn moved(&self, clip: &Evidence, settings: &TrustSettings, is_off_road: bool) -> Option<Finding> {
        let mut votes: HashMap<(i32, i32), Vote<'_>> = HashMap::new();
        for (number, shot) in (0..).zip(&clip.shots) {
            for ((east, north), witness) in self.alike(shot, clip, settings) {
                let (column, row) = ((east / BIN_M).floor() as i32, (north / BIN_M).floor() as i32);
                // A displacement near the edge of a bin counts in both.
                for bin in [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(x, y)| (column - x, row - y)) {
                    let vote = votes.entry(bin).or_default();
                    vote.witnesses.push(witness);
                    if vote.numbers.last() != Some(&number) {
                        vote.numbers.push(number);
                    }
                }
            }
        }
        let count = |bin: (i32, i32)| votes.get(&bin).map_or(0, |vote| vote.numbers.len());
        let here = [(0, 0), (-1, 0), (0, -1), (-1, -1), (-2, -1), (-1, -2), (-2, -2)].map(count).into_iter().max();
        let is_far = |bin: (i32, i32)| f64::from(bin.0.abs().max(bin.1.abs())) * BIN_M >= MOVED_M_MIN;
        let far = votes.keys().copied().filter(|&bin| is_far(bin));
        let best = far.max_by_key(|&bin| (count(bin), bin))?;
        let (there, here) = (count(best), here.unwrap_or(0));
        let usual = (settings.neighbours_min as usize).max(clip.shots.len() / 3);
        let needed = if is_off_road { MOVED_OFF_ROAD_MIN } else { usual };
        if there < needed || there < 3 * here || !are_heard(&votes.get(&best)?.witnesses, clip) {
            return None;
        }
        let metres = |bin: i32| f64::from(bin + 1) * BIN_M;
        let away_m = libm::hypot(metres(best.0), metres(best.1));
        let detail = format!("{there} of {} frames show what others saw about {away_m:.0} m away", clip.shots.len());
        Some(finding(Doubt::SceneDiffers, 900_000, detail))
    }

    /// How far away, in metres to the east and north, who else saw about the same in the same direction.
    fn alike(&self, shot: &Shot, clip: &Evidence, settings: &TrustSettings) -> Vec<((f64, f64), &'a Evidence)> {
        let bits_max = settings.same_place_bits.saturating_sub(ALIKE_FEWER_BITS);
        let is_alike = |frame: &&Frame<'a>| bits_apart(shot.witness.hash, frame.shot.witness.hash) <= bits_max;
        let districts = districts_around(shot.cell);
        let places = districts.iter().filter_map(|district| self.by_district.get(district)).flatten();
        let frames = places.filter_map(|&place| self.frames.get(place as usize));
        let others = frames.filter(|frame| is_of_another(frame, clip));
        let near = others.filter(|frame| is_same_view(shot, frame.shot, MOVED_M_MAX));
        near.filter(is_alike).map(|frame| (way_m(shot, frame.shot), frame.clip)).collect()
    }

    fn off_road(&self, clip: &Evidence, settings: &TrustSettings) -> Option<Finding> {
        let is_unknown = |shot: &&Shot| self.around(shot.cell, clip, 1).next().is_none();
        let unknown = clip.shots.iter().filter(is_unknown).count();
        if unknown < settings.neighbours_min as usize || 5 * unknown < 4 * clip.shots.len() {
            return None;
        }
        let is_surrounded = |shot: &&Shot| self.around(shot.cell, clip, SURROUNDED_RINGS).take(SURROUNDED_MIN).count();
        let surrounded = clip.shots.iter().filter(|shot| is_surrounded(shot) >= SURROUNDED_MIN).count();
        let detail =
            || format!("{unknown} of {} frames lie where nobody drove, between busy streets", clip.shots.len());
        // Somebody is the first in every street: this alone costs nothing.
        (2 * surrounded > clip.shots.len()).then(|| finding(Doubt::RoadUnknown, 0, detail()))
    }
}

/// Displacements are counted in squares of twice this side, in metres.
const BIN_M: f64 = 10.0;
/// A clip that is moved by less is inexact.
const MOVED_M_MIN: f64 = 40.0;
/// Where nobody drove, so many frames that others saw elsewhere are enough.
const MOVED_OFF_ROAD_MIN: usize = 3;
/// Farther away nothing is looked for, in metres.
const MOVED_M_MAX: f64 = 500.0;
/// A view that is found elsewhere must be so much more alike than one that is expected there.
const ALIKE_FEWER_BITS: u32 = 5;
/// About 100 m around, in rings of cells.
const SURROUNDED_RINGS: u32 = 6;
/// So many frames of others within that are a busy neighbourhood.
const SURROUNDED_MIN: usize = 24;

fn is_of_another(frame: &Frame<'_>, clip: &Evidence) -> bool {
    frame.clip.clip.clip_id != clip.clip.clip_id && frame.clip.clip.device_id != clip.clip.device_id
}

/// Two devices are heard against anyone; one alone only against what landed later, or a cheat would cast doubt on
/// whoever was there before.
fn are_heard(witnesses: &[&Evidence], clip: &Evidence) -> bool {
    let is_senior = |other: &&Evidence| other.seniority() < clip.seniority();
    let first = witnesses.first().map(|other| &other.clip.device_id);
    witnesses.iter().any(is_senior) || witnesses.iter().any(|other| Some(&other.clip.device_id) != first)
}

fn is_same_view(shot: &Shot, other: &Shot, within_m: f64) -> bool {
    let (east, north) = way_m(shot, other);
    turn_deg(shot.heading, other.heading).abs() <= SAME_VIEW_DEG && libm::hypot(east, north) <= within_m
}

/// The resolution of districts.
const DISTRICT: u8 = 8;

fn district(cell: Cell) -> u64 {
    districts_around(cell)[0]
}

/// The district of a cell and those that share a border with it; the own one comes first.
fn districts_around(cell: Cell) -> Vec<u64> {
    let index = cell.index();
    // A parent at a coarser resolution always exists.
    let own = DISTRICT.try_into().ok().and_then(|resolution| index.parent(resolution)).unwrap_or(index);
    let around: Vec<_> = own.grid_disk(1);
    std::iter::once(own).chain(around.into_iter().filter(|&cell| cell != own)).map(u64::from).collect()
}

const METRES_PER_DEGREE: f64 = 111_195.0;

/// Metres to the east and to the north, on a plane.
fn way_m(from: &Shot, to: &Shot) -> (f64, f64) {
    let across = (to.position.longitude_deg() - from.position.longitude_deg() + 540.0).rem_euclid(360.0) - 180.0;
    let north = to.position.latitude_deg() - from.position.latitude_deg();
    (across * libm::cos(from.position.latitude_deg().to_radians()) * METRES_PER_DEGREE, north * METRES_PER_DEGREE)
}
