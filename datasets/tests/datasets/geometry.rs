//! GeoParquet 1.1: the metadata, the WKB and the covering boxes, read by the plainest means.

use std::collections::BTreeSet;

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
fn opened(file: Bytes) -> (Option<String>, Option<RecordBatch>) {
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let pairs = reader.metadata().file_metadata().key_value_metadata().cloned().unwrap_or_default();
    let geo = pairs.into_iter().find(|pair| pair.key == "geo").and_then(|pair| pair.value);
    let batch = reader.with_batch_size(1 << 20).build().unwrap().next().map(Result::unwrap);
    (geo, batch)
}

type Corner = [f64; 2];

/// A little-endian WKB geometry, taken apart: its type code and the corners of its rings.
struct Wkb<'a> {
    rest: &'a [u8],
    rings: Vec<Vec<Corner>>,
}

impl Wkb<'_> {
    fn read(bytes: &[u8]) -> (u32, Vec<Vec<Corner>>) {
        let mut wkb = Wkb { rest: bytes, rings: Vec::new() };
        let kind = wkb.geometry();
        assert!(wkb.rest.is_empty(), "bytes after the geometry");
        (kind, wkb.rings)
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
            1 => self.corners(1),
            3 => (0..self.count()).for_each(|_| self.ring()),
            6 => (0..self.count()).for_each(|_| assert_eq!(self.geometry(), 3)),
            other => panic!("geometry type {other}"),
        }
        kind
    }

    fn ring(&mut self) {
        let count = self.count();
        self.corners(count);
        let ring = self.rings.last().unwrap();
        assert!(ring.len() >= 4 && ring.first() == ring.last(), "a ring ends where it began: {ring:?}");
    }

    fn corners(&mut self, count: u32) {
        let mut corner = || [f64::from_le_bytes(self.take()), f64::from_le_bytes(self.take())];
        let ring: Vec<Corner> = (0..count).map(|_| corner()).collect();
        let on_earth = |corner: &Corner| corner[0].abs() <= 180.0 && corner[1].abs() <= 90.0;
        assert!(ring.iter().all(on_earth), "{ring:?}");
        self.rings.push(ring);
    }
}

/// xmin, ymin, xmax, ymax.
fn bounds(corners: &[Corner]) -> [f64; 4] {
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
        let (kind, rings) = Wkb::read(shapes.value(row));
        let corners = rings.concat();
        assert_eq!(["xmin", "ymin", "xmax", "ymax"].map(|name| edge(name, row)), bounds(&corners));
        kinds.push(kind);
        all.extend(corners);
    }
    (kinds, bounds(&all))
}

fn assert_described(text: &str, types: Value, bbox: Option<[f64; 4]>) {
    let geo: Value = serde_json::from_str(text).unwrap();
    assert_eq!((&geo["version"], &geo["primary_column"]), (&json!("1.1.0"), &json!("geometry")));
    assert_eq!(geo["columns"].as_object().unwrap().len(), 1);
    let column = &geo["columns"]["geometry"];
    assert_eq!((&column["encoding"], &column["geometry_types"]), (&json!("WKB"), &types));
    assert!(column.get("crs").is_none(), "no CRS means longitude and latitude on WGS 84");
    let covering = ["xmin", "ymin", "xmax", "ymax"].map(|name| (name.to_string(), json!(["bbox", name])));
    assert_eq!(column["covering"]["bbox"], Value::from_iter(covering));
    assert_eq!(column.get("bbox").is_some(), bbox.is_some());
    // As text: `serde_json` reads a number back to within a rounding error only.
    assert!(bbox.is_none_or(|bbox| text.contains(&format!("\"bbox\":{}", json!(bbox)))), "{bbox:?}: {text}");
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
    assert_eq!(Wkb::read(wkb), (1, vec![vec![[position.longitude_deg(), position.latitude_deg()]]]));
}

/// The outlines of cells as a table has them: type code and rings.
fn outlines(cells: &[Cell]) -> Vec<(u32, Vec<Vec<Corner>>)> {
    let row: CoverageRow = rows(4, 1).remove(0);
    let rows: Vec<CoverageRow> = cells.iter().map(|&h3_cell| CoverageRow { h3_cell, ..row.clone() }).collect();
    let (_, batch) = opened(encode(&rows).unwrap());
    let batch = batch.unwrap();
    let shapes = batch.column_by_name("geometry").unwrap().as_binary::<i32>();
    (0..cells.len()).map(|row| Wkb::read(shapes.value(row))).collect()
}

