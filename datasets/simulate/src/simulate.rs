//! From a plan to files.

use std::fs;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::{Path, PathBuf};

use waymark_datasets::{Heading, Ppm, UtcMillis};

use crate::attack::Attack;
use crate::beside;
use crate::error::Error;
use crate::film::{Shot, Studio, shoot_all};
use crate::picture::Picture;
use crate::plan::Plan;
use crate::recording::Recording;
use crate::town::Town;
use crate::truth::{AttackRow, BoxRow, PoseRow, TableFile, survey};
use crate::video::{QUALITY, QUALITY_AGAIN, Video};

/// How far a simulation has come: a frame is finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Number of the drive, from 1.
    pub drive: u32,
    /// Drives in all.
    pub drives: u32,
    /// Frames of this drive that are finished, from 1.
    pub frame: u32,
    /// Frames of each drive.
    pub frames: u32,
}

/// What was simulated.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// In order of their number.
    pub drives: Vec<DriveReport>,
    /// Frames of all drives.
    pub frames: u64,
    /// Boxes of all frames.
    pub boxes: u64,
    /// Things on the map of this epoch.
    pub objects: u32,
}

/// One drive as it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct DriveReport {
    /// From 1.
    pub number: u32,
    /// Where its files are.
    pub folder: PathBuf,
    /// The video, in the folder.
    pub video: PathBuf,
    /// The track of the receiver, in the folder.
    pub track: PathBuf,
    /// The interval that the track claims, and that a manifest should.
    pub start: UtcMillis,
    /// See `start`.
    pub end: UtcMillis,
    /// Number of the device that should sign it: its own, or its source's where one device cheats.
    pub device: u32,
    /// What was done to it.
    pub attack: Option<Attack>,
    /// The drive that it was made from.
    pub source: Option<u32>,
}

const VIDEO_NAME: &str = "drive.mp4";

/// Carries out a plan: writes `drives/NNN/drive.mp4` (from 001) with `drive.nmea` or `drive.gpx` beside it, and
/// `truth/{objects,streets,poses,boxes,attacks}.parquet` into the folder `out`, in place of what was there. The same
/// plan writes the same bytes. Frames are rendered on `threads` threads and encoded on this one. `progress` is told of
/// every frame.
///
/// A plan with a motion sensor also writes `drive.imu.csv`: `time_ms` (since 1970), `accelerometer_{x,y,z}_mps2` with
/// gravity and `gyroscope_{x,y,z}_radps`, 50 times a second, in the axes of the vehicle (x ahead, y to the left, z up).
///
/// # Errors
/// [`Error`] when the folder cannot be written or FFmpeg cannot encode H.264.
pub fn simulate(
    plan: &Plan,
    out: &Path,
    threads: NonZeroUsize,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, Error> {
    let town = Town::of_seed(plan.seed());
    let truth = folder(out.join("truth"))?;
    survey(&town, &truth)?;
    let standing = town.objects.iter().filter(|object| object.stands_in(plan.epoch())).count();
    let files = TruthFiles {
        poses: TableFile::create(&truth)?,
        boxes: TableFile::create(&truth)?,
        attacks: TableFile::create(&truth)?,
    };
    let studios = (0..threads.get()).map(|_| Studio::new(plan, &town)).collect::<Result<_, _>>()?;
    let mut crew = Crew { studios, files, progress };
    let mut report = Report { drives: Vec::new(), frames: 0, boxes: 0, objects: standing as u32 };
    for number in plan.numbers() {
        let recording = Recording::of(plan, &town, number);
        let folder = folder(out.join("drives").join(format!("{number:03}")))?;
        let place = Place { plan, folder: &folder, number };
        report.boxes += place.film(&recording, &mut crew)?;
        report.frames += u64::from(plan.frames());
        report.drives.push(place.report(&recording));
    }
    crew.files.finish()?;
    Ok(report)
}

/// Renders frames of drive `number` (from 1) of a plan, without encoding or writing anything: for a picture, or to
/// measure how fast it is. `each` gets the number of each frame and the frame.
///
/// # Errors
/// [`Error::Canvas`] when there is no memory for a frame.
pub fn render(plan: &Plan, number: u32, frames: Range<u32>, each: &mut dyn FnMut(u32, Picture)) -> Result<(), Error> {
    let town = Town::of_seed(plan.seed());
    let recording = Recording::of(plan, &town, number);
    let mut studio = Studio::new(plan, &town)?;
    frames.for_each(|frame| each(frame, studio.shoot(&recording.film, frame).picture));
    Ok(())
}

/// The tables that grow with every drive.
struct TruthFiles {
    poses: TableFile<PoseRow>,
    boxes: TableFile<BoxRow>,
    attacks: TableFile<AttackRow>,
}

impl TruthFiles {
    fn finish(self) -> Result<(), Error> {
        self.poses.finish()?;
        self.boxes.finish()?;
        self.attacks.finish()
    }
}

/// What every drive needs.
struct Crew<'a> {
    studios: Vec<Studio<'a>>,
    files: TruthFiles,
    progress: &'a mut dyn FnMut(Progress),
}

