//! One test for every reason to refuse a clip.

use std::fs;

use waymark_datasets::{Fix, Partition, Reason, Table};
use waymark_ingest::{Admission, DeviceKey, registry};

use crate::footage::{START_MS, csv, drive, film, fix, jpeg, shot};
use crate::world::World;

/// A film of 20 s with these fixes beside it.
fn with_track(world: &World, fixes: &[Fix]) -> std::path::PathBuf {
    world.forge("b", &[("a.mp4", film(20_000, None)), ("a.csv", csv(fixes))], (START_MS, START_MS + 20_000))
}

#[tokio::test]
async fn a_bundle_without_a_readable_manifest() {
    let mut world = World::new().await;
    let row = world.assert_refused(&world.path("nowhere"), Reason::BundleUnreadable).await;
    assert_eq!((row.clip_id, row.device_id, row.driver, row.captured_at_ms), (None, None, None, None));
    let file = world.write("file", b"x");
    world.assert_refused(&file, Reason::BundleUnreadable).await;
    let bundle = world.write("empty/x.jpg", b"x");
    world.assert_refused(bundle.parent().unwrap(), Reason::BundleUnreadable).await;
    world.settings.manifest_max_bytes = 10;
    world.write("large/manifest.jws", &[b'x'; 11]);
    world.assert_refused(&world.path("large"), Reason::BundleUnreadable).await;
}

#[tokio::test]
async fn a_manifest_that_is_none() {
    let world = World::new().await;
    let signed = world.signed_stills();
    for text in ["", "x", "a.b.c", "e30.e30.e30"] {
        fs::write(signed.bundle.join("manifest.jws"), text).unwrap();
        world.assert_refused(&signed.bundle, Reason::ManifestMalformed).await;
    }
}

#[tokio::test]
async fn a_manifest_that_is_signed_and_says_nonsense() {
    let world = World::new().await;
    type Edit = fn(&mut serde_json::Value);
    let edits: [Edit; 11] = [
        |json| json["version"] = 2.into(),
        |json| json["extra"] = 1.into(),
        |json| json["camera"]["extra"] = 1.into(),
        |json| json["sequence"] = 1.into(),
        |json| json["clip_id"] = "x".into(),
        |json| json["driver"] = "Ana".into(),
        |json| json["captured"]["end_ms"] = 1.into(),
        |json| json["captured"]["start_ms"] = (-1).into(),
        |json| json["camera"]["hfov_deg"] = 0.into(),
        |json| json["media"][0]["type"] = "jpeg".into(),
        |json| json["media"][0]["kind"] = "hologram".into(),
    ];
    for (i, edit) in edits.into_iter().enumerate() {
        let bundle = world.sign(&[&world.stills()], &format!("{i}")).unwrap().bundle;
        world.resign(&bundle, edit);
        world.assert_refused(&bundle, Reason::ManifestMalformed).await;
    }
}

#[tokio::test]
async fn a_manifest_with_one_byte_changed() {
    let world = World::new().await;
    let signed = world.signed_stills();
    let path = signed.bundle.join("manifest.jws");
    let jws = fs::read_to_string(&path).unwrap();
    let (header, rest) = jws.split_once('.').unwrap();
    let swap = |text: &str, at: usize| {
        let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
        format!("{}{other}{}", &text[..at], &text[at + 1..])
    };
    fs::write(&path, format!("{header}.{}", swap(rest, 40))).unwrap();
    let row = world.assert_refused(&signed.bundle, Reason::SignatureInvalid).await;
    assert_eq!(row.device_id, None, "a claim that is not proven is not written down");
    fs::write(&path, swap(&jws, jws.len() - 40)).unwrap();
    world.assert_refused(&signed.bundle, Reason::SignatureInvalid).await;
}

