//! From where the published frames looked, and what they show well.

use std::collections::BTreeMap;

use waymark_datasets::rows::FrameRow;
use waymark_simulate::TownEpoch;

use super::survey::{Pose, Survey};

/// Two frames look from the same place if they are this near
const SAME_PLACE_M: f64 = 5.0;
/// and look in nearly the same direction.
const SAME_HEADING_DEG: f64 = 15.0;

/// The true poses of the published frames.
#[derive(Debug, Default)]
pub(super) struct Views {
    all: BTreeMap<TownEpoch, Vec<Pose>>,
    showing: BTreeMap<(TownEpoch, u32), Vec<Pose>>,
}

impl Views {
    /// Of those `frames` that the surveys are of.
    pub(super) fn of(surveys: &[Survey], frames: &[FrameRow]) -> Self {
        let mut views = Self::default();
        for survey in surveys {
            for frame in frames {
                let Some(&drive) = survey.drives.get(&frame.clip_id) else { continue };
                let key = (drive, frame.frame_index);
                let Some(&pose) = survey.poses.get(&key) else { continue };
                views.all.entry(survey.epoch).or_default().push(pose);
                for &object in survey.shown.get(&key).into_iter().flatten() {
                    views.showing.entry((survey.epoch, object)).or_default().push(pose);
                }
            }
        }
        views
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The frames of an epoch that show an object well.
    pub(super) fn showing(&self, object: u32, epoch: TownEpoch) -> &[Pose] {
        self.showing.get(&(epoch, object)).map_or(&[], Vec::as_slice)
    }

    /// How many frames of an epoch look from where one of `views` did.
    pub(super) fn again(&self, views: &[Pose], epoch: TownEpoch) -> usize {
        let looks_alike = |a: &Pose, b: &Pose| {
            a.at.distance_m(b.at) <= SAME_PLACE_M && a.heading.turn_deg(b.heading).abs() <= SAME_HEADING_DEG
        };
        let all = self.all.get(&epoch).into_iter().flatten();
        all.filter(|pose| views.iter().any(|view| looks_alike(pose, view))).count()
    }
}
