//! What is published is proven: a changed byte anywhere is found, and named.

use std::fs;

use tempfile::TempDir;
use waymark_datasets::Amount;
use waymark_datasets::rows::{FrameRow, PayoutRow, StatementRow};
use waymark_datasets::table::{Row, decode, encode};

use crate::files::{copy, named};
use crate::finished::{EPOCH, finished};
use crate::footage::bytes;
use crate::program::{Answer, waymark};
use crate::scratch::folder;

#[test]
fn one_changed_byte_in_any_published_file_is_found_and_named() {
    let Some(store) = Copied::new() else { return };
    for (prefix, suffix) in [
        ("frames/", ".parquet"),
        ("detections/", ".parquet"),
        ("verdicts/", ".parquet"),
        ("coverage/", ".parquet"),
        ("statements/", ".parquet"),
        ("payouts/", ".parquet"),
        ("imagery/", ".jpg"),
        ("snapshots/files/", ".parquet"),
        ("snapshots/parts/", ".json"),
    ] {
        for (name, path) in named(store.folder.path(), prefix, suffix) {
            let whole = bytes(&path);
            let mut changed = whole.clone();
            changed[whole.len() / 2] ^= 1;
            fs::write(&path, changed).unwrap();
            store.assert_found(&name);
            fs::remove_file(&path).unwrap();
            store.assert_found(&name);
            fs::write(&path, whole).unwrap();
            if prefix == "imagery/" {
                break;
            }
        }
    }
    store.snapshot().done();
    store.epoch().done();
}

#[test]
fn a_changed_root_of_any_snapshot_is_found_and_named() {
    let Some(store) = Copied::new() else { return };
    let mut roots = named(store.folder.path(), "snapshots/", ".json");
    roots.retain(|(name, _)| name.matches('/').count() == 1 && name != "snapshots/latest.json");
    assert_eq!(roots.len(), 2, "one of the build, one of the pay");
    for (name, path) in roots {
        let id = name.trim_start_matches("snapshots/").trim_end_matches(".json");
        let verify = || waymark(&["verify", "snapshot", "--store", store.text(), "--snapshot", id]);
        verify().done();
        let whole = bytes(&path);
        fs::write(&path, whole.iter().rev().copied().collect::<Vec<u8>>()).unwrap();
        assert!(verify().failed().stderr.contains(&name), "{name} is not named");
    }
}

#[test]
fn an_amount_that_was_changed_in_a_whole_file_is_found_by_its_row() {
    let Some(store) = Copied::new() else { return };
    store.assert_row_found::<PayoutRow>(0, |row| row.amount = plus_one(row.amount));
    store.assert_row_found::<StatementRow>(3, |row| row.amount = plus_one(row.amount));
    store.epoch().done();
}

#[test]
fn a_frame_that_was_changed_in_a_whole_file_is_found() {
    let Some(store) = Copied::new() else { return };
    let (name, path) = named(store.folder.path(), "frames/", ".parquet").remove(0);
    let mut rows: Vec<FrameRow> = decode(&name, bytes(&path).into()).unwrap();
    rows[0].driver = "mallory".parse().unwrap();
    fs::write(&path, encode(&rows).unwrap()).unwrap();
    store.assert_found(&name);
    let epoch = store.epoch();
    assert!(epoch.failed().stderr.contains(&name), "what was paid for is proven, too: {epoch:?}");
}

/// The finished store without what is private, to damage.
struct Copied {
    folder: TempDir,
}

impl Copied {
    fn new() -> Option<Self> {
        let copied = Self { folder: folder() };
        copy(&finished()?.store, copied.folder.path(), &["inbox"]);
        copied.snapshot().done();
        copied.epoch().done();
        Some(copied)
    }

    fn text(&self) -> &str {
        self.folder.path().to_str().unwrap()
    }

    fn snapshot(&self) -> Answer {
        waymark(&["verify", "snapshot", "--store", self.text()])
    }

    fn epoch(&self) -> Answer {
        waymark(&["verify", "epoch", "--store", self.text(), "--epoch", EPOCH])
    }

    /// Asserts that verifying fails and names the file `name`; files of an epoch's pay are verified with the epoch.
    #[track_caller]
    fn assert_found(&self, name: &str) {
        let is_pay = name.starts_with("statements/") || name.starts_with("payouts/");
        let found = if is_pay { self.epoch() } else { self.snapshot() };
        assert!(found.failed().stderr.contains(name), "{name} is not named: {found:?}");
    }

    /// Rewrites one row of the table of the epoch, as a whole and readable file; asserts that it is found by its number.
    #[track_caller]
    fn assert_row_found<R: Row>(&self, number: usize, change: impl Fn(&mut R)) {
        let (name, path) = named(self.folder.path(), &format!("{}/", R::TABLE.name()), ".parquet").remove(0);
        let whole = bytes(&path);
        let mut rows: Vec<R> = decode(&name, whole.clone().into()).unwrap();
        change(&mut rows[number]);
        fs::write(&path, encode(&rows).unwrap()).unwrap();
        let found = self.epoch();
        let named = found.failed().stderr.contains(&format!("{name}: row {number} "));
        assert!(named, "row {number} of {name} is not named: {found:?}");
        fs::write(&path, whole).unwrap();
    }
}

fn plus_one(amount: Amount) -> Amount {
    (amount.units() + 1).try_into().unwrap()
}
