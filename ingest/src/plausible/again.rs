//! Footage that was there before: byte for byte, or picture by picture in the same rhythm.

use std::collections::{BTreeMap, HashMap};

use waymark_datasets::rows::{Picture, TrustRow};
use waymark_datasets::{Digest, Doubt, Epoch, Finding, Ppm};

use super::evidence::{Shot, bits_apart, mirrored};
use super::judge::{because_of, finding};
use super::{Evidence, TrustSettings};

/// Clips that landed before, by what they show.
///
/// A hash is found by any of its four pieces of 16 bits, as two that differ in few bits share most of them. What a clip
/// costs is bounded by [`BUCKET_MAX`] and [`CANDIDATES_MAX`], however many clips there are in an epoch.
pub(super) struct Seen<'a> {
    settings: &'a TrustSettings,
    /// By piece of a hash, whether it will be asked for.
    wanted: Vec<[bool; PIECES]>,
    clips: Vec<&'a TrustRow>,
    epochs: BTreeMap<Epoch, Shown>,
}

/// What the clips of an epoch show.
#[derive(Default)]
struct Shown {
    /// The place of the first clip with this footage.
    footage: BTreeMap<Digest, u32>,
    /// By piece of a hash: place of the clip, and whether it is a piece of an inner hash.
    pieces: HashMap<(u8, u16), Vec<(u32, bool)>>,
}

/// A piece that so many frames share tells none of them from the others.
const BUCKET_MAX: usize = 256;
/// So many clips are looked at closely, those first that share most pieces.
const CANDIDATES_MAX: usize = 32;
/// Two frames of one rhythm are apart by the same time in both clips, within this.
const RHYTHM_MS: i64 = 400;
/// A frame that looks like one of its own clip so long before or after is no evidence: a tunnel, a wall, the night.
const DISTINCT_MS: i64 = 2_000;

/// How the later picture may have been made from the earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    is_mirrored: bool,
    is_cropped: bool,
}

impl Way {
    const ALL: [Self; 4] = [
        Self { is_mirrored: false, is_cropped: false },
        Self { is_mirrored: false, is_cropped: true },
        Self { is_mirrored: true, is_cropped: false },
        Self { is_mirrored: true, is_cropped: true },
    ];

    fn later(self, shot: &Shot) -> u64 {
        if self.is_mirrored { mirrored(shot.witness.hash) } else { shot.witness.hash }
    }

    fn earlier(self, picture: &Picture) -> u64 {
        if self.is_cropped { picture.inner_hash } else { picture.hash }
    }
}

