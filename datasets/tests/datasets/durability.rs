//! A folder survives what happens to those who write to it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use bytes::Bytes;
use tempfile::TempDir;
use waymark_datasets::{Created, Store};

fn store_at(folder: &Path) -> Store {
    Store::create_at(folder.to_str().unwrap()).unwrap()
}

/// Everything below a folder, with when it was last changed.
fn tree(folder: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let mut found = BTreeMap::new();
    let mut left = vec![folder.to_path_buf()];
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            found.insert(entry.path(), entry.metadata().unwrap().modified().unwrap());
            left.extend(entry.file_type().unwrap().is_dir().then(|| entry.path()));
        }
        found.insert(folder.clone(), folder.metadata().unwrap().modified().unwrap());
    }
    found
}

#[tokio::test]
async fn reading_writes_nothing() {
    let folder = TempDir::new().unwrap();
    store_at(folder.path()).put("a/b", Bytes::from_static(b"x")).await.unwrap();
    let before = tree(folder.path());
    let store = Store::open(folder.path().to_str().unwrap()).unwrap();
    assert!(store.get("a/b").await.unwrap().is_some() && store.get("none").await.unwrap().is_none());
    assert_eq!(store.list("").await.unwrap().len(), 1);
    assert_eq!(tree(folder.path()), before);
}

#[tokio::test]
async fn a_writer_that_ends_leaves_only_what_it_wrote() {
    let folder = TempDir::new().unwrap();
    let store = store_at(folder.path());
    store.put("a/b", Bytes::from_static(b"x")).await.unwrap();
    drop(store);
    let left: Vec<_> = tree(folder.path()).into_keys().filter(|path| path.is_file()).collect();
    assert_eq!(left, [folder.path().join("a/b")]);
    assert_eq!(fs::read_dir(folder.path().join(".staging")).unwrap().count(), 0);
}

#[tokio::test]
async fn the_next_writer_sweeps_what_the_dead_left_and_spares_the_living() {
    let folder = TempDir::new().unwrap();
    let staging = folder.path().join(".staging");
    let (dead, alive) = (staging.join("dead"), staging.join("alive"));
    for process in [&dead, &alive] {
        fs::create_dir_all(process.join("inner")).unwrap();
        fs::write(process.join("unfinished"), "half of an obj").unwrap();
    }
    fs::write(staging.join("stray"), "by a stranger").unwrap();
    let lock = File::open(&alive).unwrap();
    lock.lock().unwrap();
    let store = store_at(folder.path());
    assert_eq!(store.create("a", Bytes::from_static(b"x")).await.unwrap(), Created::New);
    assert!(!dead.exists() && alive.join("unfinished").exists() && staging.join("stray").exists());
    let listed = store.list("").await.unwrap();
    assert_eq!(listed.iter().map(|object| object.path.as_str()).collect::<Vec<_>>(), ["a"]);
    lock.unlock().unwrap();
    store_at(folder.path()).put("b", Bytes::from_static(b"x")).await.unwrap();
    assert!(!alive.exists(), "swept once its process is gone");
}

#[tokio::test]
async fn two_writers_of_one_folder_do_not_disturb_each_other() {
    let folder = TempDir::new().unwrap();
    let (one, other) = (store_at(folder.path()), store_at(folder.path()));
    for round in 0..20 {
        one.put(&format!("one/{round}"), Bytes::from_static(b"1")).await.unwrap();
        other.put(&format!("other/{round}"), Bytes::from_static(b"2")).await.unwrap();
    }
    drop(one);
    other.put("last", Bytes::from_static(b"2")).await.unwrap();
    assert_eq!(other.list("").await.unwrap().len(), 41);
}

#[tokio::test]
async fn a_writer_goes_on_when_its_staging_folder_was_removed_under_it() {
    let folder = TempDir::new().unwrap();
    let store = store_at(folder.path());
    store.put("a", Bytes::from_static(b"1")).await.unwrap();
    fs::remove_dir_all(folder.path().join(".staging")).unwrap();
    store.put("a", Bytes::from_static(b"2")).await.unwrap();
    assert_eq!(store.get("a").await.unwrap(), Some(Bytes::from_static(b"2")));
}

