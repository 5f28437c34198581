//! Removing objects, and how much room there is.

use std::sync::Arc;

use bytes::Bytes;
use tempfile::TempDir;
use waymark_datasets::{Created, Store, StoreError};

fn each_kind() -> ([Store; 2], TempDir) {
    let folder = TempDir::new().unwrap();
    ([Store::in_memory(), Store::create_at(folder.path().to_str().unwrap()).unwrap()], folder)
}

async fn paths(store: &Store) -> Vec<String> {
    store.list("").await.unwrap().into_iter().map(|object| object.path).collect()
}

#[tokio::test]
async fn what_was_removed_is_gone_and_may_come_again() {
    let (stores, _folder) = each_kind();
    for store in stores {
        for path in ["a/b/c", "a/b/d", "a/e"] {
            store.put(path, Bytes::from_static(b"1")).await.unwrap();
        }
        store.remove("a/b/c").await.unwrap();
        assert_eq!(paths(&store).await, ["a/b/d", "a/e"]);
        for absent in ["a/b/c", "a/b", "a/b/c/d", "x/y"] {
            store.remove(absent).await.unwrap();
        }
        assert_eq!(paths(&store).await, ["a/b/d", "a/e"]);
        assert_eq!(store.create("a/b/c", Bytes::from_static(b"2")).await.unwrap(), Created::New);
        assert_eq!(store.remove_below("a/b").await.unwrap(), 2);
        assert_eq!((paths(&store).await, store.remove_below("a/b").await.unwrap()), (vec!["a/e".into()], 0));
        assert!(matches!(store.remove("../x").await, Err(StoreError::Key(_))));
    }
}

#[tokio::test]
async fn a_folder_that_held_nothing_else_goes_with_its_last_object() {
    let (stores, folder) = each_kind();
    stores[1].put("a/b/c/d", Bytes::from_static(b"1")).await.unwrap();
    stores[1].put("a/e", Bytes::from_static(b"1")).await.unwrap();
    stores[1].remove("a/b/c/d").await.unwrap();
    assert!(!folder.path().join("a/b").exists() && folder.path().join("a/e").exists());
    stores[1].remove("a/e").await.unwrap();
    assert!(!folder.path().join("a").exists() && folder.path().exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_write_into_a_folder_that_is_just_being_removed_succeeds() {
    let (stores, _folder) = each_kind();
    let store = Arc::new(stores[1].clone());
    let tasks: Vec<_> = (0..4)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for _ in 0..50 {
                    let path = format!("a/b/{writer}");
                    store.put(&path, Bytes::from_static(b"1")).await.unwrap();
                    assert!(store.get(&path).await.unwrap().is_some());
                    store.remove(&path).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert!(paths(&store).await.is_empty());
}

#[test]
fn a_folder_knows_its_room_and_memory_does_not() {
    let (stores, _folder) = each_kind();
    assert_eq!(stores[0].free_bytes().unwrap(), None);
    assert!(stores[1].free_bytes().unwrap().is_some_and(|bytes| bytes > 0));
}

#[test]
fn a_full_disk_is_told_from_a_broken_one() {
    let on_disk = |kind: std::io::ErrorKind| StoreError::Disk { path: "x".into(), source: kind.into() };
    assert!(on_disk(std::io::ErrorKind::StorageFull).is_full());
    assert!(!on_disk(std::io::ErrorKind::PermissionDenied).is_full());
    assert!(!StoreError::Key("x".into()).is_full());
}
