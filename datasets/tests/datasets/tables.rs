//! Tables as bytes: what was written is read, in one order, under a schema that others rely on.

use std::collections::BTreeMap;
use std::fmt::Write;

use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use proptest::prelude::*;
use waymark_datasets::rows::{
    ClipRow, CoverageRow, DetectionRow, FeatureRow, FrameRow, PayoutRow, StatementRow, TrustRow, UsageRow, VerdictRow,
};
use waymark_datasets::table::{self, Row, create_rows, decode, encode, read_rows, write_rows};
use waymark_datasets::{Created, Epoch, Partition, Position, Region, Store, Table, UtcMillis};

use crate::samples::{Sample, rows};

/// Runs `$law::<R>(arguments)` for the rows of every table.
macro_rules! for_every_table {
    ($law:ident($($argument:expr),*)) => {
        $law::<FrameRow>($($argument),*);
        $law::<DetectionRow>($($argument),*);
        $law::<VerdictRow>($($argument),*);
        $law::<CoverageRow>($($argument),*);
        $law::<FeatureRow>($($argument),*);
        $law::<UsageRow>($($argument),*);
        $law::<ClipRow>($($argument),*);
        $law::<TrustRow>($($argument),*);
        $law::<StatementRow>($($argument),*);
        $law::<PayoutRow>($($argument),*);
    };
}

fn reads_what_was_written<R: Row + Sample + PartialEq>(seed: u64, count: usize) {
    let by_key: BTreeMap<R::Key, R> = rows(seed, count).into_iter().map(|row: R| (row.key(), row)).collect();
    let rows: Vec<R> = by_key.into_values().collect();
    let read: Vec<R> = decode("key", encode(&rows).unwrap()).unwrap();
    assert!(read == rows, "{} of seed {seed}", R::TABLE.name());
}

fn keeps_its_bytes_in_any_order<R: Row + Sample>(seed: u64, turn: usize) {
    let mut rows: Vec<R> = rows(seed, 40);
    let bytes = encode(&rows).unwrap();
    rows.rotate_left(turn % 40);
    assert_eq!(encode(&rows).unwrap(), bytes, "{}", R::TABLE.name());
    rows.reverse();
    assert_eq!(encode(&rows).unwrap(), bytes, "{}", R::TABLE.name());
    assert_eq!(encode(&decode::<R>("key", bytes.clone()).unwrap()).unwrap(), bytes, "{}", R::TABLE.name());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_table_reads_what_was_written(seed in any::<u64>(), count in 1..60usize) {
        for_every_table!(reads_what_was_written(seed, count));
    }

    #[test]
    fn the_order_of_rows_never_changes_bytes(seed in any::<u64>(), turn in 0..40usize) {
        for_every_table!(keeps_its_bytes_in_any_order(seed, turn));
    }
}

#[test]
fn a_table_of_no_rows_is_a_table() {
    for_every_table!(reads_what_was_written(0, 0));
}

#[test]
fn a_table_of_several_row_groups_reads_back_in_order() {
    let usage: Vec<UsageRow> = rows(7, 70_000);
    let bytes = encode(&usage).unwrap();
    let file = ParquetRecordBatchReaderBuilder::try_new(bytes.clone()).unwrap();
    assert_eq!(file.metadata().num_row_groups(), 2);
    let read: Vec<UsageRow> = decode("key", bytes).unwrap();
    assert_eq!(read.len(), usage.len());
    assert!(read.is_sorted_by_key(Row::key));
}

#[test]
fn rows_that_share_a_key_stand_in_one_order_all_the_same() {
    let first: VerdictRow = rows(1, 1).remove(0);
    let twins: Vec<VerdictRow> =
        ["", "a", "b"].map(|detail| VerdictRow { detail: detail.into(), ..first.clone() }).into();
    let turned: Vec<VerdictRow> = twins.iter().rev().cloned().collect();
    assert_eq!(encode(&twins).unwrap(), encode(&turned).unwrap());
}