#[tokio::test]
async fn a_write_that_fails_leaves_the_old_object_and_no_new_one() {
    let folder = TempDir::new().unwrap();
    let store = store_at(folder.path());
    store.put("a", Bytes::from_static(b"old")).await.unwrap();
    fs::create_dir(folder.path().join("folder")).unwrap();
    let error = store.put("folder", Bytes::from_static(b"new")).await.unwrap_err().to_string();
    assert!(error.contains("folder"), "{error}");
    assert!(store.put("a/below", Bytes::from_static(b"new")).await.is_err(), "below an object there is nothing");
    assert_eq!(store.get("a").await.unwrap(), Some(Bytes::from_static(b"old")));
    let kept = tree(&folder.path().join(".staging")).into_keys().filter(|path| path.is_file()).count();
    assert_eq!(kept, 0, "what was staged is gone");
}

/// Traced by the test below; by itself it shows that an object in new folders is written.
#[tokio::test]
async fn one_object_in_new_folders() {
    let folder = TempDir::new().unwrap();
    let store = store_at(&folder.path().join("root"));
    assert_eq!(store.create("x/y/object", Bytes::from_static(b"x")).await.unwrap(), Created::New);
    store.put("x/y/object", Bytes::from_static(b"y")).await.unwrap();
    assert!(folder.path().join("root/x/y/object").is_file());
}

/// What the kernel was asked: `sync PATH` or `move TO`, in order.
fn traced() -> Option<Vec<String>> {
    let trace = TempDir::new().unwrap().path().with_extension("strace");
    let calls = "trace=fsync,fdatasync,rename,renameat,renameat2,link,linkat";
    let test = "durability::one_object_in_new_folders";
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-s", "4096", "-e", calls, "-o"]).arg(&trace);
    strace.arg(std::env::current_exe().unwrap()).args(["--exact", test, "--test-threads=1"]);
    let ran = strace.output().ok()?;
    let text = fs::read_to_string(&trace).ok()?;
    fs::remove_file(&trace).unwrap();
    assert!(ran.status.success() || text.is_empty(), "{}", String::from_utf8_lossy(&ran.stderr));
    let events: Vec<String> = text.lines().filter_map(event).collect();
    (!events.is_empty()).then_some(events)
}

fn event(line: &str) -> Option<String> {
    // A folder that is not there is made, and the object moved there then.
    if line.contains(" = -1 ENOENT") {
        return None;
    }
    let (call, rest) = line.split_once(' ')?.1.trim_start().split_once('(')?;
    let path = match call {
        "fsync" | "fdatasync" => rest.split_once('<')?.1.split_once('>')?.0,
        _ => rest.rsplit('"').nth(1)?,
    };
    // What gets a name in the staging folder is no object there.
    if !call.contains("sync") && path.contains("/.staging/") {
        return None;
    }
    Some(format!("{} {path}", if call.contains("sync") { "sync" } else { "move" }))
}

#[test]
fn an_object_and_every_folder_above_it_are_synced_before_a_write_returns() {
    let Some(events) = traced() else {
        eprintln!("skipped: strace is not here, or may not trace");
        return;
    };
    let moves: Vec<usize> = (0..events.len()).filter(|&i| events[i].starts_with("move ")).collect();
    assert_eq!(moves.len(), 2, "{events:#?}");
    // A folder that this writer has once seen safe need not be seen to again.
    for (at, folders) in moves.into_iter().zip([&["root", "x", "y"][..], &["y"]]) {
        let staged = &events[at - 1];
        assert!(staged.starts_with("sync ") && staged.contains("/.staging/"), "the bytes first: {events:#?}");
        let after = events[at + 1..].iter().take_while(|event| !event.contains("/.staging/"));
        let mut above: Vec<&str> = after.map(|event| event.rsplit('/').next().unwrap()).collect();
        above.sort_unstable();
        assert_eq!(above, folders, "then the folders, in any order: {events:#?}");
    }
    let root_at = events.iter().position(|event| event.ends_with("/root")).unwrap();
    let parent = events[root_at].strip_suffix("/root").unwrap();
    assert_eq!(events[0], parent, "the folder that the root was made in comes first: {events:#?}");
}
