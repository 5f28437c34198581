//! Folders compared, copied and damaged file by file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use waymark_datasets::Digest;

/// Every file below `folder` by its path there, sorted.
pub fn files(folder: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(&inner).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() { folders.push(path) } else { found.push((name, path)) }
        }
    }
    found.sort();
    found
}

/// What a store holds: the SHA-256 of every file by its path. An unfinished write that was left behind shows, too.
pub fn contents(folder: &Path) -> BTreeMap<String, Digest> {
    let digest = |path: &Path| Digest::of(&fs::read(path).unwrap());
    files(folder).into_iter().map(|(name, path)| (name, digest(&path))).collect()
}

/// Asserts that two stores hold the same; names what differs, not what is in it.
#[track_caller]
pub fn assert_same(ours: &Path, theirs: &Path, when: &str) {
    let (ours, theirs) = (contents(ours), contents(theirs));
    let differs = |name: &&String| ours.get(*name) != theirs.get(*name);
    let different: Vec<&String> = ours.keys().chain(theirs.keys()).filter(differs).collect();
    assert!(different.is_empty(), "{when}: these differ: {different:?}");
}

/// Copies the files below `from`, but not those of the parts named in `without`.
pub fn copy(from: &Path, to: &Path, without: &[&str]) {
    for (name, path) in files(from) {
        if without.iter().all(|part| !name.starts_with(&format!("{part}/"))) {
            let copy = to.join(name);
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::copy(path, copy).unwrap();
        }
    }
}

/// Files below `folder` whose path begins with `prefix` and ends with `suffix`, sorted.
pub fn named(folder: &Path, prefix: &str, suffix: &str) -> Vec<(String, PathBuf)> {
    let mut found = files(folder);
    found.retain(|(name, _)| name.starts_with(prefix) && name.ends_with(suffix));
    found
}
