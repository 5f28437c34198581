//! Real videos: what their headers say, which frames are taken, what truncation does.

use bytes::Bytes;
use waymark_datasets::{Fix, Heading, MediaKind, Position, Reason, Track, UtcMillis};
use waymark_vision::{Detector, Job, Outcome, SampleSettings, Settings, Source, probe, process};

use crate::assets::{pack, read, runtime};
use crate::chain::{index, is_whole};
use crate::parity::single;

fn start() -> UtcMillis {
    UtcMillis::try_from(1_765_835_621_000).unwrap()
}

/// North at 10 m/s for a minute.
pub fn track() -> Track {
    let origin = Position::from_degrees(37.8, -122.4).unwrap();
    let fix = |second: i64| Fix {
        at: start().plus_ms(second * 1_000),
        position: origin.destination(Heading::wrapping(0.0), second as f64 * 10.0),
        altitude_m: Some(10.0),
        accuracy_mm: Some(2_500),
        heading: None,
    };
    Track::from_fixes((0..60).map(fix).collect()).unwrap()
}

fn run(bytes: &Bytes, spacing_m: f64) -> (Vec<Outcome>, waymark_vision::Tally) {
    let pack = pack(&single("yunet_2023mar")).unwrap();
    let mut detectors = [Detector::new(&runtime(), &pack).unwrap(), Detector::new(&runtime(), &pack).unwrap()];
    let sample = SampleSettings { spacing_m, ..SampleSettings::default() };
    let settings = Settings { sample, ..Settings::default() };
    let source = Source::Video { name: "clip.mp4".into(), bytes: bytes.clone(), start: start() };
    let mut outcomes = Vec::new();
    let job = Job { source: &source, track: &track(), settings: &settings };
    let tally = process(&job, &mut detectors, &mut |outcome| {
        outcomes.push(outcome);
        Ok::<(), std::io::Error>(())
    });
    (outcomes, tally.unwrap())
}

#[test]
fn headers_tell_size_length_frames_and_telemetry() {
    let Some(bee) = read("videos/bee_almost-crash.mp4") else { return };
    let facts = probe("almost-crash.mp4", &bee).unwrap();
    assert_eq!((facts.kind, facts.width_px, facts.height_px, facts.frames), (MediaKind::Video, 1280, 720, 630));
    assert!((20_900..21_100).contains(&facts.duration_ms) && facts.telemetry.is_empty(), "{}", facts.duration_ms);

    let gopro = probe("hero7.mp4", &read("videos/gopro_hero7.mp4").unwrap()).unwrap();
    let raw = read("reference/gopro_hero7.gpmf.raw").unwrap();
    let payload: Vec<u8> = gopro.telemetry.iter().flat_map(|packet| packet.bytes.iter().copied()).collect();
    assert_eq!((gopro.telemetry.len(), payload.len()), (11, 59_580));
    assert!(payload == raw, "the packets are the metadata track, byte by byte");
    assert!(gopro.telemetry.windows(2).all(|pair| pair[0].at_ms < pair[1].at_ms));
    assert!(gopro.created_at_ms.is_some());

    let hevc = probe("h265.mp4", &read("videos/mapillary_sample-5s_h265.mp4").unwrap()).unwrap();
    assert_eq!((hevc.width_px, hevc.height_px), (1376, 1840));
}

#[test]
fn a_video_is_sampled_by_distance_and_every_frame_is_counted() {
    let Some(bytes) = read("videos/bee_almost-crash.mp4") else { return };
    let (outcomes, tally) = run(&bytes, 8.0);
    println!("almost-crash: {tally:?}");
    assert!((24..=27).contains(&tally.sampled) && tally.refused == 0, "{tally:?}");
    assert!(tally.frames_in == 630 && is_whole(&tally));
    assert!(outcomes.windows(2).all(|pair| index(&pair[0]) < index(&pair[1])));
    for outcome in &outcomes {
        let Outcome::Frame(frame) = outcome else { panic!("{outcome:?}") };
        assert_eq!(frame.at.ms_since(start()), frame.source_time_ms);
        // 30 frames per second, and 10 m/s to the north.
        assert!((frame.source_time_ms - i64::from(frame.index) * 1_000 / 30).abs() < 40, "{}", frame.index);
        let travelled_m = frame.pose.position.distance_m(track().first().position);
        assert!((travelled_m - frame.source_time_ms as f64 / 100.0).abs() < 0.1);
    }
}

#[test]
fn a_frame_is_the_same_whatever_else_is_sampled() {
    let Some(bytes) = read("videos/bee_almost-crash.mp4") else { return };
    let ((dense, _), (sparse, _)) = (run(&bytes, 4.0), run(&bytes, 32.0));
    let shared: Vec<_> =
        sparse.iter().filter(|outcome| dense.iter().any(|other| index(other) == index(outcome))).collect();
    assert!(shared.len() >= 3, "{} shared", shared.len());
    assert!(shared.iter().all(|outcome| dense.contains(outcome)));
}

#[test]
fn other_codecs_decode_too() {
    for name in ["videos/mapillary_sample-5s_h265.mp4", "videos/gopro_hero7.mp4"] {
        let Some(bytes) = read(name) else { return };
        let (outcomes, tally) = run(&bytes, 10.0);
        assert!(tally.sampled >= 4 && tally.refused == 0 && is_whole(&tally), "{name}: {tally:?}");
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Frame(_))));
    }
}

#[test]
fn a_video_cut_anywhere_is_never_taken_for_whole() {
    let Some(bytes) = read("videos/bee_almost-crash.mp4") else { return };
    for percent in (1..100).step_by(7) {
        let cut = bytes.slice(..bytes.len() * percent / 100);
        let refused = probe("cut.mp4", &cut).expect_err(&format!("{percent} %")).reason;
        assert!(matches!(refused, Reason::MediaTruncated | Reason::MediaUnreadable), "{percent} %: {refused}");
    }
}