#[tokio::test]
async fn a_device_that_is_unknown_or_revoked() {
    let world = World::unenrolled();
    let signed = world.signed_stills();
    let row = world.assert_refused(&signed.bundle, Reason::DeviceUnknown).await;
    assert_eq!((row.device_id.as_ref(), row.driver), (Some(world.key.device_id()), None));
    let payout = crate::world::PAYOUT.parse().unwrap();
    registry::enrol(&world.store, &world.driver, world.key.device_id(), payout).await.unwrap();
    registry::revoke(&world.store, world.key.device_id(), world.now).await.unwrap();
    world.assert_refused(&signed.bundle, Reason::DeviceRevoked).await;
}

#[tokio::test]
async fn a_driver_that_the_device_does_not_belong_to() {
    let world = World::new().await;
    let mut request = world.request(&[], "bundle");
    request.inputs = vec![world.stills()];
    request.driver = "ben".parse().unwrap();
    let signed = waymark_ingest::sign_clip(&request, &crate::footage::probe).unwrap();
    let row = world.assert_refused(&signed.bundle, Reason::DriverMismatch).await;
    assert_eq!(row.driver, Some(world.driver.clone()), "the one who is known, not the one who is claimed");
}

#[tokio::test]
async fn a_clip_id_that_does_not_follow_from_device_and_media() {
    let mut world = World::new().await;
    let signed = world.signed_stills();
    world.resign(&signed.bundle, |json| json["clip_id"] = "0".repeat(32).into());
    world.assert_refused(&signed.bundle, Reason::ClipIdMismatch).await;
    // Another enrolled device cannot sign what this one filmed and keep the clip's name.
    let signed = world.sign(&[&world.path("stills")], "stolen").unwrap();
    world.key = DeviceKey::from_seed(&[8; 32]).unwrap();
    let payout = crate::world::PAYOUT.parse().unwrap();
    registry::enrol(&world.store, &world.driver, world.key.device_id(), payout).await.unwrap();
    world.resign(&signed.bundle, |_| ());
    world.assert_refused(&signed.bundle, Reason::ClipIdMismatch).await;
}

#[tokio::test]
async fn a_second_manifest_for_a_clip_that_landed() {
    let world = World::new().await;
    let signed = world.signed_stills();
    assert!(matches!(world.admit(&signed.bundle).await, Admission::Landed(_)));
    world.resign(&signed.bundle, |json| json["camera"]["model"] = "Another".into());
    world.assert_refused(&signed.bundle, Reason::ClipIdTaken).await;
}

#[tokio::test]
async fn files_that_make_no_clip() {
    let mut world = World::new().await;
    let (still, video, track) = (jpeg(&shot(0)), film(20_000, None), csv(&drive(20)));
    let sets: [&[(&str, Vec<u8>)]; 6] = [
        &[],
        &[("a.jpg", still.clone()), ("b.mp4", video.clone())],
        &[("a.mp4", video.clone()), ("b.mp4", film(1_000, None))],
        &[("a.csv", track.clone())],
        &[("a.jpg", still.clone()), ("b.jpg", still.clone())],
        &[("a.jpg", jpeg(&shot(1))), ("b.jpg", jpeg(&shot(0)))],
    ];
    for (i, files) in sets.iter().enumerate() {
        let bundle = world.forge(&format!("{i}"), files, (START_MS, START_MS + 1_000));
        world.assert_refused(&bundle, Reason::MediaSetInvalid).await;
    }
    world.settings.media_max_files = 9;
    let bundle = world.forge("many", &(0..10).map(|i| (NAMES[i as usize], jpeg(&shot(i)))).collect::<Vec<_>>(), (0, 1));
    world.assert_refused(&bundle, Reason::MediaSetInvalid).await;
}

const NAMES: [&str; 10] = ["0.jpg", "1.jpg", "2.jpg", "3.jpg", "4.jpg", "5.jpg", "6.jpg", "7.jpg", "8.jpg", "9.jpg"];

