//! That nothing erased is left: every object of the bucket is looked at, by name, by bytes and by each text in it.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use bytes::Bytes;
use waymark_datasets::erasure::{self, Erased};
use waymark_datasets::rows::VerdictRow;
use waymark_datasets::{Digest, Store, Table, table, texts};
use waymark_ingest::forget;

use super::archives;

/// What was looked at.
#[derive(Debug, Default, Clone, Copy)]
pub struct Checked {
    /// Published objects.
    pub objects: usize,
    /// Lines of statements whose frame was erased: they say what was paid for which slot, and nothing of the frame.
    pub statements: usize,
    /// Objects of the inbox; none if it was not at hand.
    pub inbox_objects: Option<usize>,
}

/// Looks at every object of `store`, and of `inbox` if it is given. The first that holds something is the error.
pub async fn check(store: &Store, inbox: Option<&Store>, erased: &Erased) -> anyhow::Result<Checked> {
    let names = erased.names();
    let mut checked = Checked::default();
    for object in store.list("").await? {
        let path = object.path;
        if is_exempt(&path) {
            continue;
        }
        checked.objects += 1;
        ensure!(!names_any(path.as_bytes(), &names), "{path}: the name is that of something erased");
        // Removed since the listing.
        let Some(bytes) = store.get(&path).await? else { continue };
        ensure!(!erased.images.contains(&Digest::of(&bytes)), "{path}: this is an erased image");
        if path.starts_with(archives::PARTS) {
            ensure!(!archives::names_any(&path, bytes, &names).await?, "{path}: a tile names something erased");
        } else if path.ends_with(".parquet") {
            checked.statements += look_into_table(&path, bytes, (erased, &names))?;
        } else {
            ensure!(!names_any(&bytes, &names), "{path}: names something erased");
        }
    }
    if let Some(inbox) = inbox {
        let (objects, left) = forget::remains(inbox, erased).await?;
        ensure!(left.is_none(), "{}: the inbox still holds this", left.unwrap_or_default());
        checked.inbox_objects = Some(objects);
    }
    Ok(checked)
}

/// Tombstones name what they erased; the inbox may lie within the store, and is looked at by other rules.
fn is_exempt(path: &str) -> bool {
    let first = path.split('/').next();
    first == Some(erasure::PREFIX) || first == Some("inbox")
}

/// How many lines of statements name an erased frame; no other table may.
fn look_into_table(path: &str, bytes: Bytes, (erased, names): (&Erased, &BTreeSet<String>)) -> anyhow::Result<usize> {
    let (mut columns, mut found, mut frames) = (BTreeSet::new(), None, 0);
    texts(path, bytes.clone(), &mut |column, text| {
        if !columns.contains(column) {
            columns.insert(column.to_owned());
        }
        if names_any(text.as_bytes(), names) {
            frames += usize::from(column == "frame_id");
            found.get_or_insert_with(|| format!("{column} {text}"));
        }
    })?;
    if is_statements(path, &columns) {
        return Ok(frames);
    }
    ensure!(found.is_none(), "{path}: {} was erased", found.unwrap_or_default());
    if path.starts_with(&format!("{}/", Table::Verdicts.name())) {
        let rows: Vec<VerdictRow> = table::decode(path, bytes).context("verdicts")?;
        ensure!(!rows.iter().any(|row| erased.has_verdict(row)), "{path}: has a verdict that was erased");
    }
    Ok(0)
}

/// Statements and their copies in snapshots: by place, or by the columns of text that no other table has together.
fn is_statements(path: &str, columns: &BTreeSet<String>) -> bool {
    let of_statements = ["clip_id", "device_id", "driver", "frame_id"];
    path.starts_with(&format!("{}/", Table::Statements.name()))
        || path.starts_with("snapshots/files/") && columns.iter().map(String::as_str).eq(of_statements)
}

/// The digits of an id of a clip or a frame.
const DIGITS: usize = 32;

/// Whether one of `names` stands anywhere between what are no hexadecimal digits.
pub(super) fn names_any(bytes: &[u8], names: &BTreeSet<String>) -> bool {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let mut runs = bytes.split(|byte| !is_digit(byte)).filter(|run| run.len() == DIGITS);
    runs.any(|run| str::from_utf8(run).is_ok_and(|name| names.contains(name)))
}
