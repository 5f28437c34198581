//! Features of simulated towns against their truth: what a good detector would see, and receivers as they are.
//!
//! Detections are the true boxes with noise; positions are those of the simulated receivers, sampled like any footage.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::OnceLock;

use waymark_datasets::rows::{DetectionRow, FeatureRow, FeatureState, FrameRow, Witness};
use waymark_datasets::table::{Row, decode, encode};
use waymark_datasets::{
    ClassName, ClipId, Digest, Epoch, FrameId, Partition, Position, Ppm, Region, Role, Slot, Track, UtcMillis, snapshot,
};
use waymark_simulate::truth::{BoxRow, ObjectRow, PoseRow, read};
use waymark_simulate::{FrameSize, Plan, TownEpoch, simulate};
use waymark_tiles::{FeatureInput, features};
use waymark_vision::{FrameTime, Pose, SampleSettings, sample};

use crate::program::waymark;
use crate::scratch::folder;
use crate::world::World;

/// Towns that nothing was tuned on; one alone has too few signs for a share.
const SEEDS: [u64; 4] = [21, 22, 23, 24];
const DRIVES: u32 = 3;
const SECONDS: u32 = 60;
/// Painted small, because boxes are all that is needed; detections are scaled to what a camera would deliver.
const SIZE: (u32, u32) = (320, 180);
const SCALE: f64 = 4.0;
const SPACING_M: f64 = 5.0;
/// A good detector misses so many of what is at least half visible and this tall, and is so exact.
const MISSED: f64 = 0.03;
const SEEN_PX_MIN: f64 = 12.0;
const SIDE_SIGMA_PX: f64 = 1.0;
/// What is asked for: objects that so many frames show at least this tall.
const ASKED_PX: f64 = 24.0;
const ASKED_FRAMES: usize = 3;
/// A feature further from every object of its class is a mistake.
const MATCH_M: f64 = 8.0;

/// One clip as its rows, and which of its frames show an object well.
#[derive(Debug, Clone, Default)]
struct Filmed {
    frames: Vec<FrameRow>,
    detections: Vec<DetectionRow>,
    /// The object of each detection.
    of: Vec<u32>,
    shown: BTreeMap<u32, usize>,
}

struct Town {
    objects: Vec<ObjectRow>,
    /// The clips of both epochs.
    weeks: [Vec<Filmed>; 2],
}

/// The towns, filmed in two weeks, side by side.
fn towns() -> &'static [Town] {
    static TOWNS: OnceLock<Vec<Town>> = OnceLock::new();
    TOWNS.get_or_init(|| {
        let filming: Vec<_> = SEEDS.map(|seed| std::thread::spawn(move || Town::film(seed))).into();
        filming.into_iter().map(|town| town.join().unwrap()).collect()
    })
}

impl Town {
    fn film(seed: u64) -> Self {
        let folder = folder();
        let film = |name: &str, epoch, start: &str| {
            let plan = Plan::new(seed, DRIVES, SECONDS, start.parse().unwrap()).unwrap().in_epoch(epoch);
            let plan = plan.with_size(FrameSize::new(SIZE.0, SIZE.1).unwrap());
            let out = folder.path().join(name);
            simulate(&plan, &out, NonZeroUsize::MIN, &mut |_| {}).unwrap();
            (1..=DRIVES).map(|drive| filmed(&out, &plan, drive)).collect()
        };
        let weeks =
            [film("1", TownEpoch::One, "2026-01-12T20:00:00Z"), film("2", TownEpoch::Two, "2026-01-19T20:00:00Z")];
        Self { objects: read(&folder.path().join("1/truth")).unwrap(), weeks }
    }
}