fn cell(north: f64, east: f64) -> Cell {
    Cell::at(Position::from_degrees(north, east).unwrap())
}

/// By the shoelace formula, in square degrees, about a corner so that no digits are lost.
fn area_deg2(ring: &[Corner]) -> f64 {
    let [x0, y0] = ring[0];
    let cross = |pair: &[Corner]| (pair[0][0] - x0) * (pair[1][1] - y0) - (pair[1][0] - x0) * (pair[0][1] - y0);
    ring.windows(2).map(cross).sum::<f64>().abs() / 2.0
}

/// What H3 itself says, with longitudes that run on past 180°.
fn whole_area_deg2(of: Cell) -> f64 {
    let east = |lng: f64| if lng < 0.0 { lng + 360.0 } else { lng };
    let mut ring: Vec<Corner> = of.index().boundary().iter().map(|corner| [east(corner.lng()), corner.lat()]).collect();
    ring.push(ring[0]);
    area_deg2(&ring)
}

#[test]
fn a_cell_is_outlined_by_six_corners_around_its_place() {
    let (kind, rings) = outlines(&[cell(37.0, -122.0)]).remove(0);
    assert_eq!((kind, rings.len(), rings[0].len()), (3, 1, 7));
    let [west, south, east, north] = bounds(&rings[0]);
    assert!(west <= -122.0 && -122.0 <= east && south <= 37.0 && 37.0 <= north);
    assert!(east - west < 0.000_3 && north - south < 0.000_3, "about 20 m across");
}

#[test]
fn cells_along_the_antimeridian_are_cut_there_and_lose_no_area() {
    let mut cells: Vec<Cell> = (-8_999..9_000).map(|step| cell(f64::from(step) * 0.01, 180.0)).collect();
    cells.sort();
    cells.dedup();
    let mut cut = 0;
    for (&cell, (kind, rings)) in cells.iter().zip(outlines(&cells)) {
        let boxes: Vec<[f64; 4]> = rings.iter().map(|ring| bounds(ring)).collect();
        // A kilometre from a pole a cell is a degree wide.
        assert!(boxes.iter().all(|[west, _, east, _]| east - west < 1.5), "{cell}: {rings:?}");
        if kind == 6 {
            cut += 1;
            let edges: BTreeSet<i64> = boxes.iter().flat_map(|b| [b[0] as i64, b[2] as i64]).collect();
            assert!(boxes.len() == 2 && edges.contains(&-180) && edges.contains(&180), "{cell}: {rings:?}");
        }
        let (pieces, whole) = (rings.iter().map(|ring| area_deg2(ring)).sum::<f64>(), whole_area_deg2(cell));
        assert!((pieces / whole - 1.0).abs() < 1e-6, "{cell}: {pieces} of {whole}");
    }
    assert!(cut > 17_000, "{cut} of {}", cells.len());
}

#[test]
fn the_cells_at_the_poles_reach_all_round_and_up_to_the_pole() {
    for pole in [-90.0, 90.0] {
        let (kind, rings) = outlines(&[cell(pole, 0.0)]).remove(0);
        let [west, south, east, north] = bounds(&rings[0]);
        assert_eq!((kind, west, east, if pole > 0.0 { north } else { south }), (3, -180.0, 180.0, pole));
        assert!(north - south < 0.000_3 && rings[0].len() == 6 + 5, "{rings:?}");
        assert!(rings[0][..6].is_sorted_by(|a, b| a[0] < b[0]), "{rings:?}");
    }
}

#[test]
fn pentagons_have_an_outline_like_any_other() {
    let pentagons: Vec<Cell> = Cell::RESOLUTION.pentagons().map(|index| u64::from(index).try_into().unwrap()).collect();
    for (&cell, (kind, rings)) in pentagons.iter().zip(outlines(&pentagons)) {
        assert!(kind == 3 && rings[0].len() > 5, "{cell}: {rings:?}");
        assert!((area_deg2(&rings[0]) / whole_area_deg2(cell) - 1.0).abs() < 1e-6);
    }
}
