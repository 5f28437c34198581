//! The endpoint as a process: killed, cut off, used by stock clients; a clip lands once, whatever happens.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use reqwest::StatusCode;
use tokio::runtime::Runtime;
use waymark_datasets::rows::Verdict;
use waymark_datasets::{Digest, DriverId};
use waymark_ingest::DeviceKey;

use crate::cutter::{Cutter, next};
use crate::files::{copy, named};
use crate::program::{Answer, waymark};
use crate::same_bytes::short_bundle;
use crate::scale::times;
use crate::scratch::scratch;
use crate::server::{Served, http};
use crate::world::{DRIVER, PAYOUT, World, models};

/// A clip of a simulated drive, and a store that knows its device.
pub struct Simulated {
    pub world: World,
    pub bundle: PathBuf,
    pub key: DeviceKey,
    pub files: Vec<(String, Vec<u8>)>,
}

/// One drive, filmed once for all tests.
fn town() -> &'static Path {
    static TOWN: OnceLock<PathBuf> = OnceLock::new();
    TOWN.get_or_init(|| {
        let town = scratch().join("town");
        let small = ["--drives", "1", "--seconds", "3", "--size", "320x180", "--seed", "5"];
        waymark(&[&["simulate", "--out", town.to_str().unwrap()], &small[..]].concat()).done();
        town
    })
}

impl Simulated {
    pub fn new() -> Self {
        let world = World::unenrolled();
        let bundle = world.path("bundle");
        copy(&fs::read_dir(town().join("bundles")).unwrap().next().unwrap().unwrap().path(), &bundle, &[]);
        let key = named(town(), "devices/", ".key").remove(0).1;
        fs::copy(&key, world.path("device.key")).unwrap();
        let key = DeviceKey::from_pkcs8_pem(&fs::read_to_string(&key).unwrap()).unwrap();
        let manifest = waymark_ingest::jws::verify(&fs::read(bundle.join("manifest.jws")).unwrap(), 1 << 20).unwrap();
        let manifest = waymark_ingest::Manifest::parse(&manifest.payload).unwrap();
        let device = format!("--device={}", key.device_id());
        let (store, driver) = (world.store(), manifest.driver.to_string());
        waymark(&["device", "enrol", "--store", &store, "--driver", &driver, &device, "--payout", PAYOUT]).done();
        let read = |name: &str| (name.to_owned(), fs::read(bundle.join(name)).unwrap());
        let files = manifest.media.iter().map(|entry| read(entry.name.as_str())).collect();
        Self { world, bundle, key, files }
    }

    pub fn manifest(&self) -> Vec<u8> {
        fs::read(self.bundle.join("manifest.jws")).unwrap()
    }

    /// Asserts that the clip is there once, whole, not refused before, and that nothing else is left of its upload.
    #[track_caller]
    pub fn assert_landed_once(&self) {
        let inbox = self.world.path("store/inbox");
        assert_eq!(named(&inbox, "clips/", "landed.json").len(), 1);
        let media: Vec<Digest> =
            named(&inbox, "clips/", "").iter().filter(|(name, _)| name.contains(".media-")).map(digest).collect();
        let mut wanted: Vec<Digest> = self.files.iter().map(|(_, bytes)| Digest::of(bytes)).collect();
        wanted.sort();
        assert_eq!(media, wanted);
        assert!(named(&inbox, "uploads/", "").is_empty());
        assert_eq!(self.world.verdicts(), [], "nothing was refused");
    }

    pub fn upload(&self, to: &str) -> Answer {
        let (bundle, key) = (self.bundle.to_str().unwrap(), self.world.text("device.key"));
        waymark(&["device", "upload", bundle, "--to", to, "--key", &key])
    }
}

fn digest((_, path): &(String, PathBuf)) -> Digest {
    Digest::of(&fs::read(path).unwrap())
}

