//! What others read: programs that share no code with ours see the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use waymark_datasets::Partition;
use waymark_datasets::rows::{CoverageRow, DetectionRow, FrameRow, PayoutRow, StatementRow, VerdictRow};
use waymark_datasets::table::{Row, decode};

use crate::files::named;
use crate::finished::{EPOCH, finished};
use crate::program::outside;

#[test]
fn duckdb_polars_pyarrow_and_geopandas_read_the_rows_that_we_read() {
    let Some(done) = finished() else { return };
    let store = done.store.as_path();
    let theirs = outside("readers.py", &[store]).done();
    let ours = [
        ours::<FrameRow>(store),
        ours::<DetectionRow>(store),
        ours::<VerdictRow>(store),
        ours::<CoverageRow>(store),
        ours::<StatementRow>(store),
        ours::<PayoutRow>(store),
    ];
    for (table, ours) in ours {
        assert_eq!(theirs[table], ours, "{table}");
        assert!(ours["epochs"][EPOCH].as_u64().unwrap() > 0, "{table} is empty");
    }
}

#[test]
fn a_stock_jose_library_verifies_what_was_signed() {
    let Some(done) = finished() else { return };
    let payload = outside("jose.py", &[&done.bundle]).done();
    assert_eq!(payload["clip_id"], done.signed["clip"]);
    assert_eq!(payload["media"].as_array().unwrap().len(), 70);
}

#[test]
fn every_cell_of_every_notebook_runs() {
    let Some(done) = finished() else { return };
    let ran = outside("notebook.py", &[&done.store]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("every cell ran"), "{}", ran.stdout);
}

/// A table as we read it: files, rows, rows by epoch.
fn ours<R: Row>(store: &Path) -> (&'static str, Value) {
    let table = R::TABLE.name();
    let files = named(store, &format!("{table}/"), ".parquet");
    let mut epochs: BTreeMap<String, usize> = BTreeMap::new();
    for (name, path) in &files {
        let rows = decode::<R>(name, fs::read(path).unwrap().into()).unwrap().len();
        let epoch = Partition::parse(name).unwrap().epoch.map_or("none".into(), |epoch| epoch.to_string());
        *epochs.entry(epoch).or_default() += rows;
    }
    let rows: usize = epochs.values().sum();
    (table, json!({ "files": files.len(), "rows": rows, "epochs": epochs }))
}
