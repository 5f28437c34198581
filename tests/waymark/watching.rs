//! A folder that is watched: what appears is signed and uploaded once, whatever happens in between; what is private
//! stays at home.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use serde_json::Value;
use waymark_datasets::{Fix, Position};
use waymark_ingest::fixes::read_track;
use waymark_ingest::{Manifest, jws};

use crate::cutter::Cutter;
use crate::files::{copy, named};
use crate::program::{Answer, command, waymark};
use crate::scratch::scratch;
use crate::server::Served;
use crate::world::World;

/// Between two looks at what is waited for.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Two drives of 40 s, filmed once for all tests.
fn drives() -> &'static Path {
    static DRIVES: OnceLock<PathBuf> = OnceLock::new();
    DRIVES.get_or_init(|| {
        let town = scratch().join("watched-town");
        let small = ["--drives", "2", "--seconds", "40", "--size", "192x108", "--seed", "9"];
        waymark(&[&["simulate", "--out", town.to_str().unwrap()], &small[..]].concat()).done();
        town.join("drives")
    })
}

fn fixes(drive: &Path) -> Vec<Fix> {
    read_track("drive.nmea", &fs::read(drive.join("drive.nmea")).unwrap(), 10_000).unwrap()
}

/// A memory card with both drives.
fn card(world: &World) -> PathBuf {
    let card = world.path("card");
    copy(drives(), &card.join("DCIM"), &[]);
    card
}

fn watch(world: &World, to: &str, more: &[&str]) -> Vec<String> {
    let (card, key) = (world.text("card"), world.text("device.key"));
    let fixed = ["device", "upload", "--watch", &card, "--to", to, "--key", &key, "--driver", "ana", "--settle", "0"];
    fixed.iter().chain(more).map(|&argument| argument.to_owned()).collect()
}

