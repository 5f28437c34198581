//! What others who drove there say of a clip.

use waymark_datasets::rows::Witness;
use waymark_datasets::{Cell, Doubt, Heading, Position};
use waymark_ingest::plausible::{Evidence, Shot};

use crate::doubts::{clip, copied, doubts, verdicts};

/// Alike, but by their own cameras: a few bits differ, and nobody drives in another's rhythm.
fn varied((i, clip): (usize, Evidence)) -> Evidence {
    let edit = |shot: &Shot| {
        let at = shot.at.plus_ms(shot.at.ms_since(clip.clip.start_ms) * i as i64 / 7);
        let hash = shot.witness.hash ^ (0x0802_0004_0100_0210 << i);
        let look = shot.witness.look.map(|word| word ^ (0x0802_0004_0100_0210 << i));
        Some(Shot { at, witness: Witness { hash, look, inner_hash: 0, ..shot.witness }, ..*shot })
    };
    copied(&clip, clip.clone(), edit)
}

/// Three devices that drive through one street, one after the other.
fn street() -> Vec<Evidence> {
    (1..=3).map(|number| clip(number, i64::from(number) * 600_000, 1)).enumerate().map(varied).collect()
}

fn moved(shot: &Shot, by: impl Fn(Position) -> Position) -> Option<Shot> {
    let position = by(shot.position);
    Some(Shot { position, cell: Cell::at(position), ..*shot })
}

/// Another street's pictures, in the first street.
fn strange() -> Evidence {
    let there = |place: Position| place.destination(Heading::wrapping(180.0), 8_000.0);
    copied(&clip(4, 0, 5), clip(4, 6_000_000, 1), |shot| moved(shot, there))
}

#[test]
fn others_who_saw_something_else_there_speak_against_a_clip() {
    let mut clips = street();
    clips.push(strange());
    let rows = verdicts(&clips);
    assert!(rows[..3].iter().all(|row| row.counts), "{rows:?}");
    assert!(doubts(&rows[3]).contains(&Doubt::SceneDiffers), "{:?}", rows[3]);
}

#[test]
fn who_saw_a_street_by_day_says_nothing_of_it_by_night() {
    let mut clips = street();
    let mut dark = strange();
    dark.shots.iter_mut().for_each(|shot| shot.witness.sky_luma = 70);
    clips.push(dark);
    assert!(doubts(&verdicts(&clips)[3]).is_empty());
}

fn beside(place: Position) -> Position {
    place.destination(Heading::wrapping(0.0), 200.0)
}

/// The first street's pictures with some bits changed, in the next street to the north.
fn aside(changed: u64) -> Evidence {
    let aside = copied(&clip(4, 0, 1), clip(4, 6_000_000, 9), |shot| {
        let look = shot.witness.look.map(|word| word ^ changed);
        let hash = shot.witness.hash ^ 0x4000_0020_0000_1000;
        moved(&Shot { witness: Witness { hash, look, inner_hash: 0, ..shot.witness }, ..*shot }, beside)
    });
    // Nobody drives in the rhythm of another.
    varied((5, aside))
}

fn beside_others(clip: Evidence) -> Vec<Evidence> {
    street().into_iter().chain([clip]).collect()
}

#[test]
fn a_track_beside_the_street_that_the_pictures_show_is_found_out() {
    let rows = verdicts(&beside_others(aside(0x4000_0020_0000_1000)));
    assert!(rows[..3].iter().all(|row| row.counts), "{rows:?}");
    assert_eq!(doubts(&rows[3]), [Doubt::SceneDiffers], "{:?}", rows[3]);
    assert!(rows[3].findings[0].detail.contains("200 m away"), "{:?}", rows[3]);
    // A street that nobody drove before is no fault by itself.
    let first = copied(&clip(5, 0, 7), clip(5, 7_000_000, 9), |shot| {
        moved(shot, |place| beside(place.destination(Heading::wrapping(180.0), 12_000.0)))
    });
    assert!(verdicts(&beside_others(first))[3].counts);
}

#[test]
fn by_night_a_track_beside_the_street_is_found_out_as_well() {
    let mut dark = aside(0x1111_1111_1111_1111);
    dark.shots.iter_mut().for_each(|shot| shot.witness.sky_luma = 70);
    assert_eq!(doubts(&verdicts(&beside_others(dark))[3]), [Doubt::SceneDiffers]);
}

#[test]
fn a_few_frames_of_a_known_street_are_enough_and_two_are_not() {
    let of_which = |known: usize| {
        let mut turning = aside(0);
        let strange = clip(4, 0, 5);
        // Where nobody else turned.
        for (shot, other) in turning.shots.iter_mut().zip(&strange.shots).skip(known) {
            shot.witness.look = other.witness.look;
            shot.heading = Heading::wrapping(0.0);
        }
        doubts(&verdicts(&beside_others(turning))[3])
    };
    assert!(of_which(2).is_empty());
    assert_eq!(of_which(6), [Doubt::SceneDiffers]);
}

#[test]
fn a_street_that_looks_like_the_next_one_is_believed_where_others_saw_the_same() {
    let twin = |(number, shot): (u8, &Shot)| {
        let look = shot.witness.look.map(|word| word ^ (0x0020_0100_0008 << number));
        moved(&Shot { witness: Witness { look, ..shot.witness }, ..*shot }, beside)
    };
    // Three devices in the one, two in the other.
    let there = (5..=6).map(|number| {
        let start_ms = i64::from(number) * 700_000;
        let own = clip(number, start_ms, number.into());
        let pictures = clip(number, start_ms, 1);
        let shots = pictures.shots.iter().zip(&own.shots).filter_map(|(shot, own)| {
            let hashes = Witness { hash: own.witness.hash, inner_hash: own.witness.inner_hash, ..shot.witness };
            twin((number, &Shot { witness: hashes, ..*shot }))
        });
        Evidence::new(own.clip.clone(), shots.collect())
    });
    let rows = verdicts(&street().into_iter().chain(there).collect::<Vec<_>>());
    assert!(rows.iter().all(|row| row.counts), "{rows:?}");
}
