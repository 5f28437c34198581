//! What is refused, and how.

use proptest::prelude::*;
use waymark_simulate::{Attack, Camera, Error, FrameSize, Plan, TownEpoch, TrackFormat, simulate};

use crate::{MORNING, TWO, small, time};

#[test]
fn a_wrong_plan_is_refused_with_a_sentence() {
    let said = |drives, seconds| Plan::new(1, drives, seconds, time(MORNING)).unwrap_err().to_string();
    assert_eq!(said(0, 5), "0 drives: expected 1 to 999");
    assert_eq!(said(1_000, 5), "1000 drives: expected 1 to 999");
    assert_eq!(said(1, 0), "0 seconds: expected 1 to 3600");
    assert_eq!(said(1, u32::MAX), "4294967295 seconds: expected 1 to 3600");
    let size = "1281x720".parse::<FrameSize>().unwrap_err().to_string();
    assert_eq!(
        size,
        "frames of 1281x720: expected WIDTHxHEIGHT with even sides, from 64x48 to 3840x2160, such as 1280x720"
    );
    assert!("100000x100000".parse::<FrameSize>().is_err());
    assert!("1280".parse::<FrameSize>().unwrap_err().to_string().contains("\"1280\""));
    assert_eq!("3".parse::<TownEpoch>().unwrap_err().to_string(), "epoch \"3\" of the town: expected 1 or 2");
    let attack = "melt".parse::<Attack>().unwrap_err().to_string();
    assert!(attack.starts_with("attack \"melt\": expected one of replay, copy, teleport, walk-the-map"), "{attack}");
    let alone = small(1, 1, 1).with_attack(Attack::Replay).unwrap_err().to_string();
    assert_eq!(alone, "attack replay with 1 drive: it needs an honest drive beside it, so at least 2");
    assert_eq!("kml".parse::<TrackFormat>().unwrap_err().to_string(), "track as \"kml\": expected nmea or gpx");
    assert!(Camera::new(200.0, 1.4, 0.0).is_err());
    assert!(Camera::new(f64::NAN, 1.4, 0.0).is_err());
    assert!(Camera::default().with_distortion(0.5).is_err());
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    let error = simulate(&small(1, 1, 1), &file, TWO, &mut |_| {}).unwrap_err();
    assert!(matches!(&error, Error::File { path, .. } if path.starts_with(&file)), "{error}");
}

#[test]
fn progress_is_told_of_every_frame_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut told = Vec::new();
    let report =
        simulate(&small(3, 2, 1), folder.path(), TWO, &mut |progress| told.push((progress.drive, progress.frame)))
            .unwrap();
    let expected: Vec<_> = (1..=2).flat_map(|drive| (1..=10).map(move |frame| (drive, frame))).collect();
    assert_eq!(told, expected);
    assert_eq!(report.frames, 20);
}

proptest! {
    #[test]
    fn words_read_what_they_write(width in 32_u32..1_920, height in 24_u32..1_080) {
        let size = FrameSize::new(2 * width, 2 * height).unwrap();
        prop_assert_eq!(size.to_string().parse::<FrameSize>().unwrap(), size);
        for attack in Attack::ALL {
            prop_assert_eq!(attack.to_string().parse::<Attack>().unwrap(), attack);
        }
    }

    #[test]
    fn no_text_makes_a_word_panic(text in ".{0,60}") {
        let told = [text.parse::<FrameSize>().err(), text.parse::<Attack>().err(), text.parse::<TownEpoch>().err()];
        for error in told.into_iter().flatten() {
            prop_assert!(error.to_string().len() < 400);
        }
    }
}
