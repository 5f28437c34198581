//! What strangers send: each is refused with its reason, in bounded memory, and nothing of it goes anywhere.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use waymark_datasets::rows::Verdict;
use waymark_datasets::{Digest, Reason};

use crate::assets::assets;
use crate::files::named;
use crate::footage::{bytes, jpeg, jpeg_bomb, track, track_at_null_island};
use crate::program::{waymark, waymark_measured};
use crate::world::{World, build_arguments};

const START_MS: i64 = 1_770_328_971_000;
const END_MS: i64 = START_MS + 20_912;
const MEMORY_MAX_BYTES: u64 = 512 << 20;

#[test]
fn one_changed_byte_anywhere_in_a_bundle_is_noticed() {
    let Some(video) = video() else { return };
    let world = World::new();
    let bundle = honest(&world, &video);
    let manifest = String::from_utf8(bytes(bundle.join("manifest.jws"))).unwrap();
    let dots: Vec<usize> = manifest.match_indices('.').map(|(at, _)| at).collect();
    let [payload, signature] = [(dots[0] + dots[1]) / 2, dots[1] + 40];
    for (file, place, reasons) in [
        // In the header, the key or its id may be hit.
        ("manifest.jws", dots[0] / 2, &[Reason::ManifestMalformed, Reason::SignatureInvalid][..]),
        ("manifest.jws", payload, &[Reason::SignatureInvalid]),
        ("manifest.jws", signature, &[Reason::SignatureInvalid]),
        ("drive.mp4", 2_000_000, &[Reason::MediaMismatch]),
        ("drive.csv", 100, &[Reason::MediaMismatch]),
    ] {
        let file = bundle.join(file);
        let whole = bytes(&file);
        let mut changed = whole.clone();
        changed[place] = if changed[place] == b'1' { b'2' } else { b'1' };
        fs::write(&file, changed).unwrap();
        assert_refused(&world, &bundle, reasons);
        fs::write(&file, whole).unwrap();
    }
}

#[test]
fn a_device_that_is_not_enrolled_or_was_revoked_is_refused() {
    let Some(video) = video() else { return };
    let world = World::unenrolled();
    let bundle = honest(&world, &video);
    assert_refused(&world, &bundle, &[Reason::DeviceUnknown]);
    world.enrol(&world.store()).done();
    let device = format!("--device={}", world.key.device_id());
    waymark(&["device", "revoke", "--store", &world.store(), &device]).done();
    assert_refused(&world, &bundle, &[Reason::DeviceRevoked]);
}

#[test]
fn a_video_cut_short_is_refused_whether_it_was_signed_before_or_after() {
    let Some(video) = video() else { return };
    let world = World::new();
    let bundle = honest(&world, &video);
    let whole = bytes(&video);
    fs::write(bundle.join("drive.mp4"), &whole[..whole.len() / 2]).unwrap();
    assert_refused(&world, &bundle, &[Reason::MediaMismatch]);
    // As the camera wrote it, the index is at the end: without it nothing can be read.
    for percent in [1, 50, 99] {
        let cut = whole[..whole.len() * percent / 100].to_vec();
        let bundle = forge(&world, &format!("end-{percent}"), cut, track(START_MS, 21));
        assert_refused(&world, &bundle, &[Reason::MediaUnreadable]);
    }
    let whole = bytes(index_first(&world, &video));
    for percent in [10, 50, 99] {
        let cut = whole[..whole.len() * percent / 100].to_vec();
        let bundle = forge(&world, &format!("start-{percent}"), cut, track(START_MS, 21));
        assert_refused(&world, &bundle, &[Reason::MediaTruncated]);
    }
}

#[test]
fn a_file_of_no_bytes_is_refused_whether_it_was_signed_before_or_after() {
    let world = World::new();
    let bundle = forge(&world, "empty", Vec::new(), track(START_MS, 21));
    assert_refused(&world, &bundle, &[Reason::MediaEmpty]);
    let bundle = world.forge("emptied", &[("a.jpg", jpeg())], (START_MS, START_MS));
    fs::write(bundle.join("a.jpg"), b"").unwrap();
    assert_refused(&world, &bundle, &[Reason::MediaEmpty]);
}

#[test]
fn a_picture_whose_header_claims_2_500_megapixels_is_refused_by_its_header() {
    let world = World::new();
    let bundle = world.forge("bomb", &[("a.jpg", jpeg_bomb())], (START_MS, START_MS));
    let peak = assert_refused(&world, &bundle, &[Reason::ImageTooLarge]);
    assert!(peak < 128 << 20, "{peak} bytes for a few hundred");
}

