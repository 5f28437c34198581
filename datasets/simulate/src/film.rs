//! What a camera films: frame by frame, with what each shows.

use std::sync::mpsc;
use std::thread;

use waymark_datasets::UtcMillis;

use crate::FRAMES_PER_SECOND;
use crate::blur::{Blur, Motion};
use crate::camera::View;
use crate::canvas::Canvas;
use crate::develop::Sensor;
use crate::drive::{Drive, Pose};
use crate::error::Error;
use crate::ids::Seen;
use crate::light::Light;
use crate::picture::{Edit, Picture};
use crate::plan::Plan;
use crate::plane::Vec3;
use crate::scene::{self, Stage};
use crate::town::Town;

/// How the camera moves through its drive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Take {
    /// With the car.
    Moving,
    /// It stands at the start of the drive, and the town lives on.
    Standing,
    /// One frame, again and again.
    Still,
}

/// What is filmed: the same film gives the same frames.
#[derive(Debug)]
pub(crate) struct Film {
    pub(crate) drive: Drive,
    /// When it is really filmed.
    pub(crate) start: UtcMillis,
    pub(crate) take: Take,
    pub(crate) edit: Edit,
}

/// One frame and its truth.
pub(crate) struct Shot {
    pub(crate) picture: Picture,
    pub(crate) pose: Pose,
    pub(crate) at: UtcMillis,
    pub(crate) seen: Vec<Seen>,
}

/// A place to film in: what is kept from frame to frame.
pub(crate) struct Studio<'a> {
    plan: &'a Plan,
    town: &'a Town,
    canvas: Canvas,
    sensor: Sensor,
}

impl<'a> Studio<'a> {
    pub(crate) fn new(plan: &'a Plan, town: &'a Town) -> Result<Self, Error> {
        let view = View::new(plan.camera(), plan.size(), crate::plane::vec2(0.0, 0.0), 0.0);
        let light = Light::at(plan.start(), &mut town.random("weather", &[]));
        Ok(Self { plan, town, canvas: Canvas::new(view, light)?, sensor: Sensor::new() })
    }

    /// Frame `index` of a film.
    pub(crate) fn shoot(&mut self, film: &Film, index: u32) -> Shot {
        let index = if film.take == Take::Still { 0 } else { index };
        let seconds = f64::from(index) / f64::from(FRAMES_PER_SECOND);
        let mut pose = film.drive.pose(if film.take == Take::Moving { seconds } else { 0.0 });
        if film.take != Take::Moving {
            (pose.speed_mps, pose.turn_rad_per_s) = (0.0, 0.0);
        }
        let numbers = [film.drive.number().into(), self.plan.epoch() as u64];
        let at = film.start.plus_ms(i64::from(index) * 1_000 / i64::from(FRAMES_PER_SECOND));
        let light = Light::at(film.start, &mut self.town.random("weather", &numbers));
        let view = View::new(self.plan.camera(), self.plan.size(), pose.at, pose.heading_rad);
        let headlights: (Vec3, Vec3) = (view.eye, view.forward.at_height(-0.02));
        self.canvas.restart(view, light.with_headlights(headlights.0, headlights.1));
        let stage = Stage { town: self.town, epoch: self.plan.epoch(), drive: &film.drive };
        scene::paint(&mut self.canvas, &stage, seconds);
        let motion = Motion { speed_mps: pose.speed_mps, turn_rad_per_s: pose.turn_rad_per_s };
        let blur = Blur::of(&self.canvas.view, self.canvas.light.exposure_s, motion);
        let noise = &mut self.town.random("noise", &[numbers[0], numbers[1], index.into()]);
        let picture = self.sensor.develop(&mut self.canvas, blur.as_ref(), noise);
        let mut seen = self.canvas.ids.seen();
        if let Some(blur) = blur {
            let frame = (picture.width as f32, picture.height as f32);
            seen.iter_mut().for_each(|thing| thing.bounds = blur.widened(thing.bounds, frame));
        }
        self.edited(film.edit, Shot { picture, pose, at, seen })
    }

    fn edited(&self, edit: Edit, shot: Shot) -> Shot {
        if edit == Edit::None {
            return shot;
        }
        let frame = (shot.picture.width as f32, shot.picture.height as f32);
        let moved = |seen: Seen| {
            let bounds = edit.moved(seen.bounds, frame);
            let keeps = bounds[2] - bounds[0] >= 1.0 && bounds[3] - bounds[1] >= 1.0;
            keeps.then_some(Seen { bounds, ..seen })
        };
        let seen = shot.seen.into_iter().filter_map(moved).collect();
        Shot { picture: edit.applied(&shot.picture), seen, ..shot }
    }
}

/// Gives the first so many frames of a film to `take`, in order: of `n` studios each shoots every `n`-th, on a thread
/// of its own. Ends at the first frame that `take` fails for.
pub(crate) fn shoot_all<E>(
    studios: &mut [Studio<'_>],
    (film, frames): (&Film, u32),
    mut take: impl FnMut(u32, Shot) -> Result<(), E>,
) -> Result<(), E> {
    let count = studios.len();
    thread::scope(|scope| {
        let mut shots = Vec::with_capacity(count);
        for (first, studio) in studios.iter_mut().enumerate() {
            // One frame waits while the next is shot: memory does not grow with the film.
            let (shown, receiver) = mpsc::sync_channel(1);
            shots.push(receiver);
            scope.spawn(move || {
                let mut mine = (0..frames).skip(first).step_by(count);
                // An error means that nobody takes frames any more.
                mine.try_for_each(|frame| shown.send(studio.shoot(film, frame)))
            });
        }
        for (frame, shots) in (0..frames).zip(shots.iter().cycle()) {
            // A thread that panicked ends this one as well, when it is joined.
            let Ok(shot) = shots.recv() else { break };
            take(frame, shot)?;
        }
        Ok(())
    })
}
