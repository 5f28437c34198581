//! GeoParquet 1.1: the metadata, the WKB and the covering boxes, read by the plainest means.

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Float64Type;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proptest::prelude::*;
use serde_json::{Value, json};
use waymark_datasets::rows::{CoverageRow, FeatureRow, FrameRow, UsageRow};
use waymark_datasets::table::{Row, encode};
use waymark_datasets::{Cell, Position};

use crate::samples::{Sample, rows};

/// The text of the `geo` key and all rows of a file.
fn opened(file: Bytes) -> (Option<Value>, Option<RecordBatch>) {
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let pairs = reader.metadata().file_metadata().key_value_metadata().cloned().unwrap_or_default();
    let geo = pairs.into_iter().find(|pair| pair.key == "geo").and_then(|pair| pair.value);
    let batch = reader.with_batch_size(1 << 20).build().unwrap().next().map(Result::unwrap);
    (geo.map(|text| serde_json::from_str(&text).unwrap()), batch)
}

/// A little-endian WKB geometry, taken apart: its type code and all its corners.
struct Wkb<'a> {
    rest: &'a [u8],
    corners: Vec<[f64; 2]>,
}

impl Wkb<'_> {
    fn read(bytes: &[u8]) -> (u32, Vec<[f64; 2]>) {
        let mut wkb = Wkb { rest: bytes, corners: Vec::new() };
        let kind = wkb.geometry();
        assert!(wkb.rest.is_empty(), "bytes after the geometry");
        (kind, wkb.corners)
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (head, rest) = self.rest.split_first_chunk().unwrap();
        self.rest = rest;
        *head
    }

    fn count(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    fn geometry(&mut self) -> u32 {
        assert_eq!(self.take(), [1], "little-endian");
        let kind = self.count();
        match kind {
            1 => self.corner(),
            3 => (0..self.count()).for_each(|_| self.ring()),
            6 => (0..self.count()).for_each(|_| assert_eq!(self.geometry(), 3)),
            other => panic!("geometry type {other}"),
        }
        kind
    }

    fn ring(&mut self) {
        let first = self.corners.len();
        (0..self.count()).for_each(|_| self.corner());
        assert_eq!(self.corners[first], *self.corners.last().unwrap(), "a ring ends where it began");
    }

    fn corner(&mut self) {
        let corner = [f64::from_le_bytes(self.take()), f64::from_le_bytes(self.take())];
        assert!((-180.0..=180.0).contains(&corner[0]) && (-90.0..=90.0).contains(&corner[1]), "{corner:?}");
        self.corners.push(corner);
    }
}

/// xmin, ymin, xmax, ymax.
fn bounds(corners: &[[f64; 2]]) -> [f64; 4] {
    let most = |axis: usize, pick: fn(f64, f64) -> f64| corners.iter().map(|c| c[axis]).reduce(pick).unwrap();
    [most(0, f64::min), most(1, f64::min), most(0, f64::max), most(1, f64::max)]
}

/// Each row's geometry type, after checking that its box is the bounds of its geometry.
fn kinds(batch: &RecordBatch) -> (Vec<u32>, [f64; 4]) {
    let shapes = batch.column_by_name("geometry").unwrap().as_binary::<i32>();
    let boxes = batch.column_by_name("bbox").unwrap().as_struct();
    let edge = |name: &str, row: usize| boxes.column_by_name(name).unwrap().as_primitive::<Float64Type>().value(row);
    let (mut kinds, mut all) = (Vec::new(), Vec::new());
    for row in 0..batch.num_rows() {
        let (kind, corners) = Wkb::read(shapes.value(row));
        assert_eq!(["xmin", "ymin", "xmax", "ymax"].map(|name| edge(name, row)), bounds(&corners));
        kinds.push(kind);
        all.extend(corners);
    }
    (kinds, bounds(&all))
}

fn assert_described(geo: &Value, types: Value, bbox: Option<[f64; 4]>) {
    assert_eq!((&geo["version"], &geo["primary_column"]), (&json!("1.1.0"), &json!("geometry")));
    assert_eq!(geo["columns"].as_object().unwrap().len(), 1);
    let column = &geo["columns"]["geometry"];
    assert_eq!((&column["encoding"], &column["geometry_types"]), (&json!("WKB"), &types));
    assert!(column.get("crs").is_none(), "no CRS means longitude and latitude on WGS 84");
    let covering = ["xmin", "ymin", "xmax", "ymax"].map(|name| (name.to_string(), json!(["bbox", name])));
    assert_eq!(column["covering"]["bbox"], Value::from_iter(covering));
    assert_eq!(column.get("bbox"), bbox.map(|bbox| json!(bbox)).as_ref());
}