fn filmed(out: &Path, plan: &Plan, drive: u32) -> Filmed {
    let clip = ClipId::derive(&"A".repeat(43).parse().unwrap(), &[Digest::of(format!("{drive}{plan:?}").as_bytes())]);
    let nmea = fs::read(out.join(format!("drives/{drive:03}/drive.nmea"))).unwrap();
    let track = Track::from_fixes(waymark_ingest::fixes::nmea::read(&nmea, 100_000).unwrap()).unwrap();
    let poses: Vec<PoseRow> = read(&out.join("truth")).unwrap();
    let times = poses.iter().filter(|pose| pose.drive == drive);
    let times: Vec<FrameTime> =
        times.map(|pose| FrameTime { index: pose.frame, at: pose.time_ms, key: false }).collect();
    let settings = SampleSettings { spacing_m: SPACING_M, ..SampleSettings::default() };
    let boxes: Vec<BoxRow> = read(&out.join("truth")).unwrap();
    let mut dice = Dice(u64::from(drive) + 100 * plan.epoch() as u64);
    let mut filmed = Filmed::default();
    for choice in sample(&track, &times, &settings).chosen {
        let Ok(pose) = choice.pose else { continue };
        let at = times.iter().find(|time| time.index == choice.index).unwrap().at;
        let frame = frame((clip, choice.index), &pose, (plan, at));
        for shown in boxes.iter().filter(|shown| (shown.drive, shown.frame) == (drive, choice.index)) {
            filmed.detect(&frame, shown, &mut dice);
        }
        filmed.frames.push(frame);
    }
    filmed
}

fn frame((clip_id, index): (ClipId, u32), pose: &Pose, (plan, at): (&Plan, UtcMillis)) -> FrameRow {
    let (frame_id, slot) = (FrameId::derive(clip_id, index), Slot::at(pose.position, pose.heading));
    FrameRow {
        frame_id,
        clip_id,
        frame_index: index,
        device_id: "A".repeat(43).parse().unwrap(),
        driver: "ana".parse().unwrap(),
        captured_at_ms: at,
        h3_cell: slot.cell,
        heading_octant: slot.octant,
        latitude_deg: pose.position.latitude,
        longitude_deg: pose.position.longitude,
        altitude_m: pose.altitude_m,
        heading_deg: pose.heading,
        speed_mps: pose.speed_mps,
        accuracy_mm: pose.accuracy_mm,
        hfov_deg: Some(plan.camera().horizontal_fov_deg()),
        width_px: 1280,
        height_px: 720,
        quality_ppm: Ppm::ONE,
        sharpness_ppm: Ppm::ONE,
        exposure_ppm: Ppm::ONE,
        redacted_ppm: Ppm::ZERO,
        witness: Witness::default(),
        image_path: snapshot::image_key((Epoch::of(at), slot.cell.region()), frame_id),
        image_sha256: Digest::of(frame_id.to_string().as_bytes()),
        image_bytes: frame_id.to_string().len() as u64,
    }
}

impl Filmed {
    fn detect(&mut self, frame: &FrameRow, shown: &BoxRow, dice: &mut Dice) {
        let Some(object) = shown.object_id else { return };
        let height_px = f64::from(shown.height_px) * SCALE;
        if height_px < SEEN_PX_MIN || shown.visible_ppm < Ppm::from_ratio(0.5) || dice.share() < MISSED {
            return;
        }
        if height_px >= ASKED_PX {
            *self.shown.entry(object).or_default() += 1;
        }
        let mut side = |px: f32, most: f64| (f64::from(px) * SCALE + dice.normal() * SIDE_SIGMA_PX).clamp(0.0, most);
        let (x_min_px, x_max_px) = (side(shown.x_min_px, 1280.0) as f32, side(shown.x_max_px, 1280.0) as f32);
        let (y_min_px, y_max_px) = (side(shown.y_min_px, 720.0) as f32, side(shown.y_max_px, 720.0) as f32);
        let edges = [x_min_px, y_min_px, x_max_px, y_max_px];
        for (class, score) in called(&shown.class, height_px, dice) {
            self.push((frame, object), (class, score), edges);
        }
    }

    fn push(&mut self, (frame, object): (&FrameRow, u32), (class, score): (ClassName, f64), edges: [f32; 4]) {
        let [x_min_px, y_min_px, x_max_px, y_max_px] = edges;
        self.of.push(object);
        self.detections.push(DetectionRow {
            frame_id: frame.frame_id,
            detection_index: self.detections.len() as u32,
            clip_id: frame.clip_id,
            h3_cell: frame.h3_cell,
            class,
            role: Role::Map,
            score_ppm: Ppm::from_ratio(score),
            x_min_px,
            y_min_px,
            x_max_px,
            y_max_px,
            refined_class: None,
            refined_score_ppm: None,
            model: "truth".into(),
        });
    }
}

