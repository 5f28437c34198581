//! What every store promises, on memory and on a folder; and what a URL may name.

use std::collections::BTreeSet;
use std::path::Path;

use bytes::Bytes;
use tempfile::TempDir;
use waymark_datasets::{Created, Digest, Store, StoreError, on_one_thread};

/// A store of each kind; the folder goes when dropped.
fn each_kind() -> ([Store; 2], TempDir) {
    let folder = TempDir::new().unwrap();
    let url = url::Url::from_directory_path(folder.path()).unwrap();
    ([Store::create_at("memory://").unwrap(), Store::create_at(url.as_str()).unwrap()], folder)
}

fn text(bytes: &str) -> Bytes {
    Bytes::copy_from_slice(bytes.as_bytes())
}

async fn paths(store: &Store, prefix: &str) -> Vec<String> {
    store.list(prefix).await.unwrap().into_iter().map(|object| object.path).collect()
}

#[tokio::test]
async fn what_was_put_is_got_and_what_was_not_is_none() {
    let (stores, _folder) = each_kind();
    for store in stores {
        assert_eq!(store.get("a/b").await.unwrap(), None);
        store.put("a/b", text("one")).await.unwrap();
        assert_eq!(store.get("a/b").await.unwrap(), Some(text("one")));
        store.put("a/b", text("")).await.unwrap();
        assert_eq!(store.get("a/b").await.unwrap(), Some(text("")), "an empty object is an object");
        assert_eq!(store.get("a").await.unwrap(), None, "a prefix is no object");
        assert_eq!(store.clone().get("a/b").await.unwrap(), Some(text("")), "clones are the same bucket");
    }
}

#[tokio::test]
async fn creating_leaves_what_is_there() {
    let (stores, _folder) = each_kind();
    for store in stores {
        assert_eq!(store.create("a/b", text("one")).await.unwrap(), Created::New);
        assert_eq!(store.create("a/b", text("two")).await.unwrap(), Created::Existed);
        assert_eq!(store.get("a/b").await.unwrap(), Some(text("one")));
        store.put("a/b", text("three")).await.unwrap();
        assert_eq!(store.create("a/b", text("four")).await.unwrap(), Created::Existed);
        assert_eq!(store.get("a/b").await.unwrap(), Some(text("three")));
    }
}

/// Bytes that come, and bytes that were expected.
const SIZES: [(usize, u64); 9] = [
    (0, 0),
    (1, 1),
    (300_000, 300_000),
    (700_000, 0),
    (1_000_000, 1_000_000),
    (2_097_152, 2_097_152),
    (2_500_000, 1_500_000),
    (9_000_000, 9_000_000),
    (9_000_001, u64::MAX),
];

