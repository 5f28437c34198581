//! Snapshots: the same content has the same name, the old ones stay, and no damage goes unseen.

use std::collections::BTreeMap;

use bytes::Bytes;
use tempfile::TempDir;
use waymark_datasets::rows::{CoverageRow, FrameRow, PayoutRow, VerdictRow};
use waymark_datasets::snapshot::{self, FileRef, SnapshotError};
use waymark_datasets::table::{self, write_rows};
use waymark_datasets::{Digest, Epoch, Partition, Position, Region, Store, Table};

use crate::samples::{Sample, rows};

fn place(epoch: &str, north: f64) -> Partition {
    let epoch: Epoch = epoch.parse().unwrap();
    Partition::of(epoch, Region::at(Position::from_degrees(north, 8.0).unwrap()))
}

fn partitions() -> [Partition; 3] {
    [place("2026-W46", 47.0), place("2026-W47", 47.0), place("2026-W47", 48.0)]
}

/// A bucket of three partitions with every kind of file, images with them.
async fn fill(store: &Store) {
    for (seed, at) in (1..).zip(partitions()) {
        let mut frames: Vec<FrameRow> = rows(seed, 3);
        for frame in &mut frames {
            let image = Bytes::from(format!("jpeg of {}", frame.frame_id));
            (frame.image_sha256, frame.image_bytes) = (Digest::of(&image), image.len() as u64);
            store.put(&frame.image_path, image).await.unwrap();
        }
        write_rows(store, at, "clip", &frames).await.unwrap();
        write_rows::<VerdictRow>(store, at, "clip", &rows(seed, 4)).await.unwrap();
        write_rows::<CoverageRow>(store, at, "part", &rows(seed, 5)).await.unwrap();
    }
    let whole = Partition { epoch: Some("2026-W46".parse().unwrap()), region: None };
    write_rows::<PayoutRow>(store, whole, "payouts", &rows(9, 2)).await.unwrap();
}

async fn filled() -> Store {
    let store = Store::in_memory();
    fill(&store).await;
    store
}

/// Every file of a snapshot with its bytes, all checked on the way.
async fn walk(store: &Store, id: Digest) -> Result<BTreeMap<String, (FileRef, Bytes)>, SnapshotError> {
    let mut found = BTreeMap::new();
    for reference in snapshot::root(store, id).await?.parts {
        let part = snapshot::part(store, &reference).await?;
        assert_eq!(part.files.len() as u64, reference.files);
        assert_eq!(part.files.iter().map(|file| file.size_bytes).sum::<u64>(), reference.size_bytes);
        for file in part.files {
            let bytes = snapshot::file(store, &file).await?;
            found.insert(file.path.clone(), (file, bytes));
        }
    }
    Ok(found)
}

async fn objects(store: &Store) -> BTreeMap<String, Bytes> {
    let mut found = BTreeMap::new();
    for object in store.list("").await.unwrap() {
        let bytes = store.get(&object.path).await.unwrap().unwrap();
        found.insert(object.path, bytes);
    }
    found
}

#[tokio::test]
async fn an_empty_bucket_has_an_empty_snapshot() {
    let store = Store::in_memory();
    assert_eq!(snapshot::latest(&store).await.unwrap(), None);
    let id = snapshot::publish(&store).await.unwrap();
    assert_eq!(snapshot::latest(&store).await.unwrap(), Some(id));
    assert!(snapshot::root(&store, id).await.unwrap().parts.is_empty());
}

#[tokio::test]
async fn a_snapshot_holds_every_table_file_and_every_image() {
    let store = filled().await;
    let before = objects(&store).await;
    let id = snapshot::publish(&store).await.unwrap();
    let held: BTreeMap<String, Bytes> =
        walk(&store, id).await.unwrap().into_iter().map(|(path, (_, bytes))| (path, bytes)).collect();
    assert_eq!(held, before);
    let parts = snapshot::root(&store, id).await.unwrap().parts;
    assert_eq!(parts.len(), 4, "three regions, and what concerns an epoch as a whole");
    assert!(parts.is_sorted_by_key(|part| (part.epoch, part.region)));
}

