//! Refusals for the files of a clip: a test for every reason.

use std::fs;

use waymark_datasets::Reason;

use crate::footage::{START_MS, csv, drive, film, jpeg, shot};
use crate::world::World;

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
