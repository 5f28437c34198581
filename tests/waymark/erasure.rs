//! What was erased is gone from everything that is published, at once and for good, and what was paid stays proven.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::Value;
use waymark_datasets::rows::{FeatureRow, FrameRow, StatementRow, TrustRow};
use waymark_datasets::table::{Row, decode};
use waymark_datasets::{ClipId, Digest};
use waymark_ingest::{DeviceKey, Manifest, jws};
use waymark_tiles::changes::{Entry, MapFeature, apply};

use crate::files::{assert_same, contents, copy, named};
use crate::program::{Answer, command, waymark};
use crate::scratch::{folder, scratch};
use crate::world::PAYOUT;

/// The weeks of the two drives of each device.
const WEEKS: [(&str, &str, &str); 2] =
    [("1", "2026-01-12T20:00:00Z", "2026-W03"), ("2", "2026-01-19T20:00:00Z", "2026-W04")];

/// A store of two drivers and two weeks, the first of which is paid. Nobody changes it: copy it first.
fn published() -> &'static Path {
    static STORE: OnceLock<PathBuf> = OnceLock::new();
    STORE.get_or_init(|| {
        let (town, store) = (scratch().join("erasure-town"), scratch().join("erasure-store"));
        let (devices, store_text) = (text(&town.join("devices")), text(&store));
        for (number, start, epoch) in WEEKS {
            let out = text(&town.join(number));
            let drives = ["--drives", "2", "--seconds", "6", "--size", "640x360", "--seed", "3"];
            let week = ["simulate", "--out", &out, "--devices", &devices, "--epoch", number, "--start", start];
            waymark(&[&week[..], &drives].concat()).done();
            for drive in ["001", "002"] {
                let bundle = town.join(number).join("bundles").join(drive);
                enrol(&bundle, &store_text);
                assert_eq!(ingest(&bundle, &store_text).done()["state"], "landed");
                // A snapshot of every clip, so that there are older ones with and without each.
                build(&store_text).done();
            }
            if number == "1" {
                waymark(&["pay", "--store", &store_text, "--epoch", epoch]).done();
            }
        }
        // The same in every copy, so that they can be compared.
        let key = DeviceKey::from_seed(&[9; 32]).unwrap();
        fs::create_dir_all(store.join("inbox/keys")).unwrap();
        fs::write(store.join("inbox/keys/server.pem"), key.to_pkcs8_pem().unwrap().as_bytes()).unwrap();
        store
    })
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

fn manifest(bundle: &Path) -> (String, Manifest) {
    let signed = jws::verify(&fs::read(bundle.join("manifest.jws")).unwrap(), 1 << 20).unwrap();
    (signed.device_id.to_string(), Manifest::parse(&signed.payload).unwrap())
}

fn enrol(bundle: &Path, store: &str) {
    let (device, manifest) = manifest(bundle);
    let (device, driver) = (format!("--device={device}"), manifest.driver.to_string());
    waymark(&["device", "enrol", "--store", store, "--driver", &driver, &device, "--payout", PAYOUT]).done();
}

fn ingest(bundle: &Path, store: &str) -> Answer {
    crate::world::ingest(bundle, store)
}

fn build(store: &str) -> Answer {
    waymark(&["build", "--store", store, "--pack", "town"])
}

fn bundle(week: usize, drive: &str) -> PathBuf {
    published();
    scratch().join("erasure-town").join(WEEKS[week].0).join("bundles").join(drive)
}

/// A copy of the published store to erase from.
struct Copied {
    folder: tempfile::TempDir,
}