/// What a detector calls a thing: a number that is smaller than 20 px is often misread, or read as two.
fn called(class: &ClassName, height_px: f64, dice: &mut Dice) -> Vec<(ClassName, f64)> {
    let Some(number) = class.as_str().strip_prefix("speed-limit-").filter(|_| height_px < 20.0) else {
        return vec![(class.clone(), 0.9)];
    };
    let other: ClassName = if number == "30" { "speed-limit-40" } else { "speed-limit-30" }.parse().unwrap();
    match dice.share() {
        share if share < 0.3 => vec![(other, 0.6)],
        share if share < 0.5 => vec![(class.clone(), 0.6), (other, 0.5)],
        _ => vec![(class.clone(), 0.7)],
    }
}

/// The same numbers on every run (Knuth's linear congruence).
struct Dice(u64);

impl Dice {
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    /// The sum of twelve shares is nearly normal, with a variance of one.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.share()).sum::<f64>() - 6.0
    }
}

fn mapped(week: &[Filmed], previous: &[FeatureRow], covered_before: &BTreeSet<Slot>) -> Vec<FeatureRow> {
    let frames: Vec<FrameRow> = week.iter().flat_map(|clip| clip.frames.clone()).collect();
    let detections: Vec<DetectionRow> = week.iter().flat_map(|clip| clip.detections.clone()).collect();
    let region = frames[0].h3_cell.region();
    features(&FeatureInput { region, frames: &frames, detections: &detections, previous, covered_before })
}

fn place(object: &ObjectRow) -> Position {
    Position { latitude: object.latitude_deg, longitude: object.longitude_deg }
}

/// Features and the objects that they are of: nearest pairs of one class first, each at most once.
fn matched<'a>(rows: &'a [FeatureRow], objects: &[&'a ObjectRow]) -> Vec<(&'a FeatureRow, &'a ObjectRow, f64)> {
    let pairs = rows.iter().flat_map(|row| objects.iter().map(move |object| (row, *object)));
    let mut pairs: Vec<_> = pairs
        .filter(|(row, object)| row.class == object.class)
        .map(|(row, object)| (row, object, row.position().distance_m(place(object))))
        .filter(|(.., apart_m)| *apart_m < MATCH_M)
        .collect();
    pairs.sort_by(|a, b| a.2.total_cmp(&b.2));
    let (mut rows, mut objects) = (BTreeSet::new(), BTreeSet::new());
    pairs.retain(|(row, object, _)| {
        let free = !rows.contains(&row.feature_id) && !objects.contains(&object.object_id);
        free && rows.insert(row.feature_id.clone()) && objects.insert(object.object_id)
    });
    pairs
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * share).round() as usize]
}

/// What came of one town, or of several.
#[derive(Default)]
struct Score {
    asked: usize,
    hit: usize,
    published: usize,
    real: usize,
    within_radius: usize,
    errors_m: Vec<f64>,
    turned_deg: Vec<f64>,
}

impl Score {
    fn add(&mut self, town: &Town) {
        let week_1 = mapped(&town.weeks[0], &[], &BTreeSet::new());
        let covered = covered(&town.weeks[0]);
        let week_2 = mapped(&town.weeks[1], &week_1, &covered);
        let there: Vec<FeatureRow> = week_2.into_iter().filter(|row| row.state != FeatureState::Gone).collect();
        let standing: Vec<&ObjectRow> = town.objects.iter().filter(|object| object.in_epoch_2).collect();
        let asked: Vec<u32> = standing.iter().map(|object| object.object_id).filter(|id| is_asked(town, *id)).collect();
        let found = matched(&there, &standing);
        self.published += there.len();
        self.real += found.len();
        self.asked += asked.len();
        for (row, object, apart_m) in found.into_iter().filter(|(_, object, _)| asked.contains(&object.object_id)) {
            self.hit += 1;
            self.within_radius += usize::from(apart_m * 1_000.0 <= f64::from(row.accuracy_mm));
            self.errors_m.push(apart_m);
            self.turned_deg.extend(turned_deg(row, object));
        }
    }
}

