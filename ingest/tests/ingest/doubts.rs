//! What lowers trust: tracks, repetitions, light, and what others saw.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use waymark_datasets::rows::{ClipRow, Motion, TrackMeasures, TrustRow, Witness};
use waymark_datasets::{Cell, ClipId, DeviceId, Digest, Doubt, Fix, Heading, Position, Ppm, Track, UtcMillis};
use waymark_ingest::DeviceKey;
use waymark_ingest::plausible::{
    Case, Evidence, SAME_DRIVE_MS, Shot, TrustSettings, judge, judge_cases, measure_track, reaches, seniority,
    sun_height_deg,
};

const NOON: &str = "2026-06-21T12:00:00Z";

pub fn at(ms: i64) -> UtcMillis {
    NOON.parse::<UtcMillis>().unwrap().plus_ms(ms)
}

fn home() -> Position {
    Position::from_degrees(47.0, 8.0).unwrap()
}

fn device(number: u8) -> DeviceId {
    DeviceKey::from_seed(&[number; 32]).unwrap().device_id().clone()
}

/// Numbers that look like any.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to 1.
    fn share(&mut self) -> f64 {
        (self.roll() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A normal deviate, by twelve uniform ones.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.share()).sum::<f64>() - 6.0
    }
}

/// A drive of some minutes with a receiver of 30 m of error, a fix each second, and tunnels.
fn real_like(dice: &mut Dice) -> Vec<Fix> {
    let mut fixes = Vec::new();
    let (mut place, mut course, mut speed_mps) = (home(), dice.share() * 360.0, 12.0);
    let mut tunnel_until = 0;
    for second in 0..300 {
        speed_mps = (speed_mps + dice.normal()).clamp(0.0, 35.0);
        course += dice.normal() * 4.0;
        place = place.destination(Heading::wrapping(course), speed_mps);
        if dice.share() < 0.01 {
            tunnel_until = second + (dice.share() * 60.0) as i64;
        }
        if second >= tunnel_until || second == 0 {
            let error_m = (dice.normal().powi(2) + dice.normal().powi(2)).sqrt() * 30.0;
            let seen = place.destination(Heading::wrapping(dice.share() * 360.0), error_m);
            fixes.push(fix(second * 1_000, seen));
        }
    }
    fixes
}

fn fix(ms: i64, position: Position) -> Fix {
    Fix { at: at(ms), position, altitude_m: None, accuracy_mm: None, heading: None }
}

fn jumps(fixes: Vec<Fix>) -> bool {
    let track = Track::from_fixes(fixes).unwrap();
    let interval = (track.first().at, track.last().at);
    measure_track(&track, interval, &TrustSettings::default()).out_of_reach > 0
}

#[test]
fn of_a_thousand_jumps_of_1_to_1000_km_at_least_999_are_found() {
    let mut dice = Dice(1);
    let found = (0..1_000).filter(|_| {
        let mut fixes = real_like(&mut dice);
        let from = 1 + dice.roll() as usize % (fixes.len() - 1);
        // For one fix, for some, or for good.
        let length = [1, 10, fixes.len()][dice.roll() as usize % 3];
        let (way, far_m) = (Heading::wrapping(dice.share() * 360.0), 1_000.0 * 1_000_f64.powf(dice.share()));
        let steady = fixes[from].at.ms_since(fixes[from - 1].at) <= 1_000;
        fixes.iter_mut().skip(from).take(length).for_each(|fix| fix.position = fix.position.destination(way, far_m));
        // A jump in a tunnel is a drive as far as the tunnel allows.
        !steady || jumps(fixes)
    });
    assert!(found.count() >= 999);
}

#[test]
fn of_a_thousand_drives_with_tunnels_and_30_m_of_error_fewer_than_five_are_doubted() {
    let mut dice = Dice(2);
    assert!((0..1_000).filter(|_| jumps(real_like(&mut dice))).count() < 5);
}

#[test]
fn a_track_that_was_drawn_is_smoother_than_any_receiver() {
    let drawn = |i: i64| fix(i * 100, home().destination(Heading::wrapping(90.0), i as f64 * 1.2));
    let mut dice = Dice(3);
    let measures = |fixes: Vec<Fix>| {
        let track = Track::from_fixes(fixes).unwrap();
        measure_track(&track, (track.first().at, track.last().at), &TrustSettings::default())
    };
    let smooth = measures((0..200).map(drawn).collect());
    assert!(smooth.drawn_ppm > Ppm::of(9, 10) && smooth.moving_s > 15, "{smooth:?}");
    let rough =
        |i| Fix { position: drawn(i).position.destination(Heading::wrapping(0.0), dice.normal() * 0.1), ..drawn(i) };
    let rough = measures((0..200).map(rough).collect());
    assert!(rough.drawn_ppm < Ppm::of(2, 5), "{rough:?}");
}