#[tokio::test]
async fn publishing_the_same_again_changes_nothing_and_names_it_the_same_anywhere() {
    let (store, other) = (filled().await, filled().await);
    let id = snapshot::publish(&store).await.unwrap();
    let before = objects(&store).await;
    assert_eq!(snapshot::publish(&store).await.unwrap(), id);
    assert_eq!(objects(&store).await, before);
    assert_eq!(snapshot::publish(&other).await.unwrap(), id);
    assert_eq!(objects(&other).await, before);
}

#[tokio::test]
async fn a_change_in_one_partition_writes_that_part_and_the_root() {
    let store = filled().await;
    let first = snapshot::publish(&store).await.unwrap();
    let before = objects(&store).await;
    let changed = partitions()[1];
    write_rows::<CoverageRow>(&store, changed, "part", &rows(77, 5)).await.unwrap();
    let second = snapshot::publish(&store).await.unwrap();
    assert_ne!(second, first);
    let new: Vec<String> = objects(&store).await.into_keys().filter(|key| !before.contains_key(key)).collect();
    assert_eq!(new.len(), 4, "a copy of the file, the two manifests of its part, and the root: {new:?}");
    let (old, new) =
        (snapshot::root(&store, first).await.unwrap().parts, snapshot::root(&store, second).await.unwrap().parts);
    for (old, new) in old.iter().zip(&new) {
        let is_changed = (new.epoch, new.region) == (changed.epoch, changed.region);
        assert_eq!(old != new, is_changed, "{new:?}");
    }
}

#[tokio::test]
async fn an_old_snapshot_stays_readable_after_its_tables_were_replaced() {
    let store = filled().await;
    let first = snapshot::publish(&store).await.unwrap();
    let before = walk(&store, first).await.unwrap();
    for at in partitions() {
        write_rows::<CoverageRow>(&store, at, "part", &rows(99, 6)).await.unwrap();
    }
    let whole = Partition { epoch: partitions()[0].epoch, region: None };
    write_rows::<PayoutRow>(&store, whole, "payouts", &rows(98, 3)).await.unwrap();
    let second = snapshot::publish(&store).await.unwrap();
    assert_eq!(walk(&store, first).await.unwrap(), before);
    let key = Table::Coverage.key(partitions()[0], "part");
    let after = walk(&store, second).await.unwrap();
    assert_ne!(after[&key].1, before[&key].1);
    assert_eq!(table::decode::<CoverageRow>(&key, after[&key].1.clone()).unwrap().len(), 6);
}

#[tokio::test]
async fn damage_of_any_object_is_found_and_named() {
    let store = filled().await;
    let id = snapshot::publish(&store).await.unwrap();
    let held = walk(&store, id).await.unwrap();
    let mut parts: Vec<String> = held.values().map(|(file, _)| file.object.clone()).collect();
    let root = snapshot::root(&store, id).await.unwrap();
    parts.push(format!("snapshots/{id}.json"));
    parts.extend(root.parts.iter().map(|part| format!("snapshots/parts/{}.json", part.sha256)));
    for object in parts {
        let whole = store.get(&object).await.unwrap().unwrap();
        let mut flipped = whole.to_vec();
        flipped[whole.len() / 2] ^= 1;
        for damaged in [flipped.into(), whole.slice(1..), Bytes::new()] {
            store.put(&object, damaged).await.unwrap();
            let error = walk(&store, id).await.unwrap_err();
            assert!(matches!(&error, SnapshotError::Differs { object: named, .. } if *named == object), "{error}");
        }
        store.put(&object, whole).await.unwrap();
    }
    assert_eq!(walk(&store, id).await.unwrap(), held);
}