#[tokio::test]
async fn what_came_in_pieces_is_whole_and_may_be_read_once_or_again() {
    let (stores, _folder) = each_kind();
    for (store, size, expected) in stores.iter().flat_map(|store| SIZES.map(|(size, expected)| (store, size, expected)))
    {
        let whole: Bytes = (0..size).map(|at| (at * 31 % 251) as u8).collect();
        let mut draft = store.draft(expected);
        for piece in whole.chunks(64_000) {
            draft.write(Bytes::copy_from_slice(piece)).await.unwrap();
        }
        assert_eq!(draft.size_bytes(), size as u64);
        let path = format!("drafts/{size}");
        assert_eq!(store.get(&path).await.unwrap(), None, "not before it is whole");
        let drafted = draft.create(&path).await.unwrap();
        assert_eq!((drafted.created, drafted.digest), (Created::New, Digest::of(&whole)));
        assert!(drafted.bytes.is_some() || expected.max(size as u64) > 2 << 20, "{size} bytes are still in memory");
        assert!(drafted.bytes.is_none_or(|bytes| bytes == whole), "{size} bytes, still in memory");
        for _ in 0..2 {
            assert!(store.get_once(&path).await.unwrap().as_ref() == Some(&whole), "{size} bytes, read once");
        }
        assert!(store.get(&path).await.unwrap() == Some(whole), "{size} bytes");
        assert_eq!(store.draft(0).create(&path).await.unwrap().created, Created::Existed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_writers_of_one_key_exactly_one_wins_and_its_bytes_stand() {
    let (stores, _folder) = each_kind();
    for store in stores {
        for round in 0..8 {
            let key = format!("race/{round}/object");
            let write = |writer: usize| {
                let (store, key) = (store.clone(), key.clone());
                tokio::spawn(async move { store.create(&key, text(&"x".repeat(writer + 1))).await.unwrap() })
            };
            let writers: Vec<_> = (0..64).map(write).collect();
            let mut winners = Vec::new();
            for (writer, done) in writers.into_iter().enumerate() {
                if done.await.unwrap() == Created::New {
                    winners.push(writer);
                }
            }
            let found = store.get(&key).await.unwrap().unwrap();
            assert_eq!(winners, [found.len() - 1], "round {round}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_of_an_object_that_is_replaced_sees_one_whole_object() {
    const BYTES: usize = 300_000;
    let (stores, _folder) = each_kind();
    for store in stores {
        store.put("object", vec![0; BYTES].into()).await.unwrap();
        let writer = store.clone();
        let writing = tokio::spawn(async move {
            for round in 1..=200u8 {
                writer.put("object", vec![round; BYTES].into()).await.unwrap();
            }
        });
        let mut seen = BTreeSet::new();
        loop {
            let is_last = writing.is_finished();
            let bytes = store.get("object").await.unwrap().unwrap();
            assert!(bytes.len() == BYTES && bytes.iter().all(|&byte| byte == bytes[0]), "a torn object");
            assert!(seen.last().is_none_or(|&last| last <= bytes[0]), "an older object after a newer one");
            seen.insert(bytes[0]);
            if is_last {
                break;
            }
        }
        writing.await.unwrap();
        assert_eq!(seen.last(), Some(&200));
    }
}

#[tokio::test]
async fn a_listing_is_sorted_and_by_whole_segments() {
    let (stores, _folder) = each_kind();
    for store in stores {
        for key in ["b/2", "a/b/c", "ab/1", "a/a", "a.txt", "a/b-c", "a/b.d/e"] {
            store.put(key, text(key)).await.unwrap();
        }
        assert_eq!(paths(&store, "a").await, ["a/a", "a/b-c", "a/b.d/e", "a/b/c"]);
        assert_eq!(paths(&store, "a/").await, paths(&store, "a").await);
        assert_eq!(paths(&store, "a/b").await, ["a/b/c"]);
        assert_eq!(paths(&store, "").await, ["a.txt", "a/a", "a/b-c", "a/b.d/e", "a/b/c", "ab/1", "b/2"]);
        assert!(paths(&store, "nothing").await.is_empty() && paths(&store, "..").await.is_empty());
        let sizes: Vec<u64> = store.list("").await.unwrap().iter().map(|object| object.size_bytes).collect();
        assert_eq!(sizes, [5, 3, 5, 7, 5, 4, 3]);
    }
}

/// Keys that would leave the root, hide, or be two spellings of one object.
const NO_KEYS: [&str; 22] = [
    "",
    "/",
    "/a",
    "a/",
    "a//b",
    ".",
    "..",
    "../x",
    "a/../../x",
    "a/./b",
    "%2e%2e/x",
    "%2e%2e%2fx",
    "a%00",
    "a\0b",
    "a\nb",
    "a#1",
    "#1",
    "a\\..\\b",
    "ä",
    "~",
    ".staging/x",
    ".staging",
];

#[tokio::test]
async fn a_listing_by_name_has_what_begins_with_it_and_nothing_deeper() {
    let (stores, _folder) = each_kind();
    for store in stores {
        for path in ["a/b.1", "a/b.2", "a/bc", "a/b", "a/b.d/e", "b.3"] {
            store.put(path, text(path)).await.unwrap();
        }
        let named = store.list_named("a", "b.").await.unwrap();
        assert!(named.iter().all(|object| object.size_bytes == 5));
        let paths: Vec<&str> = named.iter().map(|object| object.path.as_str()).collect();
        assert_eq!(paths, ["a/b.1", "a/b.2"]);
        assert!(store.list_named("nowhere", "b.").await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn some_objects_of_the_same_bytes_are_written_up_to_one_that_is_there() {
    let (stores, _folder) = each_kind();
    for store in stores {
        let paths = ["a/1", "b/2", "c/3", "d/4"].map(String::from);
        store.put("c/3", text("old")).await.unwrap();
        assert_eq!(store.create_each(&paths, text("new")).await.unwrap(), 2);
        assert_eq!(store.create_each(&paths, text("newer")).await.unwrap(), 0);
        let mut found = Vec::new();
        for path in &paths {
            found.push(store.get(path).await.unwrap());
        }
        assert_eq!(found, [Some(text("new")), Some(text("new")), Some(text("old")), None]);
        store.put("a/1", text("other")).await.unwrap();
        assert_eq!(store.get("b/2").await.unwrap(), Some(text("new")), "they are two objects");
    }
}

#[tokio::test]
async fn what_is_jotted_down_is_an_object_like_any_other() {
    let (stores, folder) = each_kind();
    for store in stores {
        for path in ["a/1", "a/2", "a/1"] {
            store.jot(path).await.unwrap();
        }
        assert_eq!(store.get("a/1").await.unwrap(), Some(Bytes::new()));
        assert_eq!(store.create("a/1", text("x")).await.unwrap(), Created::Existed);
        store.put("a/1", text("x")).await.unwrap();
        assert_eq!(store.get("a/2").await.unwrap(), Some(Bytes::new()), "they are two objects");
        // Somebody cleans up what a running process works with.
        let staging = folder.path().join(".staging");
        if staging.exists() {
            std::fs::remove_dir_all(staging).unwrap();
        }
        store.jot("a/3").await.unwrap();
        store.tidy_away(&["a/1", "a/2", "a/4"]).await.unwrap();
        assert_eq!(paths(&store, "a").await, ["a/3"]);
    }
}

#[tokio::test]
async fn work_on_one_thread_has_the_same_store_and_a_panic_ends_nothing_else() {
    let (stores, _folder) = each_kind();
    for store in stores {
        let same = store.clone();
        let work = async move || same.create("a/b", text("one")).await.unwrap();
        assert_eq!(on_one_thread(work).await.unwrap(), Created::New);
        let stopped: std::io::Result<()> = on_one_thread(async || panic!("a fault of ours")).await;
        assert!(stopped.is_err());
        assert_eq!(store.get("a/b").await.unwrap(), Some(text("one")));
    }
}

#[tokio::test]
async fn a_key_that_could_mean_another_object_is_refused_and_names_none() {
    let (stores, folder) = each_kind();
    let outside = || std::fs::read_dir(folder.path().parent().unwrap()).unwrap().any(|x| x.unwrap().file_name() == "x");
    for store in stores {
        for key in NO_KEYS {
            assert!(matches!(store.put(key, text("x")).await, Err(StoreError::Key(_))), "{key:?}");
            assert!(matches!(store.create(key, text("x")).await, Err(StoreError::Key(_))), "{key:?}");
            assert_eq!(store.get(key).await.unwrap(), None, "{key:?}");
        }
        assert!(paths(&store, "").await.is_empty() && !outside());
    }
}

#[tokio::test]
async fn every_key_that_is_taken_is_listed_as_it_was_written() {
    let (stores, _folder) = each_kind();
    let keys = [" ", "!$&'()+,;=@", "-", "...", ".hidden", "a b/c d", "a:b", "epoch=2026-W47/region=x/1.parquet"];
    for store in stores {
        for key in keys {
            store.put(key, text(key)).await.unwrap();
            assert_eq!(store.create(key, text("other")).await.unwrap(), Created::Existed, "{key:?}");
        }
        assert_eq!(paths(&store, "").await, keys);
        for key in paths(&store, "").await {
            assert_eq!(store.get(&key).await.unwrap(), Some(text(&key)), "{key:?}");
        }
    }
}

#[tokio::test]
async fn what_strangers_left_in_the_folder_is_no_object() {
    let (stores, folder) = each_kind();
    for name in ["a#1", "ä", "%41"] {
        std::fs::write(folder.path().join(name), "x").unwrap();
    }
    stores[1].put("ours", text("x")).await.unwrap();
    assert_eq!(paths(&stores[1], "").await, ["ours"]);
}

#[test]
fn a_url_names_a_store_or_says_what_is_wrong() {
    let folder = TempDir::new().unwrap();
    let missing = folder.path().join("missing");
    for (url, expected) in [
        ("", "it is empty"),
        ("ftp://host/x", "its scheme is unknown"),
        ("http://host/x", "its scheme is unknown"),
        ("://x", "relative URL without a base"),
        ("file://host/x", "it names no folder of this machine"),
        ("file://relative", "it names no folder of this machine"),
        ("file:/x", "two slashes are missing"),
        ("memory:", "two slashes are missing"),
        ("s3:bucket", "two slashes are missing"),
    ] {
        for opened in [Store::open(url), Store::create_at(url), Store::create_private_at(url)] {
            let error = opened.unwrap_err().to_string();
            assert!(error.contains(expected), "{url}: {error}");
        }
    }
    assert!(matches!(Store::open(missing.to_str().unwrap()), Err(StoreError::Missing(at)) if at == missing));
    assert!(!missing.exists(), "opening makes nothing");
    std::fs::write(&missing, "a file").unwrap();
    assert!(matches!(Store::create_at(missing.to_str().unwrap()), Err(StoreError::Disk { .. })));
}

#[tokio::test]
async fn a_folder_is_the_same_store_by_url_and_by_path_absolute_or_relative() {
    let here = std::env::current_dir().unwrap();
    let folder = TempDir::with_prefix_in("a folder ", &here).unwrap();
    let relative = Path::new(folder.path().file_name().unwrap()).join("store");
    let by_relative = Store::create_at(relative.to_str().unwrap()).unwrap();
    by_relative.put("a/b", text("x")).await.unwrap();
    let absolute = folder.path().join("store");
    let url = url::Url::from_directory_path(&absolute).unwrap();
    for name in [absolute.to_str().unwrap(), url.as_str(), relative.join("..").join("store").to_str().unwrap()] {
        assert_eq!(paths(&Store::open(name).unwrap(), "").await, ["a/b"], "{name}");
    }
}

#[test]
fn a_private_folder_can_be_entered_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let inner = folder.path().join("above").join("inbox");
    Store::create_private_at(inner.to_str().unwrap()).unwrap();
    assert_eq!(inner.metadata().unwrap().permissions().mode() & 0o777, 0o700);
}
