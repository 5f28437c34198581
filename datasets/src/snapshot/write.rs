//! From what is in the bucket to a snapshot of it. What the latest one knows already and cannot change is not read again.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    FileRef, IMAGERY, Part, PartRef, SnapshotError, as_it_is, differs, file, is_of, keep, latest, part, root, tables,
    write_part, write_root,
};
use crate::Digest;
use crate::rows::FrameRow;
use crate::store::{ObjectInfo, Store};
use crate::table::{self, Partition, Table};

/// Writes what is in the bucket now as a snapshot that nobody sees yet; the same content has the same id.
///
/// # Errors
/// [`SnapshotError`] if a table is damaged or the store fails.
pub async fn write(store: &Store) -> Result<Digest, SnapshotError> {
    let known = known_parts(store).await?;
    let mut found: BTreeMap<Partition, Vec<(Table, ObjectInfo)>> = BTreeMap::new();
    for table in Table::ALL {
        for object in store.list(table.name()).await? {
            if let Some(at) = Partition::parse(&object.path) {
                found.entry(at).or_default().push((table, object));
            }
        }
    }
    let mut parts = Vec::new();
    for (at, objects) in found {
        let known = match known.get(&at) {
            Some(reference) => Some((reference, tables(store, reference).await?)),
            None => None,
        };
        parts.push(write_changed(store, at, objects, known).await?);
    }
    write_root(store, parts).await
}

/// The partitions of the latest snapshot.
async fn known_parts(store: &Store) -> Result<BTreeMap<Partition, PartRef>, SnapshotError> {
    let Some(id) = latest(store).await? else { return Ok(BTreeMap::new()) };
    let parts = root(store, id).await?.parts.into_iter();
    Ok(parts.map(|part| (Partition { epoch: part.epoch, region: part.region }, part)).collect())
}

/// Writes a partition, unless it is what it was: images follow from the files of frames.
async fn write_changed(
    store: &Store,
    at: Partition,
    objects: Vec<(Table, ObjectInfo)>,
    known: Option<(&PartRef, Part)>,
) -> Result<PartRef, SnapshotError> {
    let same = |object: &ObjectInfo| {
        let (_, part) = known.as_ref()?;
        let place = part.files.binary_search_by(|file| file.path.cmp(&object.path)).ok()?;
        part.files.get(place).filter(|same| same.size_bytes == object.size_bytes)
    };
    let mut files = Vec::new();
    for (table, object) in objects {
        files.push(match same(&object).filter(|_| !is_replaced(table)) {
            Some(same) => same.clone(),
            None => refer(store, table, &object.path).await?,
        });
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    if let Some((reference, part)) = &known
        && part.files == files
    {
        return Ok((*reference).clone());
    }
    let images = images(store, &files, known).await?;
    files.extend(images);
    write_part(store, at, files).await
}

/// The images of the frames of a partition. While every file of frames that is known is still there, so are its images.
async fn images(
    store: &Store,
    files: &[FileRef],
    known: Option<(&PartRef, Part)>,
) -> Result<Vec<FileRef>, SnapshotError> {
    let mut new = files_of_frames(files);
    let mut images = Vec::new();
    if let Some((reference, tables)) = &known {
        let old = files_of_frames(&tables.files);
        if old.is_subset(&new) {
            new.retain(|file| !old.contains(file));
            let whole = part(store, reference).await?;
            images.extend(whole.files.into_iter().filter(|file| is_of(&file.path, IMAGERY)));
        }
    }
    for frames in new {
        images.extend(read_images(store, frames).await?);
    }
    Ok(images)
}

fn files_of_frames(files: &[FileRef]) -> BTreeSet<&FileRef> {
    files.iter().filter(|file| is_of(&file.path, Table::Frames.name())).collect()
}

/// Files that may be written anew under the same key; those of a clip or of a node's minute never are.
fn is_replaced(table: Table) -> bool {
    !matches!(table, Table::Frames | Table::Detections | Table::Verdicts | Table::Usage | Table::Clips)
}

/// Reads a table's file to name its bytes, and keeps a copy if the file will be replaced.
async fn refer(store: &Store, table: Table, path: &str) -> Result<FileRef, SnapshotError> {
    let bytes = store.get(path).await?.ok_or_else(|| differs(path, "vanished"))?;
    if is_replaced(table) { keep(store, path, bytes).await } else { Ok(as_it_is(path, &bytes)) }
}

/// The images of a file of frames; what their rows say of them is taken over and proven by verifying.
async fn read_images(store: &Store, frames: &FileRef) -> Result<Vec<FileRef>, SnapshotError> {
    let rows: Vec<FrameRow> = table::decode(&frames.path, file(store, frames).await?)?;
    let image = |row: FrameRow| FileRef {
        object: row.image_path.clone(),
        path: row.image_path,
        size_bytes: row.image_bytes,
        sha256: row.image_sha256,
    };
    Ok(rows.into_iter().map(image).collect())
}