fn run(arguments: &[String]) -> Answer {
    waymark(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

/// What was told, by the kind of event.
fn events(answer: &Answer) -> BTreeMap<String, Vec<Value>> {
    let mut events: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in answer.stdout.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        events.entry(event["event"].as_str().unwrap().to_owned()).or_default().push(event);
    }
    events
}

/// Manifests and tracks of what landed.
fn landed(world: &World) -> Vec<(Manifest, Vec<Fix>)> {
    let clips = named(&world.path("store/inbox"), "clips/", "landed.json");
    let read = |(_, path): &(String, PathBuf)| {
        let landed: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let signed = jws::verify(landed["manifest"].as_str().unwrap().as_bytes(), 1 << 20).unwrap();
        let manifest = Manifest::parse(&signed.payload).unwrap();
        let track = &manifest.media[1];
        let bytes = fs::read(path.with_file_name(format!("{}.media-{}", manifest.clip_id, track.sha256))).unwrap();
        let fixes = read_track(track.name.as_str(), &bytes, 10_000).unwrap();
        (manifest, fixes)
    };
    clips.iter().map(read).collect()
}

#[test]
fn what_lies_in_a_folder_is_signed_uploaded_once_and_remembered() {
    let world = World::new();
    let card = card(&world);
    let server = Served::start(&world.store());
    let once = watch(&world, &server.url, &["--once", "--trim", "0"]);
    let first = run(&once);
    let said = events(&first);
    assert_eq!((first.code, said["signed"].len(), said["landed"].len()), (Some(0), 2, 2), "{first:?}");
    let receipts = named(&card.join(".waymark"), "receipts/", ".receipt.jws");
    assert_eq!(receipts.len(), 2);
    waymark(&["verify", "receipt", receipts[0].1.to_str().unwrap()]).done();
    assert!(
        named(&card.join(".waymark"), "queue/", "").is_empty()
            && named(&card.join(".waymark"), "signing/", "").is_empty()
    );
    let mut sequences: Vec<u64> = landed(&world).iter().map(|(manifest, _)| manifest.sequence).collect();
    sequences.sort_unstable();
    assert_eq!(sequences, [0, 1]);
    let again = run(&once);
    assert_eq!((again.code, again.stdout.as_str()), (Some(0), ""), "nothing is new: {again:?}");
    // Written again as it was, it is the same clip; a file that is none is told, once.
    fs::write(card.join("broken.mp4"), b"no film").unwrap();
    let broken = events(&run(&once));
    assert_eq!((broken["not_signed"].len(), broken.len()), (1, 1), "{broken:?}");
    assert_eq!(run(&once).stdout, "");
    assert_eq!(landed(&world).len(), 2);
    server.stop();
}

#[test]
fn a_watcher_that_is_killed_again_and_again_lands_everything_once() {
    let world = World::new();
    let card = card(&world);
    let target = Arc::new(Mutex::new(String::new()));
    let asked = target.clone();
    let link = Cutter::start(move || asked.lock().unwrap().clone(), (40_000, 24), 3);
    let server = Served::start_with(&["--store", &world.store(), "--ingest-only", "--public-url", &link.url]);
    target.lock().unwrap().clone_from(&server.url);
    let arguments = watch(&world, &link.url, &["--trim", "0", "--tries", "50"]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    for cuts in 1..=6 {
        let mut child = start(&arguments);
        // Killed in the middle of uploads, at another place each time.
        while link.cuts.load(Ordering::SeqCst) < cuts * 2 && child.try_wait().unwrap().is_none() {
            std::thread::sleep(LOOK_AGAIN);
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let mut child = start(&arguments);
    let receipts = || named(&card.join(".waymark"), "receipts/", ".receipt.jws").len();
    while receipts() < 2 {
        assert!(child.try_wait().unwrap().is_none(), "it goes on watching");
        std::thread::sleep(LOOK_AGAIN);
    }
    // Asked to end, it ends well.
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(landed(&world).len(), 2);
    assert_eq!(world.verdicts(), [], "nothing was refused");
    server.stop();
}

fn start(arguments: &[&str]) -> Child {
    command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn two_watchers_do_not_share_a_folder() {
    let world = World::new();
    let card = card(&world);
    fs::remove_dir_all(card.join("DCIM")).unwrap();
    let nobody = "http://127.0.0.1:9";
    let arguments = watch(&world, nobody, &[]);
    let mut child = command(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let mut child = child.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.as_mut().unwrap()), &mut line).unwrap();
    let second = run(&watch(&world, nobody, &["--once"]));
    assert!(second.failed().stderr.contains("another process watches it"), "{second:?}");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(run(&watch(&world, nobody, &["--once"])).code, Some(0));
}

#[test]
fn the_ends_of_every_trip_stay_at_home() {
    let world = World::new();
    card(&world);
    let server = Served::start(&world.store());
    let answer = run(&watch(&world, &server.url, &["--once", "--trim", "60"]));
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let landed = landed(&world);
    let homes: Vec<Position> = ["001", "002"]
        .iter()
        .flat_map(|drive| {
            let fixes = fixes(&drives().join(drive));
            [fixes[0].position, fixes[fixes.len() - 1].position]
        })
        .collect();
    assert!(!landed.is_empty(), "{answer:?}");
    for (manifest, fixes) in &landed {
        let ends = [fixes[0], fixes[fixes.len() - 1]];
        println!("{} to {}: {} fixes", manifest.captured.start, manifest.captured.end, fixes.len());
        // The clip of one drive may pass the end of the other one.
        let drive = drives_of(manifest);
        let own = &homes[2 * drive..2 * drive + 2];
        assert!(ends[0].position.distance_m(own[0]) >= 60.0 && ends[1].position.distance_m(own[1]) >= 60.0);
    }
    server.stop();
}

/// Which drive a clip is of, by its time.
fn drives_of(manifest: &Manifest) -> usize {
    let first = |drive: &str| fixes(&drives().join(drive))[0].at;
    let apart = |drive: &str| manifest.captured.start.ms_since(first(drive)).unsigned_abs();
    usize::from(apart("002") < apart("001"))
}

#[test]
fn no_fix_and_no_frame_of_a_private_zone_is_in_a_bundle() {
    let world = World::new();
    let (card, key) = (card(&world), world.text("device.key"));
    let drive = card.join("DCIM/001");
    let fixes = fixes(&drive);
    let middle = fixes[fixes.len() / 2].position;
    let at = format!("{},{}", middle.latitude_deg(), middle.longitude_deg());
    let zone = ["device", "zone", "add", "home", "--at", &at, "--radius", "50", "--key", &key];
    assert_eq!(waymark(&zone).done()["zones"], 1);
    let bundle = world.text("bundle");
    let drive_text = drive.to_str().unwrap();
    let signed = waymark(&["device", "sign", "--key", &key, "--driver", "ana", "--out", &bundle, drive_text]);
    assert_eq!(signed.code, Some(0), "{signed:?}");
    let originals = frames(&drive.join("drive.mp4"));
    let (mut clips, mut shown) = (0, 0);
    for line in signed.stdout.lines() {
        let clip: Value = serde_json::from_str(line).unwrap();
        let folder = PathBuf::from(clip["bundle"].as_str().unwrap());
        let track = read_track("drive.csv", &fs::read(folder.join("drive.csv")).unwrap(), 10_000).unwrap();
        assert!(track.iter().all(|fix| fix.position.distance_m(middle) > 50.0));
        for md5 in frames(&folder.join("drive.mp4")).values() {
            let (ms, _) = originals.iter().find(|(_, original)| *original == md5).expect("a frame of the drive");
            let at = fixes[0].at.plus_ms(*ms);
            let nearest = fixes.iter().min_by_key(|fix| fix.at.ms_since(at).abs()).unwrap();
            assert!(nearest.position.distance_m(middle) > 50.0, "the frame at {ms} ms was filmed within");
            shown += 1;
        }
        clips += 1;
    }
    println!("{clips} clips, {shown} of {} frames", originals.len());
    assert!(clips > 0 && shown < originals.len());
    // Nothing else of the drive is there: no sentence of its receiver, and nothing in two files.
    let files = fs::read_dir(&bundle).unwrap().map(|file| file.unwrap().file_name()).collect::<Vec<_>>();
    assert_eq!(files.len(), 3, "{files:?}");
    let everywhere = ["device", "zone", "add", "home", "--at", &at, "--radius", "50000", "--key", &key];
    waymark(&everywhere).done();
    let out = world.text("nothing");
    let none = waymark(&["device", "sign", "--key", &key, "--driver", "ana", "--out", &out, drive_text]);
    assert!(none.failed().json()["withheld"].as_str().unwrap().contains("private"), "{none:?}");
    assert!(!Path::new(&out).exists());
    waymark(&["device", "zone", "remove", "home", "--key", &key]).done();
    assert_eq!(waymark(&["device", "zone", "list", "--key", &key]).stdout, "");
}

/// MD5 of every decoded frame by its time in milliseconds.
fn frames(video: &Path) -> BTreeMap<i64, String> {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-nostdin", "-loglevel", "error", "-i"]).arg(video);
    let output = ffmpeg.args(["-map", "0:v", "-vsync", "0", "-f", "framemd5", "-"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let base: i64 = text.lines().find_map(|line| line.strip_prefix("#tb 0: 1/")).unwrap().parse().unwrap();
    let frame = |line: &str| {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        (cells[2].parse::<i64>().unwrap() * 1_000 / base, cells[5].to_owned())
    };
    text.lines().filter(|line| !line.starts_with('#')).map(frame).collect()
}

#[test]
fn zones_are_read_from_geojson_and_what_cannot_be_read_signs_nothing() {
    let world = World::new();
    let key = world.text("device.key");
    let zones = world.write(
        "zones.geojson",
        br#"{"type": "FeatureCollection", "features": [{"type": "Feature",
            "geometry": {"type": "Point", "coordinates": [15.97, 45.8]}, "properties": {"radius_m": 300}}]}"#,
    );
    let zones = zones.to_str().unwrap();
    let listed = waymark(&["device", "zone", "list", "--zones", zones]).done();
    assert_eq!((listed["radius_m"].as_f64(), listed["latitude_deg"].as_f64()), (Some(300.0), Some(45.8)));
    let changed = waymark(&["device", "zone", "remove", "zone 1", "--zones", zones]);
    assert!(changed.failed().stderr.contains("GeoJSON is only read"), "{changed:?}");
    let out = world.text("bundle");
    let drive = drives().join("001");
    let sign = |zones: &str| {
        let fixed = ["device", "sign", "--key", &key, "--driver", "ana", "--out", &out, "--zones", zones];
        waymark(&[&fixed[..], &[drive.to_str().unwrap()]].concat())
    };
    let polygon =
        br#"{"features": [{"geometry": {"type": "Polygon", "coordinates": []}, "properties": {"radius_m": 9}}]}"#;
    for (name, text) in [
        ("polygon.geojson", &polygon[..]),
        ("wrong.toml", b"[[zone]]\nname = \"home\"\n"),
        ("small.toml", b"[[zone]]\nname = \"home\"\nlatitude_deg = 45.8\nlongitude_deg = 15.97\nradius_m = 1\n"),
        ("other.toml", b"[[zones]]\n"),
    ] {
        let file = world.write(name, text);
        let answer = sign(file.to_str().unwrap());
        assert!(answer.failed().stderr.contains(name), "{answer:?}");
    }
    assert!(sign(&world.text("missing.toml")).failed().stderr.contains("no such file"));
    assert!(!Path::new(&out).exists());
    let wrong = waymark(&["device", "zone", "add", "home", "--at", "91,0", "--radius", "100", "--key", &key]);
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
}