impl Copied {
    fn new() -> Self {
        let copied = Self { folder: folder() };
        copy(published(), copied.path(), &[]);
        copied
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn text(&self) -> String {
        text(self.path())
    }

    fn rows<R: Row>(&self) -> Vec<R> {
        let files = named(self.path(), &format!("{}/", R::TABLE.name()), ".parquet");
        files.into_iter().flat_map(|(name, path)| decode::<R>(&name, fs::read(path).unwrap().into()).unwrap()).collect()
    }

    fn erase(&self, what: &[&str]) -> Answer {
        waymark(&self.erasing(what).iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn erasing(&self, what: &[&str]) -> Vec<String> {
        let (store, reason) = (self.text(), "asked for by letter");
        let call = [&["erase", "--store", &store, "--reason", reason], what].concat();
        call.into_iter().map(ToOwned::to_owned).collect()
    }

    fn roots(&self) -> BTreeSet<String> {
        let roots = named(self.path(), "snapshots/", ".json").into_iter().map(|(name, _)| name);
        let id = |name: String| Some(name.strip_prefix("snapshots/")?.strip_suffix(".json")?.to_owned());
        roots.filter_map(id).filter(|id| id.parse::<Digest>().is_ok()).collect()
    }

    fn snapshot(&self, id: &str) -> Answer {
        waymark(&["verify", "snapshot", "--store", &self.text(), "--snapshot", id])
    }

    /// Everything verifies, and every snapshot that ever was leads to one that does.
    fn assert_verifies(&self, roots: &BTreeSet<String>) -> Value {
        let store = self.text();
        for id in roots {
            self.snapshot(id).done();
        }
        waymark(&["verify", "snapshot", "--store", &store]).done();
        waymark(&["verify", "erasure", "--store", &store]).done();
        waymark(&["verify", "epoch", "--store", &store, "--epoch", WEEKS[0].2]).done()
    }

    /// Whoever follows the feed from the beginning has the map that is published now; says which erasures it told of.
    fn assert_feed_leads_here(&self) -> BTreeSet<Digest> {
        let (mut followed, mut erasures, mut at) = (BTreeMap::new(), BTreeSet::new(), None);
        for (_, path) in named(self.path(), "changes/log/", ".json") {
            let entry: Entry = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            assert_eq!(entry.from, at, "entries follow one another");
            at = Some(entry.to);
            erasures.extend(entry.erasures);
            apply(&mut followed, entry.changes);
        }
        let latest: Value =
            serde_json::from_slice(&fs::read(self.path().join("snapshots/latest.json")).unwrap()).unwrap();
        assert_eq!(latest["snapshot"], at.unwrap().to_string());
        let mut regions: BTreeMap<String, Vec<FeatureRow>> = BTreeMap::new();
        // In order of epochs: the latest one of a region stays.
        for (name, path) in named(self.path(), "features/", ".parquet") {
            let rows = decode(&name, fs::read(path).unwrap().into()).unwrap();
            regions.insert(name.split('/').nth(2).unwrap().to_owned(), rows);
        }
        let rows = regions.into_values().flatten().map(MapFeature::from);
        assert_eq!(followed, rows.map(|row| (row.feature_id.clone(), row)).collect());
        erasures
    }

    /// The bytes of every file but the tombstones.
    fn assert_nowhere(&self, needle: &[u8]) {
        for (name, path) in crate::files::files(self.path()) {
            let is_tombstone = name.starts_with("erasures/");
            let holds = |bytes: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
            assert!(is_tombstone || !holds(&fs::read(path).unwrap()), "{name}");
        }
    }
}

#[test]
fn a_driver_is_erased_from_every_snapshot_and_the_pay_of_all_stays_proven() {
    let store = Copied::new();
    let (device, manifest) = manifest(&bundle(0, "001"));
    let roots = store.roots();
    let paid = contents(store.path());
    let before: Vec<FrameRow> = store.rows();
    let (theirs, others): (Vec<_>, Vec<_>) = before.into_iter().partition(|row| row.driver == manifest.driver);
    assert!(!theirs.is_empty() && !others.is_empty(), "both drivers have frames");
    let images: Vec<Vec<u8>> = theirs.iter().map(|row| fs::read(store.path().join(&row.image_path)).unwrap()).collect();
    let said = store.erase(&["--driver", manifest.driver.as_str()]).done();
    assert_eq!(store.rows::<FrameRow>(), others, "the others' frames are as they were");
    images.iter().for_each(|image| store.assert_nowhere(image));
    assert!(named(store.path(), "inbox/clips/", "landed.json").len() == 2, "two clips of the other driver");
    let epoch = store.assert_verifies(&roots);
    assert!(epoch["erased"].as_u64().unwrap() > 0, "{epoch}");
    assert_eq!(epoch["statements"], store.rows::<StatementRow>().len());
    let after = contents(store.path());
    for (name, digest) in paid.iter().filter(|(name, _)| name.starts_with("statements/") || name.starts_with("epochs/"))
    {
        assert_eq!(after.get(name), Some(digest), "{name} is never written again");
    }
    assert_eq!(store.assert_feed_leads_here().len(), 1);
    let tombstone = format!("erasures/tombstones/{}.json", said["tombstone"].as_str().unwrap());
    let told = fs::read_to_string(store.path().join(&tombstone)).unwrap();
    assert!(!told.contains(manifest.driver.as_str()) && !told.contains(&device), "a tombstone names nobody: {told}");
    assert_eq!(store.erase(&["--driver", manifest.driver.as_str()]).done()["tombstone"], Value::Null);
    assert_eq!(contents(store.path()), after, "nothing is left to erase");
}

#[test]
fn erased_footage_does_not_come_back() {
    let store = Copied::new();
    let clip = manifest(&bundle(0, "001")).1.clip_id.to_string();
    store.erase(&["--clip", &clip]).done();
    let refused = ingest(&bundle(0, "001"), &store.text());
    assert_eq!(refused.failed().json()["reason"], "clip_erased", "{refused:?}");
    assert_eq!(build(&store.text()).done()["clips"], 0);
    store.assert_verifies(&BTreeSet::new());
}

#[test]
fn single_frames_go_with_the_footage_that_shows_them_and_the_rest_of_the_clip_stays() {
    let store = Copied::new();
    let roots = store.roots();
    let before: Vec<FrameRow> = store.rows();
    let (first, last) = (before.first().unwrap().clone(), before.last().unwrap().clone());
    let media = |clip: ClipId| {
        let found = named(store.path(), "inbox/clips/", "");
        found.iter().filter(|(name, _)| name.contains(&format!("{clip}.media-"))).count()
    };
    assert!(media(first.clip_id) > 0 && media(last.clip_id) > 0);
    let (one, other) = (first.frame_id.to_string(), last.frame_id.to_string());
    store.erase(&["--frame", &one, &other]).done();
    let after: Vec<FrameRow> = store.rows();
    let ids = |rows: &[FrameRow]| rows.iter().map(|row| row.frame_id).collect::<BTreeSet<_>>();
    let gone: BTreeSet<_> = ids(&before).difference(&ids(&after)).copied().collect();
    assert_eq!(gone, BTreeSet::from([first.frame_id, last.frame_id]));
    assert_eq!((media(first.clip_id), media(last.clip_id)), (0, 0));
    store.assert_verifies(&roots);
    store.assert_feed_leads_here();
    assert_eq!(build(&store.text()).done()["clips"], 0, "the clips were processed, and stay so");
    let unknown = store.erase(&["--frame", &"0".repeat(32)]);
    assert!(unknown.failed().stderr.contains("no such frame"), "{unknown:?}");
}

#[test]
fn older_snapshots_can_be_dropped_but_not_those_that_pay_rests_on() {
    let store = Copied::new();
    let roots = store.roots();
    let clip = manifest(&bundle(0, "001")).1.clip_id.to_string();
    store.erase(&["--clip", &clip, "--older-snapshots", "drop"]).done();
    let dropped = roots.iter().filter(|id| store.snapshot(id).code == Some(1)).count();
    assert!(dropped > 0 && dropped < roots.len() - 1, "{dropped} of {}", roots.len());
    store.assert_verifies(&BTreeSet::new());
}

#[test]
fn a_copy_whose_original_is_erased_counts_from_then_on_but_not_in_what_was_paid() {
    let store = Copied { folder: folder() };
    let (text_of, town) = (store.text(), folder());
    let out = text(town.path());
    let film = ["simulate", "--out", &out, "--drives", "2", "--seconds", "8", "--size", "640x360", "--seed", "3"];
    waymark(&[&film[..], &["--attack", "copy", "--start", WEEKS[0].1]].concat()).done();
    let bundles = ["001", "002"].map(|drive| town.path().join("bundles").join(drive));
    for bundle in &bundles {
        enrol(bundle, &text_of);
        assert_eq!(ingest(bundle, &text_of).done()["state"], "landed");
    }
    build(&text_of).done();
    waymark(&["pay", "--store", &text_of, "--epoch", WEEKS[0].2]).done();
    let paid: Vec<StatementRow> = store.rows();
    let [original, copy] = bundles.each_ref().map(|bundle| manifest(bundle).1.clip_id);
    assert!(!paid.is_empty() && paid.iter().all(|line| line.clip_id == original), "the copy was not paid");
    let roots = store.roots();
    store.erase(&["--clip", &original.to_string()]).done();
    let trusted: Vec<TrustRow> = store.rows();
    let [copy_row] = trusted.as_slice() else { panic!("{trusted:?}") };
    assert!(copy_row.clip_id == copy && copy_row.counts, "nothing speaks against it now: {copy_row:?}");
    let epoch = store.assert_verifies(&roots);
    assert_eq!((epoch["statements"].as_u64(), epoch["cleared"].as_u64()), (Some(paid.len() as u64), Some(1)));
}

#[test]
fn whatever_holds_something_erased_is_found_and_named() {
    let store = Copied::new();
    let clip = manifest(&bundle(1, "002")).1.clip_id;
    let frame = store.rows::<FrameRow>().into_iter().find(|row| row.clip_id == clip).unwrap();
    let image = fs::read(store.path().join(&frame.image_path)).unwrap();
    let files = named(store.path(), "frames/", &format!("{clip}.parquet")).remove(0);
    let (name, table) = (files.0, fs::read(files.1).unwrap());
    let places = || named(store.path(), "inbox/chains/", ".json").into_iter().map(|(_, path)| fs::read(path).unwrap());
    let has_clip = |place: &Vec<u8>| String::from_utf8_lossy(place).contains(&clip.to_string());
    let (count, place) = (places().count(), places().find(has_clip).expect("it has a place in a chain"));
    store.erase(&["--clip", &clip.to_string()]).done();
    assert_eq!((places().count(), places().find(has_clip)), (count, None), "its places stay taken");
    let plants: [(&str, Vec<u8>); 6] = [
        (&name, table),
        ("imagery/other.jpg", image),
        ("notes/list.txt", frame.frame_id.to_string().into_bytes()),
        (&format!("processed/{clip}.json"), b"{}".to_vec()),
        (&format!("inbox/uploads/00/{clip}.opening.json"), b"{}".to_vec()),
        ("inbox/chains/other/at-0.json", place),
    ];
    for (name, bytes) in plants {
        let path = store.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        let found = waymark(&["verify", "erasure", "--store", &store.text()]);
        let named = found.failed().stderr.contains(name.trim_start_matches("inbox/"));
        assert!(named, "{name} is not named: {found:?}");
        fs::remove_file(path).unwrap();
    }
    let (signature, path) = named(store.path(), "erasures/signatures/", ".jws").remove(0);
    let key = DeviceKey::from_seed(&[8; 32]).unwrap();
    fs::write(&path, key.sign(b"{}")).unwrap();
    let found = waymark(&["verify", "erasure", "--store", &store.text()]);
    assert!(found.failed().stderr.contains(&signature), "{found:?}");
}

#[test]
fn an_erasure_that_was_killed_at_any_moment_is_made_good_by_the_next() {
    let clip = manifest(&bundle(0, "001")).1.clip_id.to_string();
    let whole = Copied::new();
    let start = Instant::now();
    whole.erase(&["--clip", &clip]).done();
    let took = start.elapsed();
    let mut killed = 0;
    for part in 1..=8 {
        let store = Copied::new();
        let call = store.erasing(&["--clip", &clip]);
        let arguments: Vec<&str> = call.iter().map(String::as_str).collect();
        let mut child = command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(took.mul_f64(f64::from(part) / 9.0).max(Duration::from_millis(2)));
        child.kill().unwrap();
        killed += u32::from(child.wait().unwrap().code().is_none());
        store.erase(&["--clip", &clip]).done();
        assert_same(whole.path(), store.path(), &format!("killed after {part} ninths of {took:?}"));
    }
    assert!(killed > 0, "every run was faster than its kill");
}
