//! What a driver keeps private is in no bundle: laws over random drives.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Mutex;

use bytes::Bytes;
use proptest::prelude::*;
use waymark_datasets::{Fix, Heading, Position, Rejection, UtcMillis, VideoPiece};
use waymark_ingest::fixes::{csv as csv_format, exif, read_track};
use waymark_ingest::privacy::{Hidden, Privacy, Trim, Zone, sign_privately};
use waymark_ingest::{SignError, SignRequest, SignedClip};

use crate::footage::{START_MS, csv, drive, film, fix, probe};
use crate::world::World;

/// Where a car truly was, every 100 ms.
#[derive(Debug)]
struct Drive {
    places: Vec<Position>,
}

const STEP_MS: i64 = 100;

impl Drive {
    fn at(&self, index: usize) -> UtcMillis {
        (START_MS + index as i64 * STEP_MS).try_into().unwrap()
    }

    /// What a receiver says at the moments of `mask`, wrong by no more than it states.
    fn fixes(&self, mask: &[(bool, f64, u32)]) -> Vec<Fix> {
        let says = |(index, (_, direction_deg, accuracy_mm)): (usize, &(bool, f64, u32))| {
            let wrong_m = f64::from(*accuracy_mm) / 1_000.0 * 0.99;
            let position = self.places[index].destination(Heading::wrapping(*direction_deg), wrong_m);
            Fix { accuracy_mm: Some(*accuracy_mm), position, ..fix(self.at(index).millis(), 0.0, 0.0) }
        };
        mask.iter().enumerate().take(self.places.len()).filter(|(_, (is_fix, ..))| *is_fix).map(says).collect()
    }

    fn moments(&self) -> impl Iterator<Item = (UtcMillis, Position)> {
        self.places.iter().enumerate().map(|(index, place)| (self.at(index), *place))
    }
}

fn start() -> Position {
    Position::from_degrees(45.8, 15.97).unwrap()
}

/// Turns and speeds up to what a car can do.
fn drives() -> impl Strategy<Value = Drive> {
    prop::collection::vec((0.0..360.0_f64, 0.0..69.0_f64, 1..40_usize), 1..12).prop_map(|legs| {
        let mut places = vec![start()];
        for (heading_deg, speed_mps, steps) in legs {
            for _ in 0..steps {
                let here = places[places.len() - 1];
                places.push(here.destination(Heading::wrapping(heading_deg), speed_mps * STEP_MS as f64 / 1_000.0));
            }
        }
        Drive { places }
    })
}

fn masks(accuracy_max_mm: u32) -> impl Strategy<Value = Vec<(bool, f64, u32)>> {
    prop::collection::vec((prop::bool::weighted(0.15), 0.0..360.0_f64, 1..accuracy_max_mm), 500)
}

fn zones() -> impl Strategy<Value = Vec<Zone>> {
    let zone = (0.0..360.0_f64, 0.0..1_500.0_f64, 50.0..400.0_f64).prop_map(|(bearing_deg, away_m, radius_m)| {
        Zone::new("home", start().destination(Heading::wrapping(bearing_deg), away_m), radius_m).unwrap()
    });
    prop::collection::vec(zone, 0..4)
}

/// A film with a keyframe every 500 ms, cut into films; notes what was cut.
fn cutter(cuts: &Mutex<Vec<RangeInclusive<i64>>>) -> impl Fn(&str, &Bytes, &[RangeInclusive<i64>]) -> Cuts + Sync + '_ {
    move |_, _, keep| {
        cuts.lock().unwrap().extend_from_slice(keep);
        let piece = |range: &RangeInclusive<i64>| {
            let at_ms = (range.start() + 499) / 500 * 500;
            let long_ms = u64::try_from(range.end() - at_ms).ok()?;
            Some(VideoPiece { bytes: film(long_ms, None).into(), at_ms })
        };
        Ok(keep.iter().map(piece).collect())
    }
}

type Cuts = Result<Vec<Option<VideoPiece>>, Rejection>;

fn sign(request: &SignRequest<'_>, privacy: &Privacy<'_>) -> Result<Vec<SignedClip>, SignError> {
    let cuts = Mutex::new(Vec::new());
    sign_privately(request, privacy, (&probe, &cutter(&cuts)))
}