fn covered(week: &[Filmed]) -> BTreeSet<Slot> {
    week.iter().flat_map(|clip| &clip.frames).map(FrameRow::slot).collect()
}

#[test]
fn features_of_two_weeks_are_the_objects_of_the_towns() {
    let mut score = Score::default();
    towns().iter().for_each(|town| score.add(town));
    let (recall, precision) = (share(score.hit, score.asked), share(score.real, score.published));
    let (median_m, most_m) = (quantile(&mut score.errors_m, 0.5), quantile(&mut score.errors_m, 0.95));
    let (honest, turned_deg) = (share(score.within_radius, score.hit), quantile(&mut score.turned_deg, 0.9));
    println!(
        "{} asked: recall {recall:.3}, precision {precision:.3} of {}, error median {median_m:.2} m, \
         95 % {most_m:.2} m, {honest:.2} within their radius, azimuth 90 % {turned_deg:.0}°",
        score.asked, score.published
    );
    assert!(score.asked >= 40 && recall >= 0.95 && precision >= 0.95);
    assert!(median_m <= 2.0 && most_m <= 5.0 && honest >= 0.9 && turned_deg <= 30.0);
}

/// Whether either week shows an object well enough that it must be found.
fn is_asked(town: &Town, id: u32) -> bool {
    let in_epoch_1 = town.objects.iter().any(|object| object.object_id == id && object.in_epoch_1);
    (in_epoch_1 && frames_of(&town.weeks[0], id) >= ASKED_FRAMES) || frames_of(&town.weeks[1], id) >= ASKED_FRAMES
}

/// Between the azimuths of a feature and its object; none of what has no front.
fn turned_deg(row: &FeatureRow, object: &ObjectRow) -> Option<f64> {
    let turned = row.azimuth_deg?.degrees() - object.azimuth_deg.degrees();
    Some(((turned + 540.0).rem_euclid(360.0) - 180.0).abs())
}

/// The towns themselves change little between two weeks: here every third sign is taken away, and every third is new.
#[test]
fn what_was_taken_away_is_gone_and_what_came_is_new() {
    // Of how many: gone, and new.
    let (mut gone, mut new, mut wrong) = ((0, 0), (0, 0), 0);
    for town in towns() {
        let is_sign = |class: &str| class.ends_with("-sign") || class.starts_with("speed-limit-");
        let signs: Vec<&ObjectRow> = town.objects.iter().filter(|object| is_sign(object.class.as_str())).collect();
        let of = |rest: u32| signs.iter().copied().filter(move |sign| sign.object_id % 3 == rest).collect::<Vec<_>>();
        let (taken, come) = (of(1), of(2));
        let week_1 = mapped(&without(&town.weeks[0], &come), &[], &BTreeSet::new());
        let week_2 = mapped(&without(&town.weeks[1], &taken), &week_1, &covered(&town.weeks[0]));
        let state = |row: &FeatureRow| week_2.iter().find(|now| now.feature_id == row.feature_id).map(|now| now.state);
        // Where both weeks show a sign well, both would have shown it.
        let well = |sign: &ObjectRow| town.weeks.iter().all(|week| frames_of(week, sign.object_id) >= ASKED_FRAMES);
        for (row, ..) in matched(&week_1, &taken).iter().filter(|(_, sign, _)| well(sign)) {
            gone = (gone.0 + usize::from(state(row) == Some(FeatureState::Gone)), gone.1 + 1);
        }
        for (row, ..) in matched(&week_2, &come).iter().filter(|(_, sign, _)| well(sign)) {
            new = (new.0 + usize::from(row.state == FeatureState::New), new.1 + 1);
        }
        let kept: Vec<&ObjectRow> = of(0).into_iter().filter(|sign| sign.in_epoch_2).collect();
        wrong += matched(&week_1, &kept).iter().filter(|(row, ..)| state(row) == Some(FeatureState::Gone)).count();
    }
    println!("{} of {} gone, {} of {} new", gone.0, gone.1, new.0, new.1);
    assert!(gone.1 >= 8 && share(gone.0, gone.1) >= 0.9);
    assert!(new.1 >= 6 && share(new.0, new.1) >= 0.9);
    assert_eq!(wrong, 0, "signs that still stand are not gone");
}

