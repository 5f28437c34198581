//! Whether others, where a clip says that it was, saw what it shows.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use h3o::CellIndex;
use waymark_datasets::{Cell, Doubt, Epoch, Finding, Region};

use super::evidence::looks_apart;
use super::judge::finding;
use super::moved::moved;
use super::{Evidence, Shot, TrustSettings};

/// What is said here.
pub(super) const DOUBTS: [Doubt; 2] = [Doubt::SceneDiffers, Doubt::RoadUnknown];

/// What those who are believed saw, by place.
pub(super) struct Town<'a> {
    settings: &'a TrustSettings,
    frames: Vec<Frame<'a>>,
    epochs: BTreeMap<Epoch, Places>,
}

/// Frames of an epoch.
#[derive(Default)]
struct Places {
    by_cell: HashMap<Cell, Vec<u32>>,
    /// By cell at resolution 8, half a kilometre wide.
    by_district: HashMap<u64, Vec<u32>>,
}

/// A frame of one of them.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) clip: &'a Evidence,
    pub(super) shot: &'a Shot,
}

/// Frames this near, in metres, show the same street.
const SAME_PLACE_M: f64 = 5.0;
/// Frames show the same if they look the same way, in degrees.
const SAME_VIEW_DEG: f64 = 20.0;
/// Of one place no more frames are compared.
const FRAMES_PER_CELL_MAX: usize = 64;
/// Nor of a district.
const FRAMES_PER_DISTRICT_MAX: usize = 4_096;

