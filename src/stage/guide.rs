//! How others read the bucket: a text for people, and the columns of every table for programs.

use anyhow::Context;
use serde_json::{Value, json};
use waymark_datasets::rows::{
    CoverageRow, DetectionRow, FeatureRow, FrameRow, PayoutRow, StatementRow, UsageRow, VerdictRow,
};
use waymark_datasets::table::{Row, columns};
use waymark_datasets::{Partition, Store};

const README: &str = include_str!("guide/README.md");

/// Writes both, unless they stand there already.
pub async fn write(store: &Store) -> anyhow::Result<()> {
    let package = serde_json::to_string_pretty(&package()).context("datapackage.json")?;
    for (key, text) in [("README.md", README), ("datapackage.json", &package)] {
        if store.get(key).await?.is_none_or(|held| held != text.as_bytes()) {
            store.put(key, text.to_owned().into()).await?;
        }
    }
    Ok(())
}

/// A data package (<https://datapackage.org>), but for paths: there are too many files to name each.
fn package() -> Value {
    let resources = [
        resource::<FrameRow>("One row per published frame"),
        resource::<CoverageRow>("One row per place and direction that was seen in an epoch, with its best frame"),
        resource::<FeatureRow>("One row per thing on the map, as of an epoch"),
        resource::<DetectionRow>("One row per thing seen in a frame"),
        resource::<VerdictRow>("One row per decision on a clip or a frame"),
        resource::<StatementRow>("One row per slot pass of an epoch, with what it was paid and why"),
        resource::<PayoutRow>("One row per driver of an epoch"),
        resource::<UsageRow>("One row per slot that a map consumer read"),
    ];
    json!({
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "waymark",
        "title": "A street-level map",
        "description": "Redacted frames from dashcams, what they cover and what they show",
        "resources": resources,
    })
}

fn resource<R: Row>(description: &str) -> Value {
    let folder = R::TABLE.folder(Partition { epoch: None, region: None });
    // Epoch, and where a table has them, regions.
    let path = format!("{}{}/*.parquet", R::TABLE.name(), "/*".repeat(folder.matches('/').count()));
    json!({
        "name": R::TABLE.name(),
        "description": description,
        "path": path,
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "schema": { "fields": columns::<R>() },
    })
}
