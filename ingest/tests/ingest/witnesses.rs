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
        Some(Shot { at, witness: Witness { hash, inner_hash: 0, ..shot.witness }, ..*shot })
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

#[test]
fn a_track_beside_the_street_that_the_pictures_show_is_found_out() {
    let beside = |place: Position| place.destination(Heading::wrapping(0.0), 200.0);
    let aside = copied(&clip(4, 0, 1), clip(4, 6_000_000, 9), |shot| {
        let hash = shot.witness.hash ^ 0x4000_0020_0000_1000;
        moved(&Shot { witness: Witness { hash, inner_hash: 0, ..shot.witness }, ..*shot }, beside)
    });
    // Nobody drives in the rhythm of another.
    let aside = varied((5, aside));
    let clips: Vec<Evidence> = street().into_iter().chain([aside]).collect();
    let rows = verdicts(&clips);
    assert!(rows[..3].iter().all(|row| row.counts), "{rows:?}");
    assert_eq!(doubts(&rows[3]), [Doubt::SceneDiffers], "{:?}", rows[3]);
    assert!(rows[3].findings[0].detail.contains("200 m away"), "{:?}", rows[3]);
    // A street that nobody drove before is no fault by itself.
    let first = copied(&clip(5, 0, 7), clip(5, 7_000_000, 9), |shot| {
        moved(shot, |place| beside(place.destination(Heading::wrapping(180.0), 12_000.0)))
    });
    let clips: Vec<Evidence> = street().into_iter().chain([first]).collect();
    assert!(verdicts(&clips)[3].counts);
}