impl<'a> Town<'a> {
    /// Of clips in the order in which they are believed.
    pub(super) fn of(clips: impl Iterator<Item = &'a Evidence>, settings: &'a TrustSettings) -> Self {
        let mut town = Self { settings, frames: Vec::new(), epochs: BTreeMap::new() };
        for clip in clips {
            let places = town.epochs.entry(clip.epoch()).or_default();
            for shot in &clip.shots {
                let bucket = places.by_cell.entry(shot.cell).or_default();
                if bucket.len() < FRAMES_PER_CELL_MAX {
                    let place = town.frames.len() as u32;
                    bucket.push(place);
                    let district = places.by_district.entry(district(shot.cell)).or_default();
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
    pub(super) fn doubts(&self, clip: &Evidence) -> Vec<Finding> {
        self.scene(clip).into_iter().chain(self.off_road(clip)).collect()
    }

    /// Those of epochs near to that of a clip.
    fn near(&self, clip: &Evidence) -> impl Iterator<Item = &Places> {
        let epoch = clip.epoch();
        self.epochs.iter().filter(move |(other, _)| self.settings.are_near(epoch, **other)).map(|(_, places)| places)
    }

    /// Frames of other devices in the cells around a place.
    fn around<'s>(
        &'s self,
        cell: Cell,
        clip: &'s Evidence,
        rings: u32,
    ) -> impl Iterator<Item = &'s Frame<'a>> + use<'s, 'a> {
        let cells: Vec<_> = cell.index().grid_disk(rings);
        let cells: Vec<Cell> = cells.into_iter().filter_map(|cell| u64::from(cell).try_into().ok()).collect();
        let in_cell = |(places, cell): (&'s Places, Cell)| places.by_cell.get(&cell);
        let pairs = self.near(clip).flat_map(move |places| cells.clone().into_iter().map(move |cell| (places, cell)));
        let frames = pairs.filter_map(in_cell).flatten().filter_map(|&place| self.frames.get(place as usize));
        frames.filter(move |frame| is_of_another(frame, clip))
    }

    /// What others saw within so many metres who looked the same way.
    pub(super) fn views<'s>(
        &'s self,
        shot: &'s Shot,
        clip: &'s Evidence,
        within_m: f64,
    ) -> impl Iterator<Item = &'s Frame<'a>> {
        let districts = districts_around(shot.cell);
        let of_places = move |places: &'s Places| {
            let held = districts.iter().filter_map(|district| places.by_district.get(district));
            held.flatten().collect::<Vec<_>>()
        };
        let frames = self.near(clip).flat_map(of_places).filter_map(|&place| self.frames.get(place as usize));
        let others = frames.filter(move |frame| is_of_another(frame, clip));
        others.filter(move |frame| is_same_view(shot, frame.shot, within_m))
    }

    fn scene(&self, clip: &Evidence) -> Option<Finding> {
        let here = self.here(clip);
        let is_confirmed = !here.is_different(self.settings) && 2 * here.witnesses.len() >= clip.shots.len().max(1);
        if is_confirmed { None } else { self.moved(clip).or_else(|| self.different(clip, &here)) }
    }

    /// What a clip shows, beside what others saw in the same places and light.
    fn here(&self, clip: &Evidence) -> Here<'a> {
        let mut here = Here { bits: 0, witnesses: Vec::new() };
        for shot in &clip.shots {
            let same = self.around(shot.cell, clip, 1).filter(|frame| is_same_view(shot, frame.shot, SAME_PLACE_M));
            let same = same.filter(|frame| is_same_light(shot, frame.shot, self.settings.same_light_luma));
            let apart = |frame: &Frame<'_>| looks_apart(shot, frame.shot);
            // Of others' views from there, the one that differs least.
            if let Some((bits, frame)) = same.map(|frame| (apart(frame), frame)).min_by_key(|(bits, _)| *bits) {
                here.bits += bits;
                here.witnesses.push(frame.clip);
            }
        }
        here
    }

    fn different(&self, clip: &Evidence, here: &Here<'_>) -> Option<Finding> {
        let count = here.count();
        let detail =
            || format!("{count} frames differ from others' of the same places by {} bits", here.bits / count.max(1));
        let is_doubted = count >= self.settings.neighbours_min
            && here.is_different(self.settings)
            && are_heard(&here.witnesses, clip);
        is_doubted.then(|| finding(Doubt::SceneDiffers, 600_000, detail()))
    }

    /// Whether others saw elsewhere, rather than where a clip says that it was, what it shows.
    fn moved(&self, clip: &Evidence) -> Option<Finding> {
        let found = moved(self, clip, self.settings)?;
        // No more exact than the squares of displacements are.
        let away_m = 10.0 * (libm::hypot(found.way_m.0, found.way_m.1) / 10.0).round();
        let (count, of) = (found.frames, clip.shots.len());
        let detail = format!("{count} of {of} frames show what others saw about {away_m:.0} m away");
        Some(finding(Doubt::SceneDiffers, 900_000, detail))
    }

    fn off_road(&self, clip: &Evidence) -> Option<Finding> {
        let is_unknown = |shot: &&Shot| self.around(shot.cell, clip, 1).next().is_none();
        let unknown = clip.shots.iter().filter(is_unknown).count();
        if unknown < self.settings.neighbours_min as usize || 5 * unknown < 4 * clip.shots.len() {
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

/// What others saw in the places of a clip.
struct Here<'a> {
    /// In which the clip looks otherwise, of all frames that are compared.
    bits: u32,
    /// Of each of those frames, whose view is most like it.
    witnesses: Vec<&'a Evidence>,
}

impl Here<'_> {
    fn count(&self) -> u32 {
        self.witnesses.len() as u32
    }

    fn is_different(&self, settings: &TrustSettings) -> bool {
        self.bits > settings.same_place_bits * self.count()
    }
}

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
    shot.heading.turn_deg(other.heading).abs() <= SAME_VIEW_DEG && libm::hypot(east, north) <= within_m
}

/// By day a street looks otherwise than by night.
fn is_same_light(a: &Shot, b: &Shot, apart_max: u32) -> bool {
    a.witness.sky_luma.abs_diff(b.witness.sky_luma) <= apart_max
}

/// The regions whose frames a clip is held against, and whose clips are held against it.
#[must_use]
pub fn reaches(clip: &Evidence) -> BTreeSet<Region> {
    let districts: BTreeSet<u64> = clip.shots.iter().flat_map(|shot| districts_around(shot.cell)).collect();
    let cell = |district: &u64| CellIndex::try_from(*district).ok();
    let region = |cell: CellIndex| cell.parent(Region::RESOLUTION)?.to_string().parse().ok();
    districts.iter().filter_map(cell).filter_map(region).collect()
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
pub(super) fn way_m(from: &Shot, to: &Shot) -> (f64, f64) {
    let across = (to.position.longitude_deg() - from.position.longitude_deg() + 540.0).rem_euclid(360.0) - 180.0;
    let north = to.position.latitude_deg() - from.position.latitude_deg();
    (across * libm::cos(from.position.latitude_deg().to_radians()) * METRES_PER_DEGREE, north * METRES_PER_DEGREE)
}
