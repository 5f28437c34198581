//! The whole chain on real stills: order, sameness on any number of workers, counts, failing closed.

use std::time::Instant;

use waymark_datasets::{Fix, Position, Ppm, Reason, Track, UtcMillis};
use waymark_vision::{Detector, Error, Job, Outcome, STREET, Settings, Source, Still, Tally, process};

use crate::assets::{assets, pack, runtime, street_detector};
use crate::parity::single;

/// The Bee sequence: 70 stills, and the track that their names carry (`epoch_ms_lat_lon`).
pub fn bee() -> Option<(Vec<Still>, Track)> {
    let folder = assets()?.join("images/bee_sf");
    let names = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".jpg")).collect();
    names.sort();
    let (mut stills, mut fixes) = (Vec::new(), Vec::new());
    for name in names {
        let parts: Vec<&str> = name.trim_end_matches(".jpg").split('_').collect();
        let at = UtcMillis::try_from(parts[0].parse::<i64>().unwrap()).unwrap();
        let position = Position::from_degrees(parts[1].parse().unwrap(), parts[2].parse().unwrap()).unwrap();
        fixes.push(Fix { at, position, altitude_m: Some(-33.0), accuracy_mm: None, heading: None });
        stills.push(Still { bytes: std::fs::read(folder.join(&name)).unwrap().into(), name, at });
    }
    Some((stills, Track::from_fixes(fixes).unwrap()))
}

pub fn collect(source: &Source, track: &Track, detectors: &mut [Detector]) -> Result<(Vec<Outcome>, Tally), Error> {
    let mut outcomes = Vec::new();
    let job = Job { source, track, settings: &Settings::default() };
    let tally = process(&job, detectors, &mut |outcome| {
        outcomes.push(outcome);
        Ok::<(), std::io::Error>(())
    })?;
    Ok((outcomes, tally))
}

pub fn index(outcome: &Outcome) -> u32 {
    match outcome {
        Outcome::Frame(frame) => frame.index,
        Outcome::Refused { index, .. } => *index,
    }
}

pub fn is_whole(tally: &Tally) -> bool {
    tally.frames_in == tally.sampled + tally.not_needed + tally.standing + tally.outside + tally.refused
}

#[test]
fn the_bee_sequence_goes_through_in_order_and_whole() {
    let (Some((stills, track)), Some(one), Some(two)) = (bee(), street_detector(), street_detector()) else { return };
    let begun = Instant::now();
    let (outcomes, tally) = collect(&Source::Stills(stills), &track, &mut [one, two]).unwrap();
    let per_s = outcomes.len() as f64 / begun.elapsed().as_secs_f64();
    println!("bee: {} frames, {per_s:.2} per second on two workers, {tally:?}", outcomes.len());
    assert!(tally.sampled >= 60 && tally.refused == 0 && is_whole(&tally), "{tally:?}");
    assert!(outcomes.windows(2).all(|pair| index(&pair[0]) < index(&pair[1])));
    let mut lights = 0;
    for outcome in &outcomes {
        let Outcome::Frame(frame) = outcome else { panic!("{outcome:?}") };
        assert_eq!((frame.width_px, frame.height_px), (2028, 1024));
        assert!(frame.quality <= frame.sharpness && frame.sharpness > Ppm::ZERO);
        lights += frame.detections.iter().filter(|d| d.class.as_str() == "traffic-light").count();
        let inside = |v: f32, side: u32| (0.0..=side as f32).contains(&v);
        assert!(frame.detections.iter().all(|d| inside(d.bbox.x_max_px, 2028) && inside(d.bbox.y_max_px, 1024)));
    }
    assert!(lights >= 27, "whole frames alone show 27 traffic lights, tiles showed {lights}");
}

#[test]
fn one_worker_and_three_give_the_same_bytes() {
    let (Some((stills, track)), Some(pack)) = (bee(), pack(STREET)) else { return };
    let source = Source::Stills(stills[20..28].to_vec());
    let mut workers: Vec<_> = (0..3).map(|_| Detector::new(&runtime(), &pack).unwrap()).collect();
    let alone = collect(&source, &track, &mut workers[..1]).unwrap();
    let together = collect(&source, &track, &mut workers).unwrap();
    assert_eq!(alone, together);
}

#[test]
fn a_bad_still_is_refused_and_the_others_go_through() {
    let (Some((stills, track)), Some(pack)) = (bee(), pack(&single("yunet_2023mar"))) else { return };
    let mut stills = stills[..4].to_vec();
    stills[1].bytes = stills[1].bytes.slice(..5_000);
    stills[2].at = stills[2].at.plus_ms(-3_600_000);
    let mut detector = [Detector::new(&runtime(), &pack).unwrap()];
    let (outcomes, tally) = collect(&Source::Stills(stills), &track, &mut detector).unwrap();
    let reason = |at: usize| match &outcomes[at] {
        Outcome::Refused { rejection, .. } => Some(rejection.reason),
        Outcome::Frame(_) => None,
    };
    let expected = [None, Some(Reason::MediaTruncated), Some(Reason::FrameOutsideTrack), None];
    assert_eq!([0, 1, 2, 3].map(reason), expected);
    assert!((tally.sampled, tally.refused) == (2, 2) && is_whole(&tally));
}

#[test]
fn a_model_that_breaks_its_promise_lets_nothing_out() {
    let (Some((stills, track)), Some(pack)) =
        (bee(), pack(&single("yunet_2023mar").replace("family = \"yunet\"", "family = \"yolox\"")))
    else {
        return;
    };
    let mut detector = [Detector::new(&runtime(), &pack).unwrap()];
    let failed = collect(&Source::Stills(stills[..3].to_vec()), &track, &mut detector);
    assert!(matches!(failed, Err(Error::Inference { .. })), "{failed:?}");
}

#[test]
fn a_sink_that_fails_stops_the_chain() {
    let (Some((stills, track)), Some(pack)) = (bee(), pack(&single("yunet_2023mar"))) else { return };
    let mut detectors = [Detector::new(&runtime(), &pack).unwrap(), Detector::new(&runtime(), &pack).unwrap()];
    let (source, mut taken) = (Source::Stills(stills), 0);
    let job = Job { source: &source, track: &track, settings: &Settings::default() };
    let failed = process(&job, &mut detectors, &mut |_| {
        taken += 1;
        if taken < 3 { Ok(()) } else { Err(std::io::Error::other("bucket is gone")) }
    });
    assert!(matches!(failed, Err(Error::Sink(_))) && taken == 3);
}

#[test]
fn without_a_detector_nothing_is_processed() {
    let fix = Fix {
        at: UtcMillis::MIN,
        position: Position::from_degrees(48.0, 11.0).unwrap(),
        altitude_m: None,
        accuracy_mm: None,
        heading: None,
    };
    let track = Track::from_fixes(vec![fix]).unwrap();
    let job = Job { source: &Source::Stills(Vec::new()), track: &track, settings: &Settings::default() };
    let refused = process(&job, &mut [], &mut |_| Ok::<(), Box<dyn std::error::Error + Send + Sync>>(()));
    assert!(matches!(refused, Err(Error::NoDetector)));
}
