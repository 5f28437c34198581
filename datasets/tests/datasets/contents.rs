//! Objects whose bytes are read as they are needed.

use std::fs::OpenOptions;
use std::io::Read;

use bytes::Bytes;
use parquet::file::reader::{ChunkReader, Length};
use tempfile::TempDir;
use waymark_datasets::{Contents, OBJECT_BYTES_MAX, Opened, Store};

const KEY: &str = "frames/file.parquet";
/// Bytes that are not read at once.
const LARGE: usize = (1 << 20) + 1;

fn bytes(count: usize) -> Bytes {
    (0..count).map(|at| (at * 31 % 251) as u8).collect::<Vec<u8>>().into()
}

/// What a folder says is in an object of so many bytes.
async fn opened(count: usize) -> (TempDir, Opened) {
    let folder = TempDir::new().unwrap();
    let store = Store::create_at(folder.path().to_str().unwrap()).unwrap();
    store.put(KEY, bytes(count)).await.unwrap();
    let opened = store.contents(KEY).await.unwrap().unwrap().open().unwrap().unwrap();
    (folder, opened)
}

fn rest(opened: &Opened, start: u64) -> Vec<u8> {
    let mut rest = Vec::new();
    opened.get_read(start).unwrap().read_to_end(&mut rest).unwrap();
    rest
}

#[tokio::test]
async fn a_small_object_is_read_at_once_a_large_one_in_parts_and_both_alike() {
    for (count, is_whole) in [(0, true), (1 << 20, true), (LARGE, false)] {
        let (_folder, opened) = opened(count).await;
        let expected = bytes(count);
        assert_eq!((opened.len(), matches!(opened, Opened::Whole(_))), (count as u64, is_whole));
        for start in [0, count / 3, count.saturating_sub(9), count] {
            assert_eq!(rest(&opened, start as u64), expected[start..]);
            for length in [0, 1, 9, count - start] {
                let part = opened.get_bytes(start as u64, length).ok();
                assert_eq!(part.as_deref(), expected.get(start..start + length), "{length} from {start} of {count}");
            }
        }
    }
}

#[tokio::test]
async fn bytes_that_are_not_there_are_an_error_and_cost_no_memory() {
    for count in [20, LARGE] {
        let (_folder, opened) = opened(count).await;
        for (start, length) in [(0, usize::MAX), (u64::MAX, 1), (count as u64, 1), (count as u64 + 1, 0), (1, count)] {
            assert!(opened.get_bytes(start, length).is_err(), "{length} from {start} of {count}");
        }
        assert!(rest(&opened, u64::MAX >> 2).is_empty());
    }
}

#[tokio::test]
async fn no_more_is_read_of_a_huge_file_than_an_object_may_have() {
    let (folder, opened) = opened(LARGE).await;
    OpenOptions::new().write(true).open(folder.path().join(KEY)).unwrap().set_len(OBJECT_BYTES_MAX + 2).unwrap();
    assert!(opened.get_bytes(1, OBJECT_BYTES_MAX as usize + 1).is_err());
    assert!(opened.get_bytes(OBJECT_BYTES_MAX, 2).is_ok());
}

#[tokio::test]
async fn a_file_that_shrinks_is_an_error() {
    let (folder, opened) = opened(LARGE).await;
    OpenOptions::new().write(true).open(folder.path().join(KEY)).unwrap().set_len(100).unwrap();
    assert!(opened.get_bytes(50, 100).is_err());
}

#[tokio::test]
async fn what_was_opened_stays_as_it_was_when_the_object_is_replaced_or_removed() {
    let (folder, opened) = opened(LARGE).await;
    let store = Store::open(folder.path().to_str().unwrap()).unwrap();
    store.put(KEY, Bytes::from_static(b"other")).await.unwrap();
    assert_eq!(rest(&opened, 0), bytes(LARGE));
    store.remove(KEY).await.unwrap();
    assert_eq!(rest(&opened, 0), bytes(LARGE));
    for path in [KEY, "frames", "frames/file.parquet/below"] {
        assert!(store.contents(path).await.unwrap().unwrap().open().unwrap().is_none(), "{path}");
    }
    assert!(store.contents("../elsewhere").await.unwrap().is_none());
}

#[tokio::test]
async fn what_is_not_in_a_folder_is_read_whole() {
    let store = Store::in_memory();
    store.put(KEY, bytes(LARGE)).await.unwrap();
    assert!(matches!(store.contents(KEY).await.unwrap(), Some(Contents::Whole(all)) if all == bytes(LARGE)));
}