/// An honest clip by a device: a street with pictures of its own.
pub fn clip(number: u8, start_ms: i64, street: u64) -> Evidence {
    let mut dice = Dice(street);
    let clip_id = ClipId::derive(&device(number), &[Digest::of(format!("{number} {start_ms} {street}").as_bytes())]);
    let row = ClipRow {
        clip_id,
        device_id: device(number),
        driver: format!("driver-{number}").parse().unwrap(),
        landed_at_ms: at(start_ms + 3_600_000),
        start_ms: at(start_ms),
        end_ms: at(start_ms + 20_000),
        sequence: (start_ms / 1_000).unsigned_abs(),
        footage_sha256: Digest::of(clip_id.to_string().as_bytes()),
        track: TrackMeasures { fixes: 200, ..TrackMeasures::default() },
    };
    let origin = home().destination(Heading::wrapping(0.0), 2_000.0 * street as f64);
    let shot = |i: i64| {
        let position = origin.destination(Heading::wrapping(90.0), 8.0 * i as f64);
        let (hash, inner_hash) = (dice.roll() & !1, dice.roll() & !1);
        let look = [0; 6].map(|_| dice.roll());
        let motion = Motion { standing_ppm: Ppm::of(1, 5), flow_ppm_per_s: 300_000, turn_ppm_per_s: 0 };
        Shot {
            at: at(start_ms + i * 1_000),
            position,
            cell: Cell::at(position),
            heading: Heading::wrapping(90.0),
            speed_mps: 8.0,
            hfov_deg: Some(90.0),
            witness: Witness { hash, inner_hash, look, sky_luma: 150, motion: Some(motion) },
        }
    };
    Evidence::new(row, (0..20).map(shot).collect())
}

/// The same pictures in another clip, later; what else is done to them is up to `edit`.
pub fn copied(original: &Evidence, copy: Evidence, edit: impl Fn(&Shot) -> Option<Shot>) -> Evidence {
    let later_ms = copy.clip.start_ms.ms_since(original.clip.start_ms);
    let shots = original.shots.iter().filter_map(edit);
    let shots = shots.map(|shot| Shot { at: shot.at.plus_ms(later_ms), ..shot }).collect();
    Evidence::new(copy.clip, shots)
}

pub fn verdicts(clips: &[Evidence]) -> Vec<TrustRow> {
    judge(clips, &TrustSettings::default())
}

pub fn doubts(row: &TrustRow) -> Vec<Doubt> {
    row.findings.iter().map(|finding| finding.doubt).collect()
}

#[test]
fn honest_clips_are_believed_wholly() {
    let rows = verdicts(&[clip(1, 0, 1), clip(2, 5_000, 2), clip(1, 600_000, 3)]);
    assert!(rows.iter().all(|row| row.trust_ppm == Ppm::ONE && row.counts && row.findings.is_empty()), "{rows:?}");
    assert!(verdicts(&[]).is_empty());
}