#[test]
fn a_server_that_is_killed_in_the_middle_of_requests_loses_nothing_that_it_acknowledged() {
    const SEED: u64 = 20_261_121;
    println!("seed {SEED}");
    let clip = Simulated::new();
    let store = clip.world.store();
    Runtime::new().unwrap().block_on(async {
        let http = http();
        let (mut random, mut acknowledged) = (SEED, vec![0_u64; clip.files.len()]);
        for kill in 0..times(20, 500) as usize {
            let server = Served::start(&store);
            let answer = server.announce(&http, &clip.manifest()).await;
            let file = kill % clip.files.len();
            let (path, bytes) = (answer["media"][file]["upload_url"].as_str().unwrap(), &clip.files[file].1);
            let offset = answer["media"][file]["offset"].as_u64().unwrap();
            assert!(offset >= acknowledged[file], "kill {kill}: {offset} of {} acknowledged", acknowledged[file]);
            let left = bytes.len() as u64 - offset;
            // The last byte stays for the end.
            random = next(random);
            let piece = (random % (left / 4 + 1)).min(left.saturating_sub(1));
            let end = offset + piece;
            let patch = server.tus(&http, "PATCH", path).header("upload-offset", offset);
            let patch = patch.header("content-type", "application/offset+octet-stream");
            let patched = patch.body(bytes[offset as usize..end as usize].to_vec()).send().await.unwrap();
            assert_eq!(patched.status(), StatusCode::NO_CONTENT);
            acknowledged[file] = end;
            random = next(random);
            let half = end as usize..(end + random % (bytes.len() as u64 - end)) as usize;
            begin_patch(&server.url, path, (end, bytes.len() as u64 - end), &bytes[half]);
            server.kill();
        }
        let server = Served::start(&store);
        let answer = server.announce(&http, &clip.manifest()).await;
        for (file, (name, bytes)) in clip.files.iter().enumerate() {
            let offset = answer["media"][file]["offset"].as_u64().unwrap();
            assert!(offset >= acknowledged[file], "{name}");
            let patch = server.tus(&http, "PATCH", answer["media"][file]["upload_url"].as_str().unwrap());
            let patch = patch.header("upload-offset", offset).header("content-type", "application/offset+octet-stream");
            let patched = patch.body(bytes[offset as usize..].to_vec()).send().await.unwrap();
            assert_eq!(patched.status(), StatusCode::NO_CONTENT, "{name}");
        }
        let state = server.state(&http, &clip.key, answer["clip"].as_str().unwrap()).await;
        assert_eq!(state["state"], "landed");
        server.stop();
    });
    clip.assert_landed_once();
}

/// Begins a request and sends a part of its body; the server is killed before the rest comes.
fn begin_patch(url: &str, path: &str, (offset, length): (u64, u64), part: &[u8]) {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "PATCH {path} HTTP/1.1\r\nhost: {address}\r\ntus-resumable: 1.0.0\r\nupload-offset: {offset}\r\n\
         content-type: application/offset+octet-stream\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(part).unwrap();
}

#[test]
fn the_drivers_client_gets_a_clip_through_a_bad_link_and_a_receipt_for_it() {
    let clip = Simulated::new();
    let target = Arc::new(Mutex::new(String::new()));
    let asked = target.clone();
    let link = Cutter::start(move || asked.lock().unwrap().clone(), (40_000, 6), 7);
    let server = Served::start_with(&["--store", &clip.world.store(), "--ingest-only", "--public-url", &link.url]);
    target.lock().unwrap().clone_from(&server.url);
    let sent = clip.upload(&link.url).done();
    assert_eq!(sent["state"], "landed");
    assert!(link.cuts.load(std::sync::atomic::Ordering::SeqCst) > 0, "the link was too good");
    clip.assert_landed_once();
    let receipt = sent["receipt"].as_str().unwrap();
    assert_eq!(Path::new(receipt).parent(), clip.bundle.parent(), "beside the bundle");
    let jwks = format!("{}/.well-known/jwks.json", server.url);
    let checked = waymark(&["verify", "receipt", receipt, "--jwks", &jwks]).done();
    assert_eq!((&checked["receipt"]["clip_id"], &checked["is_known"]), (&sent["clip"], &true.into()));
    let elsewhere = World::new();
    let other = Served::start(&elsewhere.store());
    let jwks = format!("{}/.well-known/jwks.json", other.url);
    let failed = waymark(&["verify", "receipt", receipt, "--jwks", &jwks]);
    assert!(failed.failed().stderr.contains("not among the given ones"), "{failed:?}");
    assert_eq!(clip.upload(&link.url).done()["state"], "landed", "once more, and nothing happens");
    clip.assert_landed_once();
    server.stop();
}