fn described<R: Row + Sample>(text: &mut String) {
    writeln!(text, "{}", R::TABLE.name()).unwrap();
    for field in table::schema::<R>().fields() {
        let may_be_null = if field.is_nullable() { ", may be null" } else { "" };
        writeln!(text, "    {}: {}{may_be_null}", field.name(), field.data_type()).unwrap();
    }
}

/// Others read these columns: a change here is a change of the published format, to be made knowingly.
#[test]
fn the_published_schemas_are_those_written_down() {
    let mut text = String::new();
    for_every_table!(described(&mut text));
    assert_eq!(text, include_str!("schema.txt"), "\n{text}");
}

fn is_written_as_described<R: Row + Sample>() {
    for count in [0, 3] {
        let file = ParquetRecordBatchReaderBuilder::try_new(encode::<R>(&rows(5, count)).unwrap()).unwrap();
        assert_eq!(file.schema().fields(), table::schema::<R>().fields(), "{}", R::TABLE.name());
        let groups = file.metadata().row_groups().iter().flat_map(|group| group.columns());
        assert!(groups.into_iter().all(|column| matches!(column.compression(), Compression::ZSTD(_))));
        assert_eq!(file.metadata().file_metadata().created_by(), Some("waymark"));
    }
}

#[test]
fn files_have_the_schema_that_is_promised_and_are_zstd() {
    for_every_table!(is_written_as_described());
}

#[test]
fn a_key_tells_its_table_and_partition() {
    let (epoch, region) = (Epoch::of(UtcMillis::MAX), Region::at(Position::from_degrees(37.0, -122.0).unwrap()));
    for partition in [
        Partition::of(epoch, region),
        Partition { epoch: None, region: Some(region) },
        Partition { epoch: Some(epoch), region: None },
        Partition { epoch: None, region: None },
    ] {
        for table in Table::ALL {
            let key = table.key(partition, "name");
            let has_regions = !matches!(table, Table::Statements | Table::Payouts);
            let expected = Partition { region: partition.region.filter(|_| has_regions), ..partition };
            assert_eq!(Partition::parse(&key), Some(expected), "{key}");
            assert!(key.starts_with(&format!("{}/epoch=", table.name())) && key.ends_with("/name.parquet"), "{key}");
        }
    }
    let key = Table::Coverage.key(Partition::of("2026-W47".parse().unwrap(), region), "part");
    assert_eq!(key, format!("coverage/epoch=2026-W47/region={region}/part.parquet"));
}

#[test]
fn keys_of_others_have_no_partition() {
    for key in ["", "frames", "frames/name.parquet", "frames/epoch=2026-W54/a", "frames/epoch=../a", "epoch", "a=b"] {
        assert_eq!(Partition::parse(key), None, "{key}");
    }
    assert_eq!(Partition::parse("frames/epoch=2026-W47/region=x/a.parquet"), None);
}

#[tokio::test]
async fn rows_written_to_a_store_are_read_from_it() {
    let store = Store::in_memory();
    let at = Partition::of("2026-W47".parse().unwrap(), Region::at(Position::from_degrees(1.0, 2.0).unwrap()));
    let key = Table::Usage.key(at, "part");
    assert!(read_rows::<UsageRow>(&store, &key).await.unwrap().is_none());
    let (mut one, mut two): (Vec<UsageRow>, Vec<UsageRow>) = (rows(1, 5), rows(2, 5));
    assert_eq!(create_rows(&store, at, "part", &one).await.unwrap(), Created::New);
    assert_eq!(create_rows(&store, at, "part", &two).await.unwrap(), Created::Existed);
    one.sort_by_key(Row::key);
    assert_eq!(read_rows(&store, &key).await.unwrap(), Some(one));
    write_rows(&store, at, "part", &two).await.unwrap();
    two.sort_by_key(Row::key);
    assert_eq!(read_rows(&store, &key).await.unwrap(), Some(two));
    store.put(&key, Bytes::from_static(b"PAR1")).await.unwrap();
    let error = read_rows::<UsageRow>(&store, &key).await.unwrap_err();
    assert!(error.to_string().contains(&key), "{error}");
}
