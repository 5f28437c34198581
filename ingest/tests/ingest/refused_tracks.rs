//! Refusals for where, when and how fast: a test for every reason.

use waymark_datasets::{Fix, Partition, Reason, Table};
use waymark_ingest::Admission;

use crate::footage::{START_MS, csv, drive, film, fix, jpeg, shot};
use crate::world::World;

/// A film of 20 s with these fixes beside it.
fn with_track(world: &World, fixes: &[Fix]) -> std::path::PathBuf {
    world.forge("b", &[("a.mp4", film(20_000, None)), ("a.csv", csv(fixes))], (START_MS, START_MS + 20_000))
}

#[tokio::test]
async fn footage_without_a_position() {
    let world = World::new().await;
    let bundle = world.forge("a", &[("a.mp4", film(20_000, None))], (START_MS, START_MS + 20_000));
    let row = world.assert_refused(&bundle, Reason::PositionMissing).await;
    assert!(row.detail.contains("GPS5") && row.detail.contains(".gpx"), "{}", row.detail);
    let bundle = world.forge("b", &[("a.mp4", film(20_000, None)), ("a.csv", csv(&[]))], (START_MS, START_MS + 20_000));
    world.assert_refused(&bundle, Reason::PositionMissing).await;
    let mut picture = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(16, 16).write_to(&mut picture, image::ImageFormat::Jpeg).unwrap();
    let bundle = world.forge("c", &[("a.jpg", picture.into_inner())], (START_MS, START_MS));
    world.assert_refused(&bundle, Reason::PositionMissing).await;
}

#[tokio::test]
async fn a_track_that_cannot_be_read() {
    let mut world = World::new().await;
    let bundle =
        world.forge("a", &[("a.mp4", film(20_000, None)), ("a.csv", b"nonsense".to_vec())], (START_MS, START_MS + 1));
    world.assert_refused(&bundle, Reason::TrackUnreadable).await;
    world.settings.fixes_max = 19;
    let bundle = with_track(&world, &drive(20));
    world.assert_refused(&bundle, Reason::TrackUnreadable).await;
}

#[tokio::test]
async fn positions_at_null_island() {
    let world = World::new().await;
    let bundle = with_track(&world, &[fix(START_MS, 0.0, 0.0), fix(START_MS + 1_000, 0.000_1, 0.0)]);
    world.assert_refused(&bundle, Reason::PositionNull).await;
    let mut lost = shot(1);
    (lost.latitude_deg, lost.longitude_deg) = (0.0, 0.0);
    let files = [("a.jpg", jpeg(&shot(0))), ("b.jpg", jpeg(&lost))];
    let bundle = world.forge("c", &files, (START_MS + 120, START_MS + 1_120));
    world.assert_refused(&bundle, Reason::PositionNull).await;
}

#[tokio::test]
async fn captures_of_the_future_and_of_long_ago() {
    let mut world = World::new().await;
    let signed = world.signed_film();
    world.now = signed.end.plus_ms(-1_000 - 300_000 - 1);
    let row = world.assert_refused(&signed.bundle, Reason::CaptureInFuture).await;
    assert_eq!(row.captured_at_ms, None, "a time that is not believed files nothing");
    world.settings.age_max_days = Some(30);
    world.now = signed.start.plus_ms(30 * 24 * 3_600_000 + 1);
    world.assert_refused(&signed.bundle, Reason::CaptureTooOld).await;
    world.now = signed.end.plus_ms(-1_000 - 300_000);
    assert!(matches!(world.admit(&signed.bundle).await, Admission::Landed(_)), "5 minutes of skew are fine");
}

#[tokio::test]
async fn an_interval_that_is_not_that_of_the_media() {
    let world = World::new().await;
    let intervals =
        [(START_MS + 20_000, START_MS + 40_000), (START_MS, START_MS + 30_000), (START_MS - 60_000, START_MS - 40_000)];
    for (i, interval) in intervals.into_iter().enumerate() {
        let files = [("a.mp4", film(20_000, None)), ("a.csv", csv(&drive(20)))];
        let bundle = world.forge(&format!("{i}"), &files, interval);
        let row = world.assert_refused(&bundle, Reason::IntervalMismatch).await;
        assert!(row.captured_at_ms.is_some(), "where and when is known by then");
    }
    let bundle = world.forge("s", &[("a.jpg", jpeg(&shot(0)))], (START_MS, START_MS + 120));
    world.assert_refused(&bundle, Reason::IntervalMismatch).await;
}

#[tokio::test]
async fn motion_that_no_car_makes() {
    let world = World::new().await;
    let jump = |from: usize, metres: f64| {
        let mut fixes = drive(20);
        for moved in &mut fixes[from..] {
            *moved = fix(moved.at.millis(), moved.position.latitude_deg() + metres / 111_195.0, 15.97);
        }
        fixes
    };
    let jet: Vec<Fix> = (0..20).map(|i| fix(START_MS + 1_000 * i, 45.8 + 0.002_5 * i as f64, 15.97)).collect();
    let pair = [fix(START_MS, 45.8, 15.97), fix(START_MS + 1_000, 46.8, 15.97)];
    for fixes in [jump(10, 1_000.0), jump(3, 1_000_000.0), jet, pair.to_vec()] {
        let row = world.assert_refused(&with_track(&world, &fixes), Reason::SpeedImplausible).await;
        let first = fixes[0];
        assert_eq!(row.captured_at_ms, Some(first.at));
        let epoch = waymark_datasets::Epoch::of(first.at);
        let folder = Table::Verdicts.folder(Partition::of(epoch, waymark_datasets::Region::at(first.position)));
        assert!(!world.store.list(&folder).await.unwrap().is_empty(), "filed where the first fix is");
    }
}
