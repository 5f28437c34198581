//! Bytes that are no table, and tables that others wrote with values that we do not know.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Decimal128Array, Float64Array, RecordBatch, StringArray, TimestampMillisecondArray, UInt32Array,
    UInt64Array,
};
use arrow::datatypes::{Field, Schema};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proptest::prelude::*;
use waymark_datasets::rows::{DetectionRow, FeatureRow, FrameRow, PayoutRow, VerdictRow};
use waymark_datasets::table::{Row, TableError, decode, encode};

use crate::samples::{Sample, rows};

fn table() -> Bytes {
    encode::<FrameRow>(&rows(9, 20)).unwrap()
}

/// Damaged bytes are either refused, naming the object, or read as rows of valid words.
fn refused_or_read(bytes: Bytes) -> bool {
    match decode::<FrameRow>("frames/x.parquet", bytes) {
        Ok(_) => false,
        Err(TableError::Malformed { key, .. }) => key == "frames/x.parquet",
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_table_cut_anywhere_is_refused() {
    let whole = table();
    for length in 0..whole.len() {
        assert!(refused_or_read(whole.slice(..length)), "cut to {length} bytes");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn bytes_at_random_are_refused(mut bytes in prop::collection::vec(any::<u8>(), 0..400), is_framed in any::<bool>()) {
        if is_framed {
            let footer_bytes = (bytes.len() as u32).to_le_bytes();
            bytes = [b"PAR1", bytes.as_slice(), &footer_bytes, b"PAR1"].concat();
        }
        prop_assert!(refused_or_read(bytes.into()));
    }

    #[test]
    fn flipped_bits_never_panic(flips in prop::collection::vec(any::<prop::sample::Index>(), 1..4)) {
        let mut bytes = table().to_vec();
        for flip in flips {
            let bit = flip.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        refused_or_read(bytes.into());
    }

    #[test]
    fn overwritten_stretches_never_panic(at in any::<prop::sample::Index>(), junk in prop::collection::vec(any::<u8>(), 1..40)) {
        let mut bytes = table().to_vec();
        let start = at.index(bytes.len() - junk.len());
        bytes[start..start + junk.len()].copy_from_slice(&junk);
        refused_or_read(bytes.into());
    }
}

/// A file of one row as another program writes it: ours, with column `name` replaced.
fn with_column<R: Row + Sample>(name: &str, column: ArrayRef) -> Bytes {
    let file = encode::<R>(&rows(11, 1)).unwrap();
    let batch = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().next().unwrap().unwrap();
    let index = batch.schema().index_of(name).unwrap();
    let mut fields: Vec<_> = batch.schema().fields().iter().cloned().collect();
    let mut columns = batch.columns().to_vec();
    fields[index] = Arc::new(Field::new(name, column.data_type().clone(), true));
    columns[index] = column;
    written(&RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap())
}

fn written(batch: &RecordBatch) -> Bytes {
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    file.into()
}

fn reads<R: Row + Sample>(name: &str, column: ArrayRef) -> bool {
    decode::<R>("key", with_column::<R>(name, column)).is_ok()
}

fn real(value: f64) -> ArrayRef {
    Arc::new(Float64Array::from(vec![value]))
}

fn small(value: u32) -> ArrayRef {
    Arc::new(UInt32Array::from(vec![value]))
}

fn word(value: &str) -> ArrayRef {
    Arc::new(StringArray::from(vec![value]))
}

fn time(value: i64) -> ArrayRef {
    Arc::new(TimestampMillisecondArray::from(vec![value]).with_timezone("UTC"))
}

fn amount(value: i128) -> ArrayRef {
    Arc::new(Decimal128Array::from(vec![value]).with_precision_and_scale(38, 0).unwrap())
}

#[test]
fn values_of_another_writer_within_their_range_are_read() {
    assert!(reads::<FrameRow>("latitude_deg", real(90.0)) && reads::<FrameRow>("heading_deg", real(359.9)));
    assert!(reads::<FrameRow>("heading_octant", small(7)) && reads::<FrameRow>("quality_ppm", small(1_000_000)));
    assert!(reads::<FrameRow>("captured_at_ms", time(0)) && reads::<PayoutRow>("amount", amount(10i128.pow(30))));
    assert!(reads::<FrameRow>("driver", word("ada")) && reads::<VerdictRow>("verdict", word("accepted")));
}

#[test]
fn a_position_off_the_earth_is_refused() {
    for latitude in [90.000_000_1, -91.0, f64::NAN, f64::INFINITY] {
        assert!(!reads::<FrameRow>("latitude_deg", real(latitude)), "{latitude}");
        assert!(!reads::<FeatureRow>("latitude_deg", real(latitude)), "{latitude}");
    }
    assert!(!reads::<FrameRow>("longitude_deg", real(180.000_000_1)));
}

#[test]
fn directions_shares_and_times_out_of_range_are_refused() {
    for heading in [360.0, -0.1, f64::NAN] {
        assert!(!reads::<FrameRow>("heading_deg", real(heading)), "{heading}");
        assert!(!reads::<FeatureRow>("azimuth_deg", real(heading)), "{heading}");
    }
    for octant in [8, 255, 256, u32::MAX] {
        assert!(!reads::<FrameRow>("heading_octant", small(octant)), "{octant}");
    }
    for share in [1_000_001, u32::MAX] {
        assert!(!reads::<FrameRow>("quality_ppm", small(share)), "{share}");
        assert!(!reads::<DetectionRow>("refined_score_ppm", small(share)), "{share}");
    }
    for ms in [-1, 7_258_118_400_000, i64::MIN, i64::MAX] {
        assert!(!reads::<FrameRow>("captured_at_ms", time(ms)), "{ms}");
    }
}

#[test]
fn cells_of_another_resolution_are_refused() {
    for index in [0, u64::MAX, 0x0852_8347_3fff_ffff, 0x8528_3473_ffff_fff0] {
        assert!(!reads::<FrameRow>("h3_cell", Arc::new(UInt64Array::from(vec![index]))), "{index:x}");
    }
}

#[test]
fn amounts_below_nothing_or_beyond_the_most_are_refused() {
    for units in [-1, 10i128.pow(30) + 1, 10i128.pow(38) - 1] {
        assert!(!reads::<PayoutRow>("amount", amount(units)), "{units}");
    }
}

#[test]
fn names_that_we_do_not_know_are_refused() {
    for driver in ["../x", "", "Ada", "a\0"] {
        assert!(!reads::<FrameRow>("driver", word(driver)), "{driver:?}");
        assert!(!reads::<VerdictRow>("driver", word(driver)), "{driver:?}");
    }
    assert!(!reads::<FrameRow>("image_sha256", word("abc")) && !reads::<FrameRow>("frame_id", word("abc")));
    assert!(!reads::<DetectionRow>("class", word("A B")) && !reads::<DetectionRow>("role", word("public")));
    assert!(!reads::<VerdictRow>("verdict", word("nonsense")));
    assert!(!reads::<PayoutRow>("payout_address", word("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD")));
}

#[test]
fn a_column_of_another_type_or_with_nothing_in_it_is_refused() {
    assert!(!reads::<FrameRow>("latitude_deg", word("north")));
    assert!(!reads::<FrameRow>("driver", small(1)));
    assert!(!reads::<FrameRow>("captured_at_ms", word("2026-11-20T00:00:00Z")));
    assert!(!reads::<FrameRow>("latitude_deg", Arc::new(Float64Array::from(vec![None]))));
    assert!(!reads::<FrameRow>("driver", Arc::new(StringArray::from(vec![None::<&str>]))));
    assert!(!reads::<FrameRow>("quality_ppm", Arc::new(UInt32Array::from(vec![None]))));
    assert!(!reads::<FrameRow>("captured_at_ms", Arc::new(TimestampMillisecondArray::from(vec![None]))));
}

#[test]
fn a_missing_column_is_named_and_one_too_many_is_ignored() {
    let whole = with_column::<PayoutRow>("passes", small(1));
    let batch = ParquetRecordBatchReaderBuilder::try_new(whole).unwrap().build().unwrap().next().unwrap().unwrap();
    let mut less = batch.clone();
    less.remove_column(0);
    let error = decode::<PayoutRow>("payouts/x.parquet", written(&less)).unwrap_err().to_string();
    assert!(error.contains("payouts/x.parquet") && error.contains("driver"), "{error}");
    let mut fields = batch.schema().fields().to_vec();
    fields.insert(0, Arc::new(Field::new("later", batch.column(0).data_type().clone(), true)));
    let columns = [&[batch.column(0).clone()], batch.columns()].concat();
    let more = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
    assert_eq!(decode::<PayoutRow>("key", written(&more)).unwrap().len(), 1);
}
