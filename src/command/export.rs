//! `waymark export`: one snapshot as files.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::{Value, json};
use waymark_datasets::rows::{CoverageRow, FeatureRow, FrameRow};
use waymark_datasets::snapshot::{self, SnapshotError};
use waymark_datasets::table::{Merged, Row};
use waymark_datasets::{Digest, Store};
use waymark_tiles::StacTable;
use waymark_tiles::archive::{Contents, Reader, clustered};

use super::Ask;
use crate::Done;
use crate::cli::Export;
use crate::stage::tables::Tables;

pub(super) async fn run(ask: &Ask, what: &Export) -> anyhow::Result<Done> {
    let store = Store::open(&what.store)?;
    let id = match what.snapshot {
        Some(id) => id,
        None => snapshot::latest(&store).await?.ok_or(SnapshotError::None)?,
    };
    let mut files: Vec<Value> = Vec::new();
    if let Some(file) = &what.pmtiles {
        files.push(pmtiles(&store, id, file).await?);
    }
    if what.geoparquet.is_some() || what.stac_geoparquet.is_some() {
        let tables = Tables::of(&store, id).await?;
        if let Some(folder) = &what.geoparquet {
            fs::create_dir_all(folder).with_context(|| format!("folder {}", folder.display()))?;
            files.push(merged::<FrameRow>(&tables, folder).await?);
            files.push(merged::<CoverageRow>(&tables, folder).await?);
            files.push(merged::<FeatureRow>(&tables, folder).await?);
        }
        if let Some(file) = &what.stac_geoparquet {
            files.push(stac(&tables, file, &what.images).await?);
        }
    }
    let line = |file: &Value| format!("\n  {}: {} {}", file["file"], file["count"], file["of"]).replace('"', "");
    let text = files.iter().map(line).fold(format!("snapshot {id}"), |text, line| text + &line);
    ask.say(&json!({ "snapshot": id, "files": files }), &text)?;
    Ok(Done::Yes)
}

/// A file that has its name only when it is whole.
struct Whole {
    to: PathBuf,
    partial: PathBuf,
    out: BufWriter<File>,
}

impl Whole {
    fn begin(to: &Path) -> anyhow::Result<Self> {
        let mut name = to.file_name().with_context(|| format!("{} names no file", to.display()))?.to_owned();
        name.push(".partial");
        let partial = to.with_file_name(name);
        let file = File::create(&partial).with_context(|| format!("file {}", partial.display()))?;
        Ok(Self { to: to.into(), partial, out: BufWriter::with_capacity(1 << 20, file) })
    }

    fn end(mut self) -> anyhow::Result<()> {
        let place = || format!("file {}", self.to.display());
        self.out.flush().with_context(place)?;
        self.out.get_ref().sync_all().with_context(place)?;
        fs::rename(&self.partial, &self.to).with_context(place)
    }
}

fn said(file: &Path, count: u64, of: &str) -> Value {
    json!({ "file": file.display().to_string(), "count": count, "of": of })
}

/// So much of an archive is in memory at once.
const PIECE_BYTES: u64 = 16 << 20;

async fn pmtiles(store: &Store, id: Digest, file: &Path) -> anyhow::Result<Value> {
    let archive = Reader::published(store, id).await?;
    let archive = archive.with_context(|| format!("snapshot {id} has no tiles: run `waymark build`"))?;
    let (head, ranges) = clustered(&archive, &Contents::of(&archive)?);
    let mut whole = Whole::begin(file)?;
    whole.out.write_all(&head)?;
    for range in ranges {
        for start in range.clone().step_by(PIECE_BYTES as usize) {
            let piece = start..range.end.min(start + PIECE_BYTES);
            whole.out.write_all(&archive.bytes(piece).await?)?;
        }
    }
    whole.end()?;
    Ok(said(file, archive.header().addressed_tiles, "tiles"))
}

async fn merged<R: Row>(tables: &Tables<'_>, folder: &Path) -> anyhow::Result<Value> {
    let file = folder.join(format!("{}.parquet", R::TABLE.name()));
    let mut whole = Whole::begin(&file)?;
    let mut table = Merged::new::<R>(&mut whole.out)?;
    let mut count = 0;
    for region in tables.regions() {
        let rows = tables.rows::<R>(region).await?;
        count += rows.len() as u64;
        table.append(&rows)?;
    }
    table.finish()?;
    whole.end()?;
    Ok(said(&file, count, "rows"))
}

async fn stac(tables: &Tables<'_>, file: &Path, images: &str) -> anyhow::Result<Value> {
    let mut whole = Whole::begin(file)?;
    let mut table = StacTable::new(&mut whole.out, images)?;
    let mut count = 0;
    for region in tables.regions() {
        let rows: Vec<FrameRow> = tables.rows(region).await?.into_iter().map(|(_, row)| row).collect();
        count += rows.len() as u64;
        table.append(&rows)?;
    }
    table.finish()?;
    whole.end()?;
    Ok(said(file, count, "items"))
}