proptest! {
    #[test]
    fn a_car_is_in_no_zone_at_any_moment_that_is_not_hidden(drive in drives(), mask in masks(15_000), zones in zones()) {
        let fixes = drive.fixes(&mask);
        prop_assume!(!fixes.is_empty());
        let hidden = Hidden::by_zones(&fixes, &zones);
        for (at, place) in drive.moments().filter(|(at, _)| !hidden.contains(*at)) {
            for zone in &zones {
                prop_assert!(zone.outside_m(place) > 0.0, "at {at} it was {} m within", -zone.outside_m(place));
            }
        }
        if zones.is_empty() {
            prop_assert_eq!(hidden, Hidden::default());
        }
    }

    #[test]
    fn what_is_hidden_and_what_is_left_share_no_moment_and_leave_none_out(
        (drive, mask, zones, ms) in (drives(), masks(15_000), zones(), 0..3_000_i64)
    ) {
        let hidden = Hidden::by_zones(&drive.fixes(&mask), &zones).widened(ms);
        let (from, to) = (drive.at(0), drive.at(drive.places.len() - 1));
        let rest = hidden.rest(from, to);
        prop_assert!(rest.windows(2).all(|pair| pair[0].end() < pair[1].start()));
        for (at, _) in drive.moments() {
            let is_left = rest.iter().any(|range| range.contains(&at.ms_since(from)));
            prop_assert_ne!(hidden.contains(at), is_left, "{}", at);
            prop_assert_eq!(hidden.touches(at, at), !is_left);
        }
    }

    #[test]
    fn a_trip_shows_nothing_before_it_left_its_beginning_nor_after_it_came_to_its_end(
        (drive, mask, metres) in (drives(), masks(15_000), 1.0..800.0_f64)
    ) {
        let fixes = drive.fixes(&mask);
        prop_assume!(!fixes.is_empty());
        let hidden = Hidden::by_ends(&fixes, metres);
        let shown: Vec<&Fix> = fixes.iter().filter(|fix| !hidden.contains(fix.at)).collect();
        if let (Some(first), Some(last)) = (shown.first(), shown.last()) {
            prop_assert!(first.position.distance_m(fixes[0].position) >= metres);
            prop_assert!(last.position.distance_m(fixes[fixes.len() - 1].position) >= metres);
        }
        prop_assert_eq!(Hidden::by_ends(&fixes, 0.0), Hidden::default());
    }

    #[test]
    fn fixes_written_as_csv_are_read_as_they_were(drive in drives(), mask in masks(15_000), altitude_m in -400.0..9_000.0_f64) {
        let mut fixes = drive.fixes(&mask);
        for (fix, index) in fixes.iter_mut().zip(0_u32..) {
            fix.altitude_m = (index % 2 == 0).then_some(altitude_m);
            fix.heading = (index % 3 == 0).then(|| Heading::wrapping(altitude_m));
        }
        prop_assert_eq!(csv_format::read(csv_format::write(&fixes).as_bytes(), 1_000).unwrap(), fixes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_frame_and_no_fix_of_a_private_moment_is_in_a_bundle(drive in drives(), mask in masks(2_000), zones in zones()) {
        let mut mask = mask;
        // The track is as long as the film, so that both began together.
        (mask[0].0, mask[drive.places.len() - 1].0) = (true, true);
        let fixes = drive.fixes(&mask);
        let world = World::unenrolled();
        world.write("film.csv", csv_format::write(&fixes).as_bytes());
        let long_ms = (drive.places.len() as u64 - 1) * STEP_MS as u64;
        let video = world.write("film.mp4", &film(long_ms, None));
        let request = world.request(&[&video], "bundle");
        let privacy = Privacy { zones: &zones, trim: Trim::Off };
        let clips = match sign(&request, &privacy) {
            Ok(clips) => clips,
            // What no car could drive is refused, and shows nothing either.
            Err(SignError::Withheld(_) | SignError::Refused(_)) => Vec::new(),
            Err(error) => panic!("{error}"),
        };
        for clip in &clips {
            for (at, place) in drive.moments().filter(|(at, _)| (clip.start..=clip.end).contains(at)) {
                prop_assert!(zones.iter().all(|zone| zone.outside_m(place) > 0.0), "filmed at {at}");
            }
            let track = std::fs::read(clip.bundle.join("film.csv")).unwrap();
            for fix in read_track("film.csv", &track, 1_000).unwrap() {
                prop_assert!(zones.iter().all(|zone| zone.outside_m(fix.position) > 0.0), "{fix:?}");
            }
        }
        let again = sign(&request, &privacy).unwrap_or_default();
        prop_assert_eq!(again, clips, "signed twice");
    }
}

fn home(latitude_deg: f64, radius_m: f64) -> Vec<Zone> {
    vec![Zone::new("home", Position::from_degrees(latitude_deg, 15.97).unwrap(), radius_m).unwrap()]
}

#[test]
fn footage_that_is_near_nothing_private_is_signed_as_it_is() {
    let world = World::unenrolled();
    let far = home(45.0, 1_000.0);
    let privacy = Privacy { zones: &far, trim: Trim::Off };
    for input in [world.film(), world.stills()] {
        let plain = world.sign(&[&input], "plain").unwrap();
        let private = sign(&world.request(&[&input], "private"), &privacy).unwrap();
        assert_eq!((private.len(), private[0].manifest_sha256), (1, plain.manifest_sha256));
        std::fs::remove_dir_all(world.path("plain")).unwrap();
        std::fs::remove_dir_all(world.path("private")).unwrap();
    }
}

#[test]
fn stills_of_a_private_place_are_left_out() {
    let world = World::unenrolled();
    // Stills 10 m apart, with an error of 10 m: those up to 60 m from the third are hidden.
    let zones = home(45.8 + 2.0 * 9.0e-5, 50.0);
    let clips =
        sign(&world.request(&[&world.stills()], "bundle"), &Privacy { zones: &zones, trim: Trim::Off }).unwrap();
    let [clip] = &clips[..] else { panic!("{clips:?}") };
    for entry in &clip.media {
        let still = exif::read(&std::fs::read(clip.bundle.join(entry.name.as_str())).unwrap()).unwrap();
        assert!(zones[0].outside_m(still.position) > 0.0, "{}", entry.name);
    }
    let names: Vec<&str> = clip.media.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, ["09.jpg"]);
    let all = home(45.8, 1_000.0);
    let none = sign(&world.request(&[&world.stills()], "none"), &Privacy { zones: &all, trim: Trim::Off });
    assert!(matches!(none, Err(SignError::Withheld(_))), "{none:?}");
    assert!(!world.path("none").exists());
}

#[test]
fn a_video_is_cut_around_a_private_place_and_its_track_with_it() {
    let world = World::unenrolled();
    // 60 s north at 10 m/s; the zone is around the middle.
    world.write("film.csv", &csv(&drive(60)));
    let video = world.write("film.mp4", &film(59_000, None));
    let zones = home(45.8 + 30.0 * 9.0e-5, 50.0);
    let clips = sign(&world.request(&[&video], "bundle"), &Privacy { zones: &zones, trim: Trim::Off }).unwrap();
    assert_eq!(
        clips.iter().map(|clip| clip.bundle.clone()).collect::<Vec<PathBuf>>(),
        [world.path("bundle"), world.path("bundle-2")]
    );
    let interval = |clip: &SignedClip| [clip.start, clip.end].map(|at| at.millis() - START_MS);
    // 50 m and the error of the receiver are 6 s of driving; between two fixes it can have gone 35 m and come back,
    // which is 3 s more; clocks differ by 2 s.
    let [before, after] = [interval(&clips[0]), interval(&clips[1])];
    assert!(before[0] == 0 && (19_000..20_000).contains(&before[1]), "{before:?}");
    assert!((40_000..=41_500).contains(&after[0]) && after[1] == 59_000, "{after:?}");
    assert_eq!((clips[0].sequence, clips[1].sequence), (0, 0), "without a chain every clip is the first");
}

#[test]
fn a_video_that_may_have_begun_at_any_time_is_not_cut_but_kept_back() {
    let world = World::unenrolled();
    // The track is of the whole trip: nothing tells where in it the film is.
    world.write("film.csv", &csv(&drive(60)));
    let video = world.write("film.mp4", &film(10_000, Some(START_MS + 5_000)));
    let zones = home(45.8 + 30.0 * 9.0e-5, 50.0);
    let privacy = Privacy { zones: &zones, trim: Trim::Off };
    let mut request = world.request(&[&video], "bundle");
    let Err(SignError::Withheld(why)) = sign(&request, &privacy) else { panic!("signed") };
    assert!(why.contains("--video-start"), "{why}");
    request.video_start = Some((START_MS + 5_000).try_into().unwrap());
    let clips = sign(&request, &privacy).unwrap();
    assert_eq!((clips.len(), clips[0].end.millis()), (1, START_MS + 15_000), "the film is as it was");
    let track = std::fs::read(clips[0].bundle.join("film.csv")).unwrap();
    let fixes = read_track("film.csv", &track, 1_000).unwrap();
    assert!(!fixes.is_empty() && fixes.iter().all(|fix| zones[0].outside_m(fix.position) > 0.0));
}

#[test]
fn the_ends_of_a_trip_are_trimmed_when_that_is_asked_for() {
    let world = World::unenrolled();
    world.write("film.csv", &csv(&drive(60)));
    let video = world.write("film.mp4", &film(59_000, None));
    let trim = |metres: f64, out: &str| {
        sign(&world.request(&[&video], out), &Privacy { zones: &[], trim: Trim::Clip(metres) })
    };
    let clips = trim(200.0, "bundle").unwrap();
    let [from, to] = [clips[0].start, clips[0].end].map(|at| at.millis() - START_MS);
    assert!((20_000..24_000).contains(&from) && (36_000..40_000).contains(&to), "{from} to {to}");
    assert!(matches!(trim(400.0, "none"), Err(SignError::Withheld(_))));
    assert!(!world.path("none").exists());
}
