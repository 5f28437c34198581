//! How good detections are, held against what the frames are known to show: counts that add up in any order.
//!
//! A detection matches a truth box of its class when their IoU is 0.5 or more (Everingham et al. 2010,
//! doi:10.1007/s11263-009-0275-4). Detections choose by falling score, each takes the box that it overlaps most, and
//! each box is taken once. Boxes that are visible less than half, lower than 8 pixels, or a crowd are neither asked for
//! nor counted against: a detection that matches nothing but lies on such a box is left out. False positives are
//! counted by their own height, so that those of a range can be held against what was found in it, as COCO does.

mod hidden;
mod matching;

use std::collections::BTreeMap;
use std::ops::RangeBounds;

use waymark_datasets::{ClassName, Ppm, Role};

use crate::pixel_box::Area;
use crate::settings::RedactSettings;
use crate::{Detection, PixelBox, Sighting, redaction_areas};
use hidden::is_hidden;
use matching::Matched;

/// A thing that a frame is known to show.
#[derive(Debug, Clone, PartialEq)]
pub struct TruthBox {
    /// What it is.
    pub class: ClassName,
    /// Where, in pixels of the frame.
    pub bbox: PixelBox,
    /// The share of it that can be seen.
    pub visible: Ppm,
    /// Whether the box is around many of them.
    pub crowd: bool,
}

/// A lower box is not asked for, in pixels.
const HEIGHT_MIN_PX: f32 = 8.0;
/// A box of which less can be seen is not asked for.
const VISIBLE_MIN_PPM: u32 = 500_000;

impl TruthBox {
    /// Whether a detector is expected to find it.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        !self.crowd && u32::from(self.visible) >= VISIBLE_MIN_PPM && self.bbox.height_px() >= HEIGHT_MIN_PX
    }
}

/// So many of so many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    /// Those of which something is true.
    pub part: u64,
    /// All of them.
    pub whole: u64,
}

impl Share {
    /// One more, of which it is true or not.
    fn count(&mut self, holds: bool) {
        self.part += u64::from(holds);
        self.whole += 1;
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { part: self.part + other.part, whole: self.whole + other.whole }
    }
}

/// Where the ranges of heights begin, in pixels.
const HEIGHTS_PX: [u32; 4] = [8, 16, 24, 32];

/// The range that a height belongs to; a lower one counts in the lowest.
fn range_of(height_px: f32) -> usize {
    HEIGHTS_PX.iter().rposition(|&from| height_px >= from as f32).unwrap_or(0)
}

/// Shares of truth boxes, by their height.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ByHeight([Share; HEIGHTS_PX.len()]);

impl ByHeight {
    /// The share among boxes of these heights in pixels; bounds between 8, 16, 24 and 32 are not told apart.
    #[must_use]
    pub fn share(&self, heights_px: impl RangeBounds<u32>) -> Share {
        let within = HEIGHTS_PX.iter().zip(self.0).filter(|(height, _)| heights_px.contains(height));
        within.fold(Share::default(), |sum, (_, share)| sum.plus(share))
    }

    fn count(&mut self, height_px: f32, holds: bool) {
        self.0[range_of(height_px)].count(holds);
    }

    fn merge(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(share, other)| *share = share.plus(other));
    }
}

/// Detections of nothing, by their height.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FalsePositives {
    lower: u64,
    by_height: [u64; HEIGHTS_PX.len()],
}

impl FalsePositives {
    /// Those of any height.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.lower + self.by_height.iter().sum::<u64>()
    }

    /// Those of these heights in pixels; bounds between 8, 16, 24 and 32 are not told apart.
    #[must_use]
    pub fn within(&self, heights_px: impl RangeBounds<u32>) -> u64 {
        let within = HEIGHTS_PX.iter().zip(self.by_height).filter(|(height, _)| heights_px.contains(height));
        within.map(|(_, count)| count).sum()
    }

    fn count(&mut self, height_px: f32) {
        if height_px < HEIGHT_MIN_PX {
            self.lower += 1;
        } else {
            self.by_height[range_of(height_px)] += 1;
        }
    }

    fn merge(&mut self, other: &Self) {
        self.lower += other.lower;
        self.by_height.iter_mut().zip(other.by_height).for_each(|(count, other)| *count += other);
    }
}