#[tokio::test]
async fn names_that_are_no_plain_names() {
    let world = World::new().await;
    let long = "x".repeat(256);
    let names = [
        "../x.jpg",
        "/etc/passwd",
        "a/b.jpg",
        "a\\b.jpg",
        "..",
        ".",
        "",
        ".hidden",
        "a\0b",
        "a\nb",
        "MANIFEST.jws",
        &long,
    ];
    for (i, name) in names.into_iter().enumerate() {
        let bundle = world.sign(&[&world.stills()], &format!("{i}")).unwrap().bundle;
        world.resign(&bundle, |json| json["media"][0]["name"] = name.into());
        world.assert_refused(&bundle, Reason::MediaNameUnsafe).await;
    }
    let bundle = world.forge("twins", &[("a.jpg", jpeg(&shot(0))), ("A.jpg", jpeg(&shot(1)))], (0, 1));
    world.assert_refused(&bundle, Reason::MediaNameUnsafe).await;
}

#[tokio::test]
async fn a_file_that_is_not_there_or_is_a_link() {
    let world = World::new().await;
    let signed = world.signed_stills();
    let path = signed.bundle.join("03.jpg");
    fs::remove_file(&path).unwrap();
    world.assert_refused(&signed.bundle, Reason::MediaMissing).await;
    std::os::unix::fs::symlink(world.path("stills/03.jpg"), &path).unwrap();
    world.assert_refused(&signed.bundle, Reason::MediaMissing).await;
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    world.assert_refused(&signed.bundle, Reason::MediaMissing).await;
}

#[tokio::test]
async fn a_manifest_that_is_a_link() {
    let world = World::new().await;
    let signed = world.signed_stills();
    let manifest = signed.bundle.join("manifest.jws");
    fs::rename(&manifest, world.path("elsewhere.jws")).unwrap();
    std::os::unix::fs::symlink(world.path("elsewhere.jws"), &manifest).unwrap();
    world.assert_refused(&signed.bundle, Reason::BundleUnreadable).await;
}

#[tokio::test]
async fn a_file_that_is_empty() {
    let world = World::new().await;
    let signed = world.signed_stills();
    fs::write(signed.bundle.join("03.jpg"), b"").unwrap();
    world.assert_refused(&signed.bundle, Reason::MediaEmpty).await;
    let bundle = world.forge("b", &[("a.mp4", Vec::new())], (0, 1));
    world.assert_refused(&bundle, Reason::MediaEmpty).await;
}

#[tokio::test]
async fn a_file_over_its_limit() {
    let mut world = World::new().await;
    let signed = world.signed_film();
    world.settings.track_max_bytes = 100;
    world.assert_refused(&signed.bundle, Reason::MediaTooLarge).await;
}

#[tokio::test]
async fn a_file_with_one_byte_changed_or_one_more() {
    let world = World::new().await;
    for (i, name) in ["film.mp4", "film.csv"].into_iter().enumerate() {
        let bundle = world.sign(&[&world.film()], &format!("{i}")).unwrap().bundle;
        let whole = fs::read(bundle.join(name)).unwrap();
        let mut changed = whole.clone();
        changed[whole.len() / 2] ^= 1;
        fs::write(bundle.join(name), changed).unwrap();
        world.assert_refused(&bundle, Reason::MediaMismatch).await;
        fs::write(bundle.join(name), [whole, b"\n".to_vec()].concat()).unwrap();
        world.assert_refused(&bundle, Reason::MediaMismatch).await;
    }
}

#[tokio::test]
async fn media_that_the_probe_refuses() {
    let world = World::new().await;
    let track = csv(&drive(20));
    let bundle =
        world.forge("a", &[("a.mp4", b"garbage".to_vec()), ("a.csv", track.clone())], (START_MS, START_MS + 1));
    world.assert_refused(&bundle, Reason::MediaUnreadable).await;
    let mut cut = film(20_000, None);
    cut.truncate(12);
    let bundle = world.forge("b", &[("a.mp4", cut), ("a.csv", track.clone())], (START_MS, START_MS + 1));
    world.assert_refused(&bundle, Reason::MediaTruncated).await;
    let bundle = world.forge("c", &[("a.mp4", jpeg(&shot(0))), ("a.csv", track)], (START_MS, START_MS + 1));
    world.assert_refused(&bundle, Reason::MediaUnreadable).await;
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
