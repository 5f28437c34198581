//! Where the objects of a clip lie in the inbox: `{prefix}/{shard}/{clip}.{object}`. A shard is the first two digits of
//! the clip's id: a folder for each clip would have to be made, made durable and removed for each.

use waymark_datasets::{ClipId, ObjectInfo, Store};

use crate::error::Error;

/// The key of an object of a clip.
pub(crate) fn key(prefix: &str, clip_id: ClipId, object: &str) -> String {
    format!("{}/{clip_id}.{object}", folder(prefix, clip_id))
}

/// The clip that an object below `prefix` is of, and which of its objects that is.
pub(crate) fn parse<'a>(prefix: &str, path: &'a str) -> Option<(ClipId, &'a str)> {
    let (_, name) = path.strip_prefix(prefix)?.strip_prefix('/')?.split_once('/')?;
    let (clip, object) = name.split_once('.')?;
    Some((clip.parse().ok()?, object))
}

/// The objects of a clip whose names begin with `object`.
pub(crate) async fn list(inbox: &Store, prefix: &str, clip_id: ClipId, object: &str) -> Result<Vec<ObjectInfo>, Error> {
    Ok(inbox.list_named(&folder(prefix, clip_id), &format!("{clip_id}.{object}")).await?)
}

/// Removes them.
pub(crate) async fn remove(inbox: &Store, prefix: &str, clip_id: ClipId, object: &str) -> Result<(), Error> {
    let found = list(inbox, prefix, clip_id, object).await?;
    let paths: Vec<String> = found.into_iter().map(|object| object.path).collect();
    Ok(inbox.remove_all(&paths).await?)
}

fn folder(prefix: &str, clip_id: ClipId) -> String {
    let shard: String = clip_id.to_string().chars().take(2).collect();
    format!("{prefix}/{shard}")
}