#[test]
fn a_refusal_ends_the_upload_with_its_reason() {
    let world = World::unenrolled();
    let bundle = world.forge("b", &[("a.mp4", b"x".to_vec()), ("a.csv", b"y".to_vec())], (0, 1));
    let server = Served::start(&world.store());
    let upload = || {
        let (bundle, key) = (bundle.to_str().unwrap(), world.text("device.key"));
        waymark(&["device", "upload", bundle, "--to", &server.url, "--key", &key])
    };
    let said = upload();
    assert_eq!(said.failed().json()["reason"], "device_unknown");
    world.enrol(&world.store()).done();
    for _ in 0..2 {
        assert_eq!(upload().failed().json()["reason"], "media_unreadable");
    }
    assert!(named(&world.path("store/inbox"), "clips/", "").is_empty());
}

#[test]
fn a_server_that_cannot_be_reached_is_named_after_a_few_tries() {
    let world = World::unenrolled();
    let bundle = world.forge("b", &[("a.mp4", b"x".to_vec())], (0, 1));
    let (bundle, key) = (bundle.to_str().unwrap(), world.text("device.key"));
    let nobody = format!("http://{}", std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let failed = waymark(&["device", "upload", bundle, "--to", &nobody, "--key", &key, "--tries", "2"]);
    assert_eq!((failed.code, failed.json()["state"].as_str()), (Some(1), Some("failed")), "{failed:?}");
    assert_eq!(waymark(&["device", "upload", bundle, "--to", "nowhere", "--key", &key]).code, Some(2));
}

#[test]
fn what_lands_is_processed_and_what_was_left_is_taken_up() {
    let Some(bundle) = short_bundle() else { return };
    let world = World::new();
    let (store, key) = (world.store(), world.text("device.key"));
    let upload = |to: &str| {
        let sent = waymark(&["device", "upload", bundle.to_str().unwrap(), "--to", to, "--key", &key]).done();
        sent["clip"].as_str().unwrap().to_owned()
    };
    let first = Served::start(&store);
    let clip = upload(&first.url);
    first.kill();
    let second = Served::start_with(&["--store", &store, "--models", models(), "--threads", "2"]);
    second.wait_for("snapshot published");
    assert_eq!(upload(&second.url), clip);
    let runtime = Runtime::new().unwrap();
    let state = runtime.block_on(second.state(&http(), &world.key, &clip));
    assert_eq!(state["state"], "processed");
    assert!(!state["frames"].as_array().unwrap().is_empty(), "{state}");
    second.stop();
    waymark(&["verify", "snapshot", "--store", &store]).done();
    let is_ours = |driver: &DriverId| driver.as_str() == DRIVER;
    let verdicts = world.verdicts();
    assert!(verdicts.iter().all(|row| row.driver.as_ref().is_some_and(is_ours)));
    let on_clip: Vec<_> = verdicts.iter().filter(|row| row.frame_id.is_none()).collect();
    assert_eq!(on_clip.iter().map(|row| row.verdict).collect::<Vec<_>>(), [Verdict::Accepted], "once on the whole");
    assert_eq!((on_clip[0].clip_id, on_clip[0].frame_index), (Some(clip.parse().unwrap()), None));
    assert_eq!(on_clip[0].captured_at_ms, verdicts.iter().filter_map(|row| row.captured_at_ms).min());
}