#[tokio::test]
async fn a_missing_object_is_named() {
    let store = filled().await;
    let id = snapshot::publish(&store).await.unwrap();
    for missing in walk(&store, id).await.unwrap().into_keys() {
        let partial = Store::in_memory();
        for (key, bytes) in objects(&store).await {
            let is_copy = |copy: &str| copy == format!("snapshots/files/{}.parquet", Digest::of(&bytes));
            if key != missing && !(is_copy(&key) && missing.starts_with("coverage")) {
                partial.put(&key, bytes).await.unwrap();
            }
        }
        let is_replaced = ["coverage", "payouts"].iter().any(|table| missing.starts_with(table));
        match walk(&partial, id).await {
            Err(error) => assert!(error.to_string().contains("is missing"), "{error}"),
            Ok(_) => assert!(is_replaced, "{missing}: only what has a copy may go"),
        }
    }
    let nowhere = snapshot::root(&Store::in_memory(), id).await.unwrap_err();
    assert!(nowhere.to_string().contains("is missing"), "{nowhere}");
}

/// The pointer cannot be moved: everything else was written before, and the old snapshot is still the latest.
#[tokio::test]
async fn the_pointer_is_moved_last() {
    let folder = TempDir::new().unwrap();
    let store = Store::create_at(folder.path().to_str().unwrap()).unwrap();
    fill(&store).await;
    let pointer = folder.path().join("snapshots/latest.json");
    std::fs::create_dir_all(pointer.join("in the way")).unwrap();
    assert!(snapshot::publish(&store).await.is_err());
    let id = snapshot::publish(&filled().await).await.unwrap();
    assert!(!walk(&store, id).await.unwrap().is_empty(), "whole before anyone is pointed to it");
    std::fs::remove_dir_all(&pointer).unwrap();
    assert_eq!(snapshot::latest(&store).await.unwrap(), None);
    assert_eq!(snapshot::publish(&store).await.unwrap(), id);
}

/// Killed just before the pointer moved: all objects of the new snapshot, and the old pointer.
#[tokio::test]
async fn a_publisher_killed_before_the_end_leaves_the_old_snapshot_the_latest() {
    let store = filled().await;
    let first = snapshot::publish(&store).await.unwrap();
    let pointer = store.get("snapshots/latest.json").await.unwrap().unwrap();
    write_rows::<CoverageRow>(&store, partitions()[2], "part", &rows(55, 5)).await.unwrap();
    let second = snapshot::publish(&store).await.unwrap();
    store.put("snapshots/latest.json", pointer).await.unwrap();
    assert_eq!(snapshot::latest(&store).await.unwrap(), Some(first));
    assert!(walk(&store, first).await.is_ok());
    assert_eq!(snapshot::publish(&store).await.unwrap(), second, "the next one finishes it");
    assert_eq!(snapshot::latest(&store).await.unwrap(), Some(second));
}

#[tokio::test]
async fn a_damaged_pointer_table_or_hostile_size_is_an_error_or_a_number_never_a_panic() {
    let store = filled().await;
    for pointer in ["", "{}", "null", "{\"snapshot\":\"..\"}", "[[[[[["] {
        store.put("snapshots/latest.json", Bytes::from_static(pointer.as_bytes())).await.unwrap();
        assert!(snapshot::latest(&store).await.is_err() && snapshot::publish(&store).await.is_err(), "{pointer}");
    }
    let store = Store::in_memory();
    store.put(&Table::Frames.key(partitions()[0], "clip"), Bytes::from_static(b"PAR1")).await.unwrap();
    assert!(matches!(snapshot::publish(&store).await, Err(SnapshotError::Table(_))));
    let huge = FrameRow { image_bytes: u64::MAX, ..FrameRow::sample(&mut crate::dice::Dice::new(1)) };
    let huge = [FrameRow { frame_index: 1, ..huge.clone() }, huge];
    write_rows(&store, partitions()[0], "clip", &huge).await.unwrap();
    let id = snapshot::publish(&store).await.unwrap();
    assert_eq!(snapshot::root(&store, id).await.unwrap().parts[0].size_bytes, u64::MAX);
}