/// How one class was detected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClassScore {
    /// Of the boxes that are asked for, those that were found.
    pub found: ByHeight,
    /// Detections of nothing.
    pub false_positives: FalsePositives,
}

impl ClassScore {
    /// Of the detections that count, those that are right.
    #[must_use]
    pub fn precision(&self) -> Share {
        let right = self.found.share(..).part;
        Share { part: right, whole: right + self.false_positives.all() }
    }

    /// Adds the counts of another one.
    pub fn merge(&mut self, other: &Self) {
        self.found.merge(&other.found);
        self.false_positives.merge(&other.false_positives);
    }
}

/// The counts of some frames. Those of several sets of frames add up, in whatever order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Score {
    /// How many frames.
    pub frames: u64,
    /// Every class that is known, and how it was detected.
    pub classes: BTreeMap<ClassName, ClassScore>,
    /// Of the private boxes that are asked for, those of which every pixel is redacted.
    pub hidden: ByHeight,
    /// Of all private boxes of any height and visibility, but crowds, those of which every pixel is redacted.
    pub hidden_of_all: Share,
    /// Truth boxes of classes that are not known, which count nowhere else.
    pub unknown: BTreeMap<ClassName, u64>,
}

impl Score {
    /// Adds the counts of other frames.
    pub fn merge(&mut self, other: &Self) {
        self.frames += other.frames;
        for (class, score) in &other.classes {
            self.classes.entry(class.clone()).or_default().merge(score);
        }
        self.hidden.merge(&other.hidden);
        self.hidden_of_all = self.hidden_of_all.plus(other.hidden_of_all);
        for (class, count) in &other.unknown {
            *self.unknown.entry(class.clone()).or_default() += count;
        }
    }
}

/// Scores one frame: what was seen against all that it shows. `known` are the classes of the pack; what is redacted
/// follows from `settings`.
#[must_use]
pub fn score_frame(
    seen: &Sighting,
    truths: &[TruthBox],
    known: &BTreeMap<ClassName, Role>,
    settings: RedactSettings,
) -> Score {
    let mut score = Score { frames: 1, ..Score::default() };
    for truth in truths.iter().filter(|truth| !known.contains_key(&truth.class)) {
        *score.unknown.entry(truth.class.clone()).or_default() += 1;
    }
    for class in known.keys().chain(seen.detections.iter().map(|detection| &detection.class)) {
        if !score.classes.contains_key(class) {
            score.classes.insert(class.clone(), score_class(class, truths, &seen.detections));
        }
    }
    let (width_px, height_px) = (seen.width_px, seen.height_px);
    let areas = redaction_areas(&seen.detections, settings);
    let areas: Vec<Area> = areas.iter().filter_map(|area| area.to_area(width_px, height_px)).collect();
    let private = |truth: &&TruthBox| known.get(&truth.class) == Some(&Role::Private) && !truth.crowd;
    for truth in truths.iter().filter(private) {
        // A box that has no pixel in the frame shows nobody.
        let Some(area) = truth.bbox.to_area(width_px, height_px) else { continue };
        let hidden = is_hidden(area, &areas);
        score.hidden_of_all.count(hidden);
        if truth.is_asked() {
            score.hidden.count(truth.bbox.height_px(), hidden);
        }
    }
    score
}

fn score_class(class: &ClassName, truths: &[TruthBox], detections: &[Detection]) -> ClassScore {
    let truths: Vec<&TruthBox> = truths.iter().filter(|truth| truth.class == *class).collect();
    let detections: Vec<&Detection> = detections.iter().filter(|detection| detection.class == *class).collect();
    let Matched { asked, false_heights_px } = Matched::of(&truths, &detections);
    let mut score = ClassScore::default();
    asked.iter().for_each(|(truth, found)| score.found.count(truth.bbox.height_px(), *found));
    false_heights_px.iter().for_each(|height_px| score.false_positives.count(*height_px));
    score
}
