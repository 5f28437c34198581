//! The driver's side.

use std::fs;

use waymark_datasets::{ClipId, Digest, MediaKind, Reason};
use waymark_ingest::{Camera, Manifest, SignError, jws, sign_clip};

use crate::footage::{START_MS, csv, drive, film, jpeg, probe, shot};
use crate::world::World;

fn refusal(result: Result<waymark_ingest::SignedClip, SignError>) -> Reason {
    match result.unwrap_err() {
        SignError::Refused(rejection) => rejection.reason,
        other => panic!("{other}"),
    }
}

#[test]
fn stills_are_signed_in_order_of_time_and_nothing_else_of_their_folder() {
    let world = World::unenrolled();
    world.write("stills/a.JPG", &jpeg(&shot(2)));
    world.write("stills/b.jpg", &jpeg(&shot(0)));
    world.write("stills/c.jpeg", &jpeg(&shot(1)));
    world.write("stills/b.json", b"{}");
    let clip = world.sign(&[&world.path("stills")], "bundle").unwrap();
    let names: Vec<&str> = clip.media.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, ["b.jpg", "c.jpeg", "a.JPG"]);
    assert_eq!((clip.start.millis(), clip.end.millis()), (START_MS + 120, START_MS + 2_120));
    assert_eq!((clip.sequence, clip.fixes), (0, 3));
    let mut files: Vec<_> = fs::read_dir(world.path("bundle")).unwrap().map(|file| file.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["a.JPG", "b.jpg", "c.jpeg", "manifest.jws"]);
}

#[test]
fn the_manifest_says_what_was_signed() {
    let world = World::unenrolled();
    let mut request = world.request(&[&world.film()], "bundle");
    request.nonce = Some("n-0S6_WzA2Mj".into());
    let clip = sign_clip(&request, &probe).unwrap();
    let jws = fs::read(clip.bundle.join("manifest.jws")).unwrap();
    assert_eq!(Digest::of(&jws), clip.manifest_sha256);
    let verified = jws::verify(&jws, 1 << 20).unwrap();
    assert_eq!(&verified.device_id, world.key.device_id());
    let manifest = Manifest::parse(&verified.payload).unwrap();
    assert_eq!(manifest.to_json().unwrap(), verified.payload, "one manifest, one spelling");
    let digests = [
        Digest::of(&fs::read(world.path("film.mp4")).unwrap()),
        Digest::of(&fs::read(world.path("film.csv")).unwrap()),
    ];
    assert_eq!(manifest.clip_id, ClipId::derive(world.key.device_id(), &digests));
    assert_eq!(manifest.camera, Camera { model: "Test Cam 1".into(), hfov_deg: Some(90.0) });
    assert_eq!((manifest.nonce.as_deref(), manifest.previous), (Some("n-0S6_WzA2Mj"), None));
    let kinds: Vec<_> = manifest.media.iter().map(|entry| (entry.kind, entry.media_type.as_str())).collect();
    assert_eq!(kinds, [(MediaKind::Video, "video/mp4"), (MediaKind::Track, "text/csv")]);
    let keys: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&verified.payload).unwrap();
    assert_eq!(keys.len(), 9);
}

#[test]
fn a_video_begins_as_stated_or_as_tagged_or_with_its_track() {
    let world = World::unenrolled();
    let track = world.write("track.csv", &csv(&drive(60)));
    let start = |created, stated: Option<i64>, out: &str| {
        let video = world.write("film.mp4", &film(5_000, created));
        let mut request = world.request(&[&video, &track], out);
        request.video_start = stated.map(|ms| ms.try_into().unwrap());
        let clip = sign_clip(&request, &probe).unwrap();
        assert_eq!(clip.end.ms_since(clip.start), 5_000);
        clip.start.millis() - START_MS
    };
    assert_eq!(start(None, None, "a"), 0);
    assert_eq!(start(Some(START_MS + 7_000), None, "b"), 7_000);
    assert_eq!(start(Some(START_MS - 3_600_000), None, "c"), 0, "a tag outside the track is a wrong clock");
    assert_eq!(start(Some(START_MS + 7_000), Some(START_MS + 9_500), "d"), 9_500);
}

#[test]
fn a_driver_learns_early_what_a_server_would_refuse() {
    let world = World::unenrolled();
    let stills = world.stills();
    let film_alone = world.write("alone/film.mp4", &film(5_000, None));
    assert_eq!(refusal(world.sign(&[&film_alone], "x")), Reason::PositionMissing);
    assert_eq!(refusal(world.sign(&[&stills, &film_alone], "x")), Reason::MediaSetInvalid);
    let empty = world.write("notes/readme.md", b"");
    assert_eq!(refusal(world.sign(&[empty.parent().unwrap()], "x")), Reason::MediaSetInvalid);
    let hidden = world.write(".hidden.jpg", &jpeg(&shot(0)));
    assert_eq!(refusal(world.sign(&[&hidden], "x")), Reason::MediaNameUnsafe);
    let (twin, other) = (world.write("1/twin.jpg", &jpeg(&shot(0))), world.write("2/TWIN.jpg", &jpeg(&shot(1))));
    assert_eq!(refusal(world.sign(&[&twin, &other], "x")), Reason::MediaNameUnsafe);
    let copy = world.write("copy.jpg", &jpeg(&shot(0)));
    assert_eq!(refusal(world.sign(&[&twin, &copy], "x")), Reason::MediaSetInvalid);
    let mut late = world.request(&[&stills], "x");
    late.now = (START_MS - 3_600_000).try_into().unwrap();
    assert_eq!(refusal(sign_clip(&late, &probe)), Reason::CaptureInFuture);
    assert!(!world.path("x").exists(), "nothing is written");
    assert!(matches!(world.sign(&[&world.path("none.jpg")], "x"), Err(SignError::Io { .. })));
}

#[test]
fn a_manifest_that_could_not_be_read_is_not_signed() {
    let world = World::unenrolled();
    let mut request = world.request(&[], "x");
    request.inputs = vec![world.stills()];
    request.camera.model = "two\nlines".into();
    assert_eq!(refusal(sign_clip(&request, &probe)), Reason::ManifestMalformed);
    request.camera = Camera { model: "x".into(), hfov_deg: Some(f64::NAN) };
    assert!(sign_clip(&request, &probe).is_err());
}

#[test]
fn a_bundle_never_replaces_something_else() {
    let world = World::unenrolled();
    let stills = world.stills();
    world.write("bundle/precious.txt", b"x");
    assert!(matches!(world.sign(&[&stills], "bundle"), Err(SignError::OutTaken(_))));
    assert_eq!(fs::read(world.path("bundle/precious.txt")).unwrap(), b"x");
    let first = world.sign(&[&stills], "fine").unwrap();
    assert_eq!(world.sign(&[&stills], "fine").unwrap(), first, "the same bundle again is no loss");
    world.write(".half.partial/00.jpg", b"left behind by a crash");
    world.sign(&[&stills], "half").unwrap();
    assert!(!world.path(".half.partial").exists());
}
