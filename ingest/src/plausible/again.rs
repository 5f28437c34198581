//! Footage that was there before: byte for byte, or picture by picture in the same rhythm.

use std::collections::{BTreeMap, HashMap};

use waymark_datasets::{ClipId, Digest, Doubt, Finding};

use super::evidence::{Shot, bits_apart, mirrored};
use super::judge::{because_of, finding};
use super::{Evidence, TrustSettings};

/// Clips that landed before, by what they show.
///
/// A hash is found by any of its four pieces of 16 bits, as two that differ in few bits share most of them. What a clip
/// costs is bounded by [`BUCKET_MAX`] and [`CANDIDATES_MAX`], however many clips there are.
pub(super) struct Seen<'a> {
    settings: &'a TrustSettings,
    clips: Vec<&'a Evidence>,
    footage: BTreeMap<Digest, ClipId>,
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

    fn earlier(self, shot: &Shot) -> u64 {
        if self.is_cropped { shot.witness.inner_hash } else { shot.witness.hash }
    }
}

impl<'a> Seen<'a> {
    pub(super) fn new(settings: &'a TrustSettings) -> Self {
        Self { settings, clips: Vec::new(), footage: BTreeMap::new(), pieces: HashMap::new() }
    }

    /// Remembers a clip.
    pub(super) fn add(&mut self, clip: &'a Evidence) {
        let place = self.clips.len() as u32;
        self.clips.push(clip);
        self.footage.entry(clip.clip.footage_sha256).or_insert(clip.clip.clip_id);
        for shot in &clip.shots {
            for (hash, is_inner) in [(shot.witness.hash, false), (shot.witness.inner_hash, true)] {
                for piece in pieces(hash) {
                    let bucket = self.pieces.entry(piece).or_default();
                    if bucket.len() < BUCKET_MAX {
                        bucket.push((place, is_inner));
                    }
                }
            }
        }
    }

    /// What is known of the footage of a clip, if any of it was there before.
    pub(super) fn doubt(&self, clip: &Evidence) -> Option<Finding> {
        if let Some(&before) = self.footage.get(&clip.clip.footage_sha256) {
            let detail = format!("the footage is that of clip {before}, byte for byte");
            return Some(because_of(before, finding(Doubt::FootageRepeated, 950_000, detail)));
        }
        let distinct = distinct(clip, self.settings.same_picture_bits);
        self.candidates(&distinct).into_iter().find_map(|(place, way)| self.repeats(clip, &distinct, (place, way)))
    }

    /// Who shares most with a clip: earlier clips, and by which way.
    fn candidates(&self, shots: &[&Shot]) -> Vec<(u32, Way)> {
        let mut votes: BTreeMap<(u32, Way), u32> = BTreeMap::new();
        for (shot, way) in shots.iter().flat_map(|shot| Way::ALL.map(|way| (*shot, way))) {
            for piece in pieces(way.later(shot)) {
                for &(place, is_inner) in self.pieces.get(&piece).into_iter().flatten() {
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
    /// time, and a quarter of those of the shorter clip.
    fn repeats(&self, clip: &Evidence, shots: &[&Shot], (place, way): (u32, Way)) -> Option<Finding> {
        let before = *self.clips.get(place as usize)?;
        let mut shifts: Vec<(i64, usize)> = Vec::new();
        for (i, shot) in shots.iter().enumerate() {
            for other in &before.shots {
                if bits_apart(way.later(shot), way.earlier(other)) <= self.settings.same_picture_bits {
                    shifts.push((clip.offset_ms(shot) - before.offset_ms(other), i));
                }
            }
        }
        let same = most_at_one_shift(shifts);
        let shorter = shots.len().min(before.shots.len());
        if same < self.settings.same_pictures_min as usize || 4 * same < shorter {
            return None;
        }
        let (id, how) = (before.clip.clip_id, if way.is_mirrored { ", in a mirror" } else { "" });
        let detail = format!("{same} of {} frames show what clip {id} does, in the same rhythm{how}", shots.len());
        Some(because_of(id, finding(Doubt::PicturesRepeated, 900_000, detail)))
    }
}

/// Four pieces of 16 bits, with their number.
fn pieces(hash: u64) -> [(u8, u16); 4] {
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