#[test]
fn a_track_of_tomorrow_or_at_null_island_is_refused() {
    let Some(video) = video() else { return };
    let world = World::new();
    let tomorrow_ms = crate::program::NOW.parse::<waymark_datasets::UtcMillis>().unwrap().millis() + 86_400_000;
    let files = [("drive.mp4", bytes(&video)), ("drive.csv", track(tomorrow_ms, 21))];
    let bundle = world.forge("tomorrow", &files, (tomorrow_ms, tomorrow_ms + 20_912));
    assert_refused(&world, &bundle, &[Reason::CaptureInFuture]);
    let bundle = forge(&world, "null", bytes(&video), track_at_null_island(START_MS, 21));
    assert_refused(&world, &bundle, &[Reason::PositionNull]);
}

#[test]
fn a_name_that_leads_out_of_the_bundle_is_refused() {
    let world = World::new();
    let beside = world.write("beside.jpg", &jpeg());
    for (i, name) in
        ["../beside.jpg", beside.to_str().unwrap(), "..\\beside.jpg", "a/../../beside.jpg"].iter().enumerate()
    {
        let bundle = world.forge(&format!("{i}"), &[("a.jpg", jpeg())], (START_MS, START_MS));
        world.resign(&bundle, |json| json["media"][0]["name"] = (*name).into());
        assert_refused(&world, &bundle, &[Reason::MediaNameUnsafe]);
    }
    assert_eq!(bytes(beside), jpeg());
}

#[test]
fn a_video_that_is_noise_or_a_playlist_is_refused() {
    let world = World::new();
    let noise = (0..1_000_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let bundle = forge(&world, "noise", noise, track(START_MS, 21));
    assert_refused(&world, &bundle, &[Reason::MediaUnreadable]);
    let secret = world.write("secret.ts", &jpeg());
    let secret = secret.display();
    let playlist = format!("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile://{secret}\n#EXT-X-ENDLIST\n");
    let concat = format!("ffconcat version 1.0\nfile '{secret}'\n");
    for (i, text) in [playlist, concat].into_iter().enumerate() {
        let bundle = forge(&world, &format!("{i}"), text.into_bytes(), track(START_MS, 21));
        assert_refused(&world, &bundle, &[Reason::MediaUnreadable]);
    }
}

/// A real video without a position of its own.
fn video() -> Option<PathBuf> {
    Some(assets()?.join("videos/bee_almost-crash.mp4"))
}

/// The same video with its index before its frames, as for the web.
fn index_first(world: &World, video: &Path) -> PathBuf {
    let out = world.path("index-first.mp4");
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-loglevel", "error", "-i"]).arg(video).args(["-c", "copy", "-movflags", "+faststart"]).arg(&out);
    assert!(ffmpeg.status().expect("`make setup` installs ffmpeg").success());
    out
}

/// The video and a track that fits it, signed as the program signs.
fn honest(world: &World, video: &Path) -> PathBuf {
    let video = world.write("drive.mp4", &bytes(video));
    world.write("drive.csv", &track(START_MS, 21));
    world.sign(&[video], "bundle").done();
    world.path("bundle")
}

fn forge(world: &World, name: &str, video: Vec<u8>, track: Vec<u8>) -> PathBuf {
    world.forge(name, &[("drive.mp4", video), ("drive.csv", track)], (START_MS, END_MS))
}

/// Asserts that the bundle is refused for one of `reasons`, that this is written down, and that nothing else
/// happened; says how many bytes of memory it took.
#[track_caller]
fn assert_refused(world: &World, bundle: &Path, reasons: &[Reason]) -> u64 {
    let store = world.store();
    let (answer, peak) = waymark_measured(&["ingest", bundle.to_str().unwrap(), "--store", &store]);
    let said = answer.failed().json();
    let reason: Reason = said["reason"].as_str().unwrap_or_else(|| panic!("{said}")).parse().unwrap();
    assert!(reasons.contains(&reason), "{said}");
    assert_eq!(said["state"], "refused");
    println!("{reason}: {} MiB at most", peak >> 20);
    assert!(peak < MEMORY_MAX_BYTES, "{reason}: {peak} bytes");
    let manifest = Digest::of(&bytes(bundle.join("manifest.jws")));
    let filed = |row: &waymark_datasets::rows::VerdictRow| {
        row.verdict == Verdict::Refused(reason) && row.manifest_sha256 == manifest && !row.detail.is_empty()
    };
    assert!(world.verdicts().iter().any(filed), "{reason} is not written down");
    let built = waymark(&build_arguments(&store, "no models are needed", "1")).done();
    assert_eq!(built["clips"], 0);
    for published in ["inbox/clips/", "inbox/uploads/", "frames/", "imagery/", "detections/", "coverage/", "processed/"]
    {
        assert!(named(&world.path("store"), published, "").is_empty(), "{reason}: something is in {published}");
    }
    peak
}
