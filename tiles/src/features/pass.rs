//! A track as one observation of a thing.

use std::cmp::Ordering;

use waymark_datasets::{ClassName, ClipId, FrameId, UtcMillis};

use super::facing::facing;
use super::kind::kind;
use super::locate::locate;
use super::place::Place;
use super::plane::Vec2;
use super::track::Track;
use super::view::View;

/// What one camera that drove by says of a thing.
#[derive(Debug, Clone)]
pub(super) struct Pass<'a> {
    pub(super) track: Track<'a>,
    pub(super) class: &'a ClassName,
    pub(super) clip_id: ClipId,
    /// When the thing was seen last.
    pub(super) at: UtcMillis,
    /// Relative to where the receiver said that it was at that time.
    pub(super) place: Place,
    /// Deviation of what the receiver said, along an axis.
    pub(super) sigma_m: f64,
    /// Which way it faces, see [`facing`].
    pub(super) facing: Vec2,
    /// The first sighting: no two passes share one.
    first: (FrameId, u32),
}

/// A pass that knows no better where a thing is, relative to itself, says nothing.
const UNSURE_M_MAX: f64 = 6.0;

impl<'a> Pass<'a> {
    /// None where the track is too short or too odd to say where the thing is.
    pub(super) fn of(track: Track<'a>, views: &[View]) -> Option<Self> {
        let class = track.class()?;
        let solution = locate(views, &track.sightings, kind(class))?;
        let track = Track { solution, ..track };
        let (first, last) = (track.sightings.first()?, &views[track.sightings.last()?.view]);
        let place = Place { position: solution.position(), covariance: solution.covariance() };
        let sure = place.covariance.largest() <= UNSURE_M_MAX * UNSURE_M_MAX;
        sure.then(|| Self {
            class,
            clip_id: last.clip_id,
            at: last.at,
            place,
            sigma_m: last.sigma_m,
            facing: facing(views, &track, kind(class)),
            first: (views[first.view].frame_id, first.index),
            track,
        })
    }

    /// Surest first; a total order.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let sure = self.place.covariance.trace().total_cmp(&other.place.covariance.trace());
        sure.then_with(|| self.first.cmp(&other.first))
    }

    /// On the map, with the error of the receiver.
    pub(super) fn on_map(&self) -> Place {
        self.place.blurred(self.sigma_m)
    }
}