impl<'a> Seen<'a> {
    /// For questions about `clips` alone.
    pub(super) fn new<'c>(settings: &'a TrustSettings, clips: impl Iterator<Item = &'c Evidence>) -> Self {
        let mut wanted = vec![[false; PIECES]; 1 << 16];
        for (shot, way) in clips.flat_map(|clip| &clip.shots).flat_map(|shot| Way::ALL.map(|way| (shot, way))) {
            for (number, piece) in pieces(way.later(shot)) {
                wanted[usize::from(piece)][usize::from(number)] = true;
            }
        }
        Self { settings, wanted, clips: Vec::new(), epochs: BTreeMap::new() }
    }

    /// Remembers a clip.
    pub(super) fn add(&mut self, clip: &'a TrustRow) {
        let place = self.clips.len() as u32;
        self.clips.push(clip);
        let shown = self.epochs.entry(Epoch::of(clip.start_ms)).or_default();
        shown.footage.entry(clip.footage_sha256).or_insert(place);
        for picture in &clip.pictures {
            for (hash, is_inner) in [(picture.hash, false), (picture.inner_hash, true)] {
                let wanted = |(number, piece): &(u8, u16)| self.wanted[usize::from(*piece)][usize::from(*number)];
                for piece in pieces(hash).into_iter().filter(wanted) {
                    let bucket = shown.pieces.entry(piece).or_default();
                    if bucket.len() < BUCKET_MAX {
                        bucket.push((place, is_inner));
                    }
                }
            }
        }
    }

    /// What is known of the footage of a clip, if any of it was there before.
    pub(super) fn doubt(&self, clip: &Evidence) -> Option<Finding> {
        let near: Vec<&Shown> = self.near(clip).collect();
        let same = near.iter().filter_map(|shown| shown.footage.get(&clip.clip.footage_sha256)).min();
        if let Some(before) = same.and_then(|place| self.clips.get(*place as usize)).map(|clip| clip.clip_id) {
            let detail = format!("the footage is that of clip {before}, byte for byte");
            return Some(because_of(before, finding(Doubt::FootageRepeated, 950_000, detail)));
        }
        let distinct = distinct(clip, self.settings.same_picture_bits);
        self.candidates(&near, &distinct)
            .into_iter()
            .find_map(|(place, way)| self.repeats(clip, &distinct, (place, way)))
    }

    /// What those of epochs near to that of a clip show.
    fn near(&self, clip: &Evidence) -> impl Iterator<Item = &Shown> {
        let epoch = clip.epoch();
        self.epochs.iter().filter(move |(other, _)| self.settings.are_near(epoch, **other)).map(|(_, shown)| shown)
    }

    /// Who shares most with a clip: earlier clips, and by which way.
    fn candidates(&self, near: &[&Shown], shots: &[&Shot]) -> Vec<(u32, Way)> {
        let mut votes: BTreeMap<(u32, Way), u32> = BTreeMap::new();
        for (shot, way) in shots.iter().flat_map(|shot| Way::ALL.map(|way| (*shot, way))) {
            for piece in pieces(way.later(shot)) {
                let shared = near.iter().filter_map(|shown| shown.pieces.get(&piece)).flatten();
                for &(place, is_inner) in shared {
                    if is_inner == way.is_cropped {
                        *votes.entry((place, way)).or_default() += 1;
                    }
                }
            }
        }
        let mut ranked: Vec<((u32, Way), u32)> = votes.into_iter().filter(|&(_, count)| count > 1).collect();
        ranked.sort_by_key(|&(candidate, count)| (std::cmp::Reverse(count), candidate));
        ranked.into_iter().take(CANDIDATES_MAX).map(|(candidate, _)| candidate).collect()
    }

    /// Whether a clip shows what an earlier one does, in the same rhythm: enough frames that are alike at one shift of
    /// time, and enough of those of the shorter clip.
    fn repeats(&self, clip: &Evidence, shots: &[&Shot], (place, way): (u32, Way)) -> Option<Finding> {
        let before = *self.clips.get(place as usize)?;
        let mut shifts: Vec<(i64, usize)> = Vec::new();
        for (i, shot) in shots.iter().enumerate() {
            for other in &before.pictures {
                if bits_apart(way.later(shot), way.earlier(other)) <= self.settings.same_picture_bits {
                    shifts.push((clip.offset_ms(shot) - other.offset_ms, i));
                }
            }
        }
        let same = most_at_one_shift(shifts);
        let shorter = shots.len().min(before.pictures.len());
        let is_much = Ppm::of(same as u64, shorter as u64) >= self.settings.same_pictures_min_ppm;
        if same < self.settings.same_pictures_min as usize || !is_much {
            return None;
        }
        let (id, how) = (before.clip_id, if way.is_mirrored { ", in a mirror" } else { "" });
        let detail = format!("{same} of {} frames show what clip {id} does, in the same rhythm{how}", shots.len());
        Some(because_of(id, finding(Doubt::PicturesRepeated, 900_000, detail)))
    }
}

/// A hash has so many pieces of 16 bits.
const PIECES: usize = 4;

/// Its pieces, with their numbers.
fn pieces(hash: u64) -> [(u8, u16); PIECES] {
    [0, 1, 2, 3].map(|number| (number, (hash >> (16 * number)) as u16))
}

/// Frames that nothing else in their clip looks like.
fn distinct(clip: &Evidence, bits: u32) -> Vec<&Shot> {
    let is_same = |a: &Shot, b: &Shot| {
        a.at.ms_since(b.at).abs() >= DISTINCT_MS && bits_apart(a.witness.hash, b.witness.hash) <= bits
    };
    clip.shots.iter().filter(|shot| !clip.shots.iter().any(|other| is_same(shot, other))).collect()
}

/// The most frames that one shift of time, give or take, has.
fn most_at_one_shift(mut shifts: Vec<(i64, usize)>) -> usize {
    shifts.sort_unstable();
    let within = |from: usize| {
        let window = shifts[from..].iter().take_while(|(shift, _)| shift - shifts[from].0 <= RHYTHM_MS);
        let mut frames: Vec<usize> = window.map(|&(_, frame)| frame).collect();
        frames.sort_unstable();
        frames.dedup();
        frames.len()
    };
    (0..shifts.len()).map(within).max().unwrap_or(0)
}
