//! Map tiles and exports of a real drive, read by others.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;
use waymark_datasets::rows::{CoverageRow, FeatureRow, FrameRow};
use waymark_datasets::table::{Row, decode};

use crate::files::{copy, named};
use crate::finished::finished;
use crate::program::{outside, waymark};
use crate::scratch::folder;
use crate::world::build;

#[test]
fn every_tile_and_table_of_an_export_is_read_by_programs_that_share_no_code() {
    let Some(done) = finished() else { return };
    let (store, out) = (done.store.to_str().unwrap(), folder());
    let path = |name: &str| out.path().join(name).to_str().unwrap().to_owned();
    let (map, tables, items) = (path("map.pmtiles"), path("tables"), path("items.parquet"));
    let mut export = vec!["export", "--store", store, "--pmtiles", &map, "--geoparquet", &tables];
    export.extend(["--stac-geoparquet", &items, "--images", "https://map.example"]);
    let said = waymark(&export).done();
    assert_eq!(said["files"].as_array().unwrap().len(), 5);
    let found = outside("tiles.py", &[&map, &tables, &items]).done();
    let (frames, coverage, features) =
        (rows::<FrameRow>(&done.store), rows::<CoverageRow>(&done.store), rows::<FeatureRow>(&done.store));
    assert!(frames.len() > 50 && !coverage.is_empty());
    assert_eq!(texts(&found["map"]["frames"]), frames.iter().map(|row| row.frame_id.to_string()).collect());
    assert_eq!(texts(&found["map"]["cells"]), coverage.iter().map(|row| row.h3_cell.to_string()).collect());
    assert_eq!(texts(&found["map"]["features"]), features.iter().map(|row| row.feature_id.clone()).collect());
    let layers = &found["map"]["layers"];
    for zoom in 0..=14 {
        assert!(layers["coverage"][zoom.to_string()].as_u64().unwrap() > 0, "nothing is seen at zoom level {zoom}");
    }
    assert!(layers["sequences"]["10"].as_u64().unwrap() > 0 && layers["frames"]["11"].is_null(), "{layers}");
    assert_eq!(found["tables"]["frames"], frames.len());
    assert_eq!(found["tables"]["coverage"], coverage.len());
    assert_eq!(found["items"], frames.len());
}

#[test]
fn tiles_that_were_lost_are_built_again_byte_for_byte() {
    let Some(done) = finished() else { return };
    let copied = folder();
    let store = copied.path().join("store");
    copy(&done.store, &store, &["tiles"]);
    let before = tiles(&done.store);
    assert!(before.len() >= 4, "head, index and parts: {:?}", before.keys());
    let built = build(store.to_str().unwrap(), "2").done();
    assert!(built["tiles"].as_u64().unwrap() >= 3);
    let after = tiles(&store);
    // The snapshot of before the pay is not the latest any more.
    for (name, bytes) in after {
        assert!(before[&name] == bytes, "{name} differs");
    }
}

/// Objects below `tiles/` by name.
fn tiles(store: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = named(store, "tiles/", ".json");
    all.extend(named(store, "tiles/", ".pmtiles"));
    all.into_iter().map(|(name, path)| (name, fs::read(path).unwrap())).collect()
}

fn texts(found: &Value) -> BTreeSet<String> {
    found.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn rows<R: Row>(store: &Path) -> Vec<R> {
    let files = named(store, &format!("{}/", R::TABLE.name()), ".parquet");
    files.iter().flat_map(|(name, path)| decode::<R>(name, fs::read(path).unwrap().into()).unwrap()).collect()
}