/// Where one drive is written.
struct Place<'a> {
    plan: &'a Plan,
    folder: &'a Path,
    number: u32,
}

impl Place<'_> {
    /// Writes a drive and its truth; how many boxes it has.
    fn film(&self, recording: &Recording, crew: &mut Crew<'_>) -> Result<u64, Error> {
        let (film, frames) = (&recording.film, self.plan.frames());
        let quality = if recording.attack == Some(Attack::Copy) { QUALITY_AGAIN } else { QUALITY };
        let mut video = Video::create(&self.folder.join(VIDEO_NAME), self.plan.size(), film.start, quality)?;
        let (mut poses, mut boxes) = (Vec::new(), Vec::new());
        shoot_all(&mut crew.studios, (film, frames), |frame, shot| {
            video.push(&shot.picture)?;
            poses.push(self.pose_row(frame, &shot)?);
            boxes.extend(self.box_rows(frame, &shot)?);
            (crew.progress)(Progress { drive: self.number, drives: self.plan.drives(), frame: frame + 1, frames });
            Ok::<_, Error>(())
        })?;
        video.finish()?;
        beside::write(self.plan, recording, self.folder)?;
        crew.files.poses.append(&poses)?;
        crew.files.boxes.append(&boxes)?;
        crew.files.attacks.append(&[self.attack_row(recording)])?;
        Ok(boxes.len() as u64)
    }

    fn pose_row(&self, frame: u32, shot: &Shot) -> Result<PoseRow, Error> {
        let (latitude, longitude) = shot.pose.at.degrees();
        Ok(PoseRow {
            drive: self.number,
            frame,
            time_ms: shot.at,
            latitude_deg: latitude.try_into()?,
            longitude_deg: longitude.try_into()?,
            heading_deg: Heading::wrapping(shot.pose.heading_rad.to_degrees()),
            speed_mps: shot.pose.speed_mps,
        })
    }

    fn box_rows(&self, frame: u32, shot: &Shot) -> Result<Vec<BoxRow>, Error> {
        let row = |seen: &crate::ids::Seen| {
            let [x_min_px, y_min_px, x_max_px, y_max_px] = seen.bounds;
            Ok(BoxRow {
                drive: self.number,
                frame,
                object_id: seen.label.object,
                class: seen.label.class.parse()?,
                x_min_px,
                y_min_px,
                x_max_px,
                y_max_px,
                visible_ppm: Ppm::from_ratio(seen.visible),
                height_px: y_max_px - y_min_px,
            })
        };
        shot.seen.iter().map(row).collect()
    }

    fn attack_row(&self, recording: &Recording) -> AttackRow {
        AttackRow {
            drive: self.number,
            kind: recording.attack.map_or("honest", Attack::name).into(),
            source_drive: recording.source,
            device: recording.device,
            claimed_start_ms: recording.claimed_start,
            filmed_start_ms: recording.film.start,
            town_epoch: self.plan.epoch(),
        }
    }

    fn report(&self, recording: &Recording) -> DriveReport {
        DriveReport {
            number: self.number,
            folder: self.folder.into(),
            video: self.folder.join(VIDEO_NAME),
            track: beside::track_file(self.folder, self.plan.track()),
            start: recording.claimed_start,
            end: recording.claimed_end(),
            device: recording.device,
            attack: recording.attack,
            source: recording.source,
        }
    }
}

fn folder(path: PathBuf) -> Result<PathBuf, Error> {
    fs::create_dir_all(&path).map_err(Error::file(&path))?;
    Ok(path)
}