#[test]
fn the_same_pictures_by_another_driver_split_shifted_or_mirrored_are_the_laters_fault() {
    type Edit<'a> = &'a dyn Fn(&Shot) -> Option<Shot>;
    let original = clip(1, 0, 1);
    let same = |shot: &Shot| Some(*shot);
    let noisy = |shot: &Shot| {
        Some(Shot { witness: Witness { hash: shot.witness.hash ^ 0x0101_0000_0200, ..shot.witness }, ..*shot })
    };
    let half = |shot: &Shot| (shot.at < at(10_000)).then_some(*shot);
    let mirror = |shot: &Shot| {
        let hash = shot.witness.hash ^ 0xaaaa_aaaa_aaaa_aaaa;
        Some(Shot { witness: Witness { hash, ..shot.witness }, ..*shot })
    };
    let crop = |shot: &Shot| Some(Shot { witness: Witness { hash: shot.witness.inner_hash, ..shot.witness }, ..*shot });
    let edits: [(&str, Edit<'_>, i64); 6] = [
        ("signed by another", &same, 0),
        ("encoded again", &noisy, 40_000),
        ("split", &half, 40_000),
        ("shifted by a second", &same, 1_000),
        ("mirrored", &mirror, 40_000),
        ("cropped", &crop, 40_000),
    ];
    for (name, edit, later_ms) in edits {
        // Another street number only gives the copy a name of its own.
        let mut claim = clip(2, later_ms, 9);
        claim.clip.landed_at_ms = original.clip.landed_at_ms.plus_ms(1);
        let rows = verdicts(&[copied(&original, claim, edit), original.clone()]);
        assert!(doubts(&rows[0]).contains(&Doubt::PicturesRepeated) && !rows[0].counts, "{name}: {:?}", rows[0]);
        assert_eq!(rows[0].findings[0].other, Some(original.clip.clip_id));
        assert_eq!(rows[1].trust_ppm, Ppm::ONE, "{name}");
    }
}

#[test]
fn the_same_bytes_again_are_known_without_a_picture() {
    let original = clip(1, 0, 1);
    let mut replay = clip(1, 86_400_000, 2);
    replay.clip.footage_sha256 = original.clip.footage_sha256;
    let rows = verdicts(&[replay, original]);
    assert_eq!(doubts(&rows[0]), [Doubt::FootageRepeated]);
    assert!(!rows[0].counts && rows[1].findings.is_empty());
}

#[test]
fn a_tunnel_that_looks_like_any_other_is_no_copy() {
    let dark = |number, start_ms, street| {
        let mut clip = clip(number, start_ms, street);
        clip.shots.iter_mut().for_each(|shot| shot.witness.hash = 0);
        clip
    };
    let rows = verdicts(&[dark(1, 0, 1), dark(2, 60_000, 2)]);
    assert!(rows.iter().all(|row| !doubts(row).contains(&Doubt::PicturesRepeated)), "{rows:?}");
}

#[test]
fn one_device_in_two_places_is_believed_in_the_first_only() {
    let rows = verdicts(&[clip(1, 500, 7), clip(1, 0, 1)]);
    assert_eq!(doubts(&rows[0]), [Doubt::DeviceElsewhere, Doubt::ChainForked]);
    assert!(!rows[0].counts && rows[1].counts);
}

#[test]
fn a_picture_that_stands_while_the_track_moves_is_doubted() {
    let mut parked = clip(1, 0, 1);
    for shot in &mut parked.shots {
        shot.witness.motion = shot.witness.motion.map(|motion| Motion { standing_ppm: Ppm::ONE, ..motion });
    }
    assert_eq!(doubts(&verdicts(&[parked])[0]), [Doubt::PictureStands]);
    let mut photos = clip(1, 0, 1);
    photos.shots.iter_mut().for_each(|shot| shot.witness = Witness { hash: 6, motion: None, ..shot.witness });
    assert_eq!(doubts(&verdicts(&[photos])[0]), [Doubt::PictureStands]);
}

#[test]
fn the_night_is_not_taken_for_day_nor_day_for_night() {
    let mut night = clip(1, 0, 1);
    night.shots.iter_mut().for_each(|shot| shot.witness.sky_luma = 12);
    assert_eq!(doubts(&verdicts(&[night.clone()])[0]), [Doubt::LightDiffers]);
    let later = |shot: &Shot| Some(*shot);
    let dark = copied(&night, clip(1, 12 * 3_600_000, 1), later);
    // Twelve hours later it may be dark, and bright it may not be. Midnight of midsummer is no night at 47 degrees.
    let bright = copied(&clip(1, 0, 1), clip(1, 12 * 3_600_000, 1), later);
    assert!(doubts(&verdicts(&[dark])[0]).is_empty());
    assert_eq!(doubts(&verdicts(&[bright])[0]), [Doubt::LightDiffers]);
}

#[test]
fn the_sun_is_where_almanacs_have_it() {
    // Heights by NOAA's solar calculator, without refraction, to a tenth of a degree.
    let known = [
        ("2026-06-21T12:00:00Z", 47.0, 8.0, 65.9),
        ("2026-12-21T12:00:00Z", 47.0, 8.0, 18.8),
        ("2026-03-20T18:00:00Z", 0.0, 0.0, 1.8),
        ("2026-01-12T20:00:00Z", -45.0, -130.0, 65.3),
        ("2026-01-13T08:44:00Z", -45.0, -130.0, -23.5),
    ];
    for (time, latitude, longitude, height_deg) in known {
        let found = sun_height_deg(time.parse().unwrap(), Position::from_degrees(latitude, longitude).unwrap());
        assert!((found - height_deg).abs() < 1.0, "{time}: {found}, not {height_deg}");
    }
}

fn sorted(mut rows: Vec<TrustRow>) -> Vec<TrustRow> {
    rows.sort_by_key(|row| row.clip_id);
    rows
}

/// Judges the last of `clips` beside the others, of which the rows are `known`; evidence of them is used as sparingly as
/// [`judge_cases`] allows.
fn append(clips: &[Evidence], known: &[TrustRow]) -> Vec<TrustRow> {
    let (new, old) = clips.split_last().unwrap();
    let is_in = |clip: &Evidence, of: &[&Evidence]| {
        let regions: BTreeSet<_> = of.iter().flat_map(|clip| reaches(clip)).collect();
        clip.shots.iter().any(|shot| regions.contains(&shot.cell.region()))
    };
    let asked: Vec<&Evidence> = old.iter().filter(|clip| is_in(clip, &[new])).collect();
    let all: Vec<&Evidence> = asked.iter().copied().chain([new]).collect();
    let is_same_drive = |clip: &Evidence| {
        let apart_ms = clip.clip.start_ms.ms_since(new.clip.start_ms).abs();
        clip.clip.device_id == new.clip.device_id && apart_ms <= SAME_DRIVE_MS + 20_000
    };
    let case = |(clip, row)| match clip {
        clip if asked.contains(&clip) => Case::Again(row, clip),
        clip if is_in(clip, &all) || is_same_drive(clip) => Case::Known(row, Some(clip)),
        _ => Case::Known(row, None),
    };
    let cases: Vec<Case<'_>> = old.iter().zip(known).map(case).chain([Case::New(new)]).collect();
    let mut rows: BTreeMap<ClipId, TrustRow> = known.iter().map(|row| (row.clip_id, row.clone())).collect();
    rows.extend(judge_cases(&cases, &TrustSettings::default()).into_iter().map(|row| (row.clip_id, row)));
    clips.iter().map(|clip| rows[&clip.clip.clip_id].clone()).collect()
}

proptest! {
    #[test]
    fn clips_that_come_one_by_one_are_judged_as_if_all_had_been_there(
        drives in proptest::collection::vec((1_u8..5, 0_i64..60, 0_usize..3, 0_u64..3, 0_i64..7), 1..14),
    ) {
        // Streets near to each other and 80 km away; weeks near to each other and not.
        let made = |(number, minute, street, film, week): (u8, i64, usize, u64, i64)| {
            let own = clip(number, (week * 3 * 7 * 1_440 + minute) * 60_000, [1, 2, 40][street]);
            // Every other drive shows what was filmed elsewhere, a little noisier.
            let other = clip(9, 0, film);
            let pairs = own.shots.iter().zip(&other.shots);
            let staged = |(shot, other): (&Shot, &Shot)| Shot {
                witness: Witness {
                    hash: other.witness.hash ^ (2 << (number + film as u8)),
                    look: other.witness.look.map(|word| word ^ (6 << number)),
                    ..shot.witness
                },
                ..*shot
            };
            let shots = if minute % 2 == 0 { own.shots.clone() } else { pairs.map(staged).collect() };
            Evidence::new(own.clip.clone(), shots)
        };
        let mut clips: Vec<Evidence> = drives.into_iter().map(made).collect();
        clips.sort_by_key(|clip| seniority(&clip.row()));
        clips.dedup_by_key(|clip| clip.clip.clip_id);
        let mut rows = Vec::new();
        for count in 1..=clips.len() {
            rows = append(&clips[..count], &rows);
            prop_assert_eq!(&rows, &verdicts(&clips[..count]));
        }
    }

    #[test]
    fn the_order_of_clips_does_not_matter(streets in proptest::collection::vec((1_u8..4, 0_i64..40, 0_u64..4), 1..8), turn in 0_usize..8) {
        let mut clips: Vec<Evidence> =
            streets.iter().map(|&(number, minutes, street)| clip(number, minutes * 60_000, street)).collect();
        clips.sort_by_key(|clip| clip.clip.clip_id);
        clips.dedup_by_key(|clip| clip.clip.clip_id);
        let once = sorted(verdicts(&clips));
        let turned = turn % clips.len();
        clips.rotate_left(turned);
        prop_assert_eq!(sorted(verdicts(&clips)), once);
    }

    #[test]
    fn no_track_makes_it_panic(fixes in proptest::collection::vec((0_i64..4_000_000_000_000, -90.0..=90.0, -180.0..=180.0), 1..40)) {
        let fix = |(ms, latitude, longitude)| {
            let position = Position::from_degrees(latitude, longitude).unwrap();
            Fix { at: UtcMillis::try_from(ms).unwrap(), position, altitude_m: None, accuracy_mm: Some(5), heading: None }
        };
        let track = Track::from_fixes(fixes.into_iter().map(fix).collect()).unwrap();
        let measures = measure_track(&track, (track.first().at, track.last().at), &TrustSettings::default());
        prop_assert_eq!(measures.fixes as usize, track.fixes().len());
    }
}