fn is_geoparquet_of_points<R: Row + Sample>(seed: u64) {
    let (geo, batch) = opened(encode::<R>(&rows(seed, 20)).unwrap());
    let (kinds, bounds) = kinds(&batch.unwrap());
    assert!(kinds.iter().all(|&kind| kind == 1));
    assert_described(&geo.unwrap(), json!(["Point"]), Some(bounds));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn frames_and_features_are_geoparquet_of_points(seed in any::<u64>()) {
        is_geoparquet_of_points::<FrameRow>(seed);
        is_geoparquet_of_points::<FeatureRow>(seed);
    }

    #[test]
    fn coverage_is_geoparquet_of_outlines(seed in any::<u64>()) {
        let (geo, batch) = opened(encode::<CoverageRow>(&rows(seed, 20)).unwrap());
        let (kinds, bounds) = kinds(&batch.unwrap());
        prop_assert!(kinds.iter().all(|kind| [3, 6].contains(kind)));
        assert_described(&geo.unwrap(), json!(["Polygon", "MultiPolygon"]), Some(bounds));
    }
}

#[test]
fn a_table_without_rows_has_no_bounds() {
    assert_described(&opened(encode::<FrameRow>(&[]).unwrap()).0.unwrap(), json!(["Point"]), None);
}

#[test]
fn a_table_without_positions_is_plain_parquet() {
    let (geo, batch) = opened(encode::<UsageRow>(&rows(1, 3)).unwrap());
    assert!(geo.is_none() && batch.unwrap().column_by_name("geometry").is_none());
}

#[test]
fn a_point_is_where_the_frame_was() {
    let frame: FrameRow = rows(3, 1).remove(0);
    let (_, batch) = opened(encode(std::slice::from_ref(&frame)).unwrap());
    let batch = batch.unwrap();
    let wkb = batch.column_by_name("geometry").unwrap().as_binary::<i32>().value(0);
    let position = frame.position();
    assert_eq!(Wkb::read(wkb), (1, vec![[position.longitude_deg(), position.latitude_deg()]]));
}

/// The outline of the cell at a place: type code, corners, box.
fn outline(north: f64, east: f64) -> (u32, Vec<[f64; 2]>, [f64; 4]) {
    let h3_cell = Cell::at(Position::from_degrees(north, east).unwrap());
    let row = CoverageRow { h3_cell, ..rows(4, 1).remove(0) };
    let (_, batch) = opened(encode(&[row]).unwrap());
    let batch = batch.unwrap();
    let shapes = batch.column_by_name("geometry").unwrap().as_binary::<i32>();
    let (kind, corners) = Wkb::read(shapes.value(0));
    (kind, corners, kinds(&batch).1)
}

#[test]
fn a_cell_is_outlined_by_six_corners_around_its_place() {
    let (kind, corners, [west, south, east, north]) = outline(37.0, -122.0);
    assert_eq!((kind, corners.len()), (3, 7));
    assert!(west <= -122.0 && -122.0 <= east && south <= 37.0 && 37.0 <= north);
    assert!(east - west < 0.000_3 && north - south < 0.000_3, "about 20 m across");
}

#[test]
fn a_cell_across_the_antimeridian_is_two_polygons_on_either_side() {
    for north in [-16.5, 0.0, 65.0] {
        let (kind, corners, [west, _, east, _]) = outline(north, 180.0);
        assert_eq!((kind, west, east), (6, -180.0, 180.0), "at {north}");
        assert!(corners.iter().all(|corner| corner[0].abs() > 179.99), "{corners:?}");
    }
}

#[test]
fn the_cells_at_the_poles_have_an_outline() {
    for pole in [-90.0, 90.0] {
        let (_, corners, [_, south, _, north]) = outline(pole, 0.0);
        assert!(corners.len() > 3);
        assert!(north - south < 0.001 && south <= pole.max(-90.0 + 0.001) && north >= pole.min(90.0 - 0.001));
    }
}