fn frames_of(week: &[Filmed], id: u32) -> usize {
    week.iter().filter_map(|clip| clip.shown.get(&id)).sum()
}

/// The same footage, had these objects not stood there.
fn without(week: &[Filmed], objects: &[&ObjectRow]) -> Vec<Filmed> {
    let is_kept = |id: &u32| objects.iter().all(|object| object.object_id != *id);
    let clip = |clip: &Filmed| {
        let kept = clip.detections.iter().zip(&clip.of).filter(|(_, id)| is_kept(id));
        Filmed { detections: kept.map(|(row, _)| row.clone()).collect(), ..clip.clone() }
    };
    week.iter().map(clip).collect()
}

/// A store of files as a build leaves them, without raw footage.
struct Bucket(World);

impl Bucket {
    fn file(&self, clip: &Filmed) {
        let first = &clip.frames[0];
        let at = Partition::of(Epoch::of(first.captured_at_ms), first.h3_cell.region());
        for frame in &clip.frames {
            self.0.write(&format!("store/{}", frame.image_path), frame.frame_id.to_string().as_bytes());
        }
        let name = first.clip_id.to_string();
        self.0.write(&format!("store/{}", DetectionRow::TABLE.key(at, &name)), &encode(&clip.detections).unwrap());
        self.0.write(&format!("store/{}", FrameRow::TABLE.key(at, &name)), &encode(&clip.frames).unwrap());
    }

    /// How many partitions of features were computed, and the snapshot.
    fn build(&self) -> (u64, String) {
        let built = waymark(&["build", "--store", &self.0.store()]).done();
        (built["features"].as_u64().unwrap(), built["snapshot"].as_str().unwrap().into())
    }

    fn features(&self, clip: &Filmed) -> std::path::PathBuf {
        let first = &clip.frames[0];
        let at = Partition::of(Epoch::of(first.captured_at_ms), Region::at(first.position()));
        self.0.path(&format!("store/{}", FeatureRow::TABLE.key(at, "features")))
    }
}

#[test]
fn features_are_computed_for_what_is_new_and_what_follows_from_it_and_verified() {
    let ([first, second, ..], [later, ..]) = (&*towns()[0].weeks[0], &*towns()[0].weeks[1]) else { unreachable!() };
    let bucket = Bucket(World::unenrolled());
    let verify = || waymark(&["verify", "snapshot", "--store", &bucket.0.store()]);
    bucket.file(first);
    let (computed, once) = bucket.build();
    assert_eq!((computed, bucket.build()), (1, (0, once)));
    bucket.file(later);
    assert_eq!(bucket.build().0, 1);
    verify().done();
    bucket.file(second);
    let (computed, whole) = bucket.build();
    assert_eq!(computed, 2, "the later epoch takes up what the earlier one knows now");
    assert_eq!(verify().done()["features"], 2);

    let file = bucket.features(later);
    fs::remove_file(&file).unwrap();
    assert_eq!(bucket.build(), (1, whole.clone()), "what a killed build left out is made good");
    let rows: Vec<FeatureRow> = decode("features", fs::read(&file).unwrap().into()).unwrap();
    assert!(rows.len() > 5 && rows.iter().any(|row| row.passes > 1), "{rows:?}");

    let other = Bucket(World::unenrolled());
    [later, second, first].into_iter().for_each(|clip| other.file(clip));
    assert_eq!(other.build(), (2, whole), "the order in which clips came does not matter");
    fs::write(&file, encode(&rows[1..]).unwrap()).unwrap();
    bucket.build();
    assert!(verify().failed().stderr.contains("features/"), "{rows:?}");
}
