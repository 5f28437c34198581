//! Where the files of tables lie: in the bucket as it is now, or as a snapshot has them.

use std::collections::{BTreeMap, BTreeSet};
use std::future::ready;

use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt, TryStreamExt};
use waymark_datasets::snapshot::{self, FileRef, Part};
use waymark_datasets::table::{self, Row};
use waymark_datasets::{ClipId, Contents, Digest, Partition, Store, Table};

/// Files that are read at once: from a bucket, each takes its time to begin.
const READS: usize = 8;

/// The files of some tables by partition.
pub struct Shelf<'a> {
    store: &'a Store,
    files: BTreeMap<(Table, Partition), BTreeMap<String, Kept>>,
}

/// Whether a file is read as it is now, or as a snapshot promises it.
enum Kept {
    Now,
    As(FileRef),
}

impl<'a> Shelf<'a> {
    /// What is in the bucket now.
    pub async fn of_bucket(store: &'a Store, tables: &[Table]) -> anyhow::Result<Self> {
        let mut shelf = Self { store, files: BTreeMap::new() };
        for &table in tables {
            for object in store.list(table.name()).await? {
                shelf.put(table, object.path, Kept::Now);
            }
        }
        Ok(shelf)
    }

    /// What the latest snapshot names; nothing while there is none.
    pub async fn of_latest(store: &'a Store, tables: &[Table]) -> anyhow::Result<Self> {
        let mut parts = Vec::new();
        if let Some(id) = snapshot::latest(store).await? {
            for part in snapshot::root(store, id).await?.parts {
                parts.push(snapshot::tables(store, &part).await?);
            }
        }
        Ok(Self::of_snapshot(store, tables, parts.iter()))
    }

    /// What the partitions of a snapshot name.
    pub fn of_snapshot<'p>(store: &'a Store, tables: &[Table], parts: impl Iterator<Item = &'p Part>) -> Self {
        let mut shelf = Self { store, files: BTreeMap::new() };
        for file in parts.flat_map(|part| &part.files) {
            let table = tables.iter().find(|table| file.path.split('/').next() == Some(table.name()));
            if let Some(&table) = table {
                shelf.put(table, file.path.clone(), Kept::As(file.clone()));
            }
        }
        shelf
    }

    fn put(&mut self, table: Table, path: String, kept: Kept) {
        if let Some(at) = Partition::parse(&path) {
            self.files.entry((table, at)).or_default().insert(path, kept);
        }
    }

    /// Adds a file as a snapshot has it.
    pub fn add_kept(&mut self, table: Table, file: FileRef) {
        self.put(table, file.path.clone(), Kept::As(file));
    }

    /// Adds a file that was written just now.
    pub fn add(&mut self, table: Table, path: String) {
        self.put(table, path, Kept::Now);
    }

    /// The partitions that a table has, in order.
    pub fn partitions(&self, table: Table) -> impl Iterator<Item = Partition> {
        self.files.keys().filter(move |(of, _)| *of == table).map(|(_, at)| *at)
    }

    /// The names of a table's files in a partition, in order.
    pub fn paths(&self, table: Table, at: Partition) -> Vec<&str> {
        self.files.get(&(table, at)).into_iter().flat_map(|files| files.keys().map(String::as_str)).collect()
    }

    /// Whether another shelf has the same files of a table in a partition.
    pub async fn is_same(&self, other: &Self, table: Table, at: Partition) -> anyhow::Result<bool> {
        if self.paths(table, at) != other.paths(table, at) {
            return Ok(false);
        }
        Ok(self.hashes(table, at).await? == other.hashes(table, at).await?)
    }

    async fn hashes(&self, table: Table, at: Partition) -> anyhow::Result<Vec<Digest>> {
        let mut hashes = Vec::new();
        for (path, kept) in self.files.get(&(table, at)).into_iter().flatten() {
            hashes.extend(match kept {
                Kept::As(file) => Some(file.sha256),
                Kept::Now => self.read(path, kept).await?.map(|bytes| Digest::of(&bytes)),
            });
        }
        Ok(hashes)
    }

    /// A table's files in a partition, in order of name.
    pub fn files<'s>(&'s self, table: Table, at: Partition) -> impl Stream<Item = anyhow::Result<Contents>> + 's {
        let open = move |(path, kept): (&'s String, &'s Kept)| async move {
            match kept {
                Kept::Now => Ok(self.store.contents(path).await?),
                // What was promised is the whole of it.
                Kept::As(_) => Ok(self.read(path, kept).await?.map(Contents::from)),
            }
        };
        let files = self.files.get(&(table, at)).into_iter().flatten();
        stream::iter(files).map(open).buffered(READS).try_filter_map(|file| ready(Ok(file)))
    }

    /// The rows of a partition, file by file.
    pub async fn rows<R: Row>(&self, at: Partition, keep: impl Fn(&R) -> bool) -> anyhow::Result<Vec<R>> {
        decoded(self.read_each(R::TABLE, at, |_| true), keep).await
    }

    /// The rows that some clips left in a partition, of a table whose files are named by clips.
    pub async fn rows_of<R: Row>(&self, at: Partition, clips: &BTreeSet<ClipId>) -> anyhow::Result<Vec<R>> {
        let is_of = |path: &str| clip_of(path).is_some_and(|clip| clips.contains(&clip));
        decoded(self.read_each(R::TABLE, at, is_of), |_| true).await
    }

    /// The clips that left files in a partition of a table whose files are named by clips.
    pub fn clips(&self, table: Table, at: Partition) -> impl Iterator<Item = ClipId> {
        self.paths(table, at).into_iter().filter_map(clip_of)
    }

    /// The files of a partition that are wanted by their names, in order of name, and what is in them.
    fn read_each<'s>(
        &'s self,
        table: Table,
        at: Partition,
        is_wanted: impl Fn(&str) -> bool,
    ) -> impl Stream<Item = anyhow::Result<(&'s str, Bytes)>> {
        let files = self.files.get(&(table, at)).into_iter().flatten().filter(move |(path, _)| is_wanted(path));
        let read = move |(path, kept): (&'s String, &'s Kept)| async move {
            Ok(self.read(path, kept).await?.map(|bytes| (path.as_str(), bytes)))
        };
        stream::iter(files).map(read).buffered(READS).try_filter_map(|file| ready(Ok(file)))
    }

    async fn read(&self, path: &str, kept: &Kept) -> anyhow::Result<Option<Bytes>> {
        match kept {
            Kept::Now => Ok(self.store.get(path).await?),
            Kept::As(file) => Ok(Some(snapshot::file(self.store, file).await?)),
        }
    }
}

/// The rows of files, as many as are kept.
async fn decoded<'s, R: Row>(
    files: impl Stream<Item = anyhow::Result<(&'s str, Bytes)>>,
    keep: impl Fn(&R) -> bool,
) -> anyhow::Result<Vec<R>> {
    let add = |mut rows: Vec<R>, (path, bytes): (&str, Bytes)| {
        let read = table::decode::<R>(path, bytes);
        ready(read.map(|read| rows.extend(read.into_iter().filter(&keep))).map(|()| rows).map_err(Into::into))
    };
    files.try_fold(Vec::new(), add).await
}

/// The clip that a file is named by.
fn clip_of(path: &str) -> Option<ClipId> {
    path.rsplit('/').next()?.strip_suffix(".parquet")?.parse().ok()
}
