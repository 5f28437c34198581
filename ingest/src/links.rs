//! The server's side of a device's chain: at each number stands one manifest, and after each manifest one.
//!
//! Layout of the inbox: `chains/{device}/at-{sequence}.json` and `chains/{device}/after-{previous}.json`, the same bytes
//! as `landed.json` of the clip and created before that. Clips may land in any order: each is held against those that
//! landed before. Of a clip that was erased, the [`Link`] alone is left.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use waymark_datasets::{ClipId, DeviceId, Digest, DriverId, Reason, Rejection, Store};

use crate::error::{Error, Fault};
use crate::manifest::Manifest;

/// One manifest of a chain: what is read of what stands in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Link {
    version: u32,
    manifest_sha256: Digest,
    previous: Option<Digest>,
}

/// Refuses a manifest if another one of its device took its number, follows the same manifest, or was signed before or
/// after it by what is known.
pub(crate) async fn check(inbox: &Store, device: &DeviceId, (manifest, sha256): Signed<'_>) -> Result<(), Fault> {
    let at = |sequence: Option<u64>| read(inbox, sequence.map(|sequence| at_key(device, sequence)));
    let after = read(inbox, manifest.previous.map(|previous| after_key(device, previous)));
    let (before, here, next) = (manifest.sequence.checked_sub(1), manifest.sequence, manifest.sequence.checked_add(1));
    let (before, here, next, after) = tokio::try_join!(at(before), at(Some(here)), at(next), after)?;
    let is_other = |link: Option<Link>| link.is_some_and(|link| link.manifest_sha256 != sha256);
    let forks = [
        (is_other(here), "another manifest of the device has its number"),
        (is_other(after), "another manifest of the device follows the same one"),
        (before.is_some_and(|link| Some(link.manifest_sha256) != manifest.previous), "it follows not the one before"),
        (next.is_some_and(|link| link.previous != Some(sha256)), "the next one of the device follows another"),
    ];
    match forks.into_iter().find_map(|(is_fork, what)| is_fork.then_some(what)) {
        None => Ok(()),
        Some(what) => Err(forked(manifest.sequence, what).into()),
    }
}

/// The places of a manifest in its chain. Who creates the first has its number.
pub(crate) fn places(device: &DeviceId, manifest: &Manifest) -> Vec<String> {
    let after = manifest.previous.map(|previous| after_key(device, previous));
    std::iter::once(at_key(device, manifest.sequence)).chain(after).collect()
}

/// Whether the manifest with this hash stands in `place`.
pub(crate) async fn is_ours(inbox: &Store, place: &str, sha256: Digest) -> Result<bool, Error> {
    Ok(read(inbox, Some(place.into())).await?.is_some_and(|link| link.manifest_sha256 == sha256))
}

/// Whose clip stands in a place of a chain.
#[derive(Debug, Deserialize)]
pub(crate) struct Placed {
    #[serde(skip)]
    pub(crate) path: String,
    pub(crate) clip_id: ClipId,
    pub(crate) device_id: DeviceId,
    pub(crate) driver: DriverId,
}

/// What stands in the places of all chains, but for what was erased.
pub(crate) async fn placed(inbox: &Store) -> Result<Vec<Placed>, Error> {
    let mut all = Vec::new();
    for object in inbox.list("chains").await?.into_iter().filter(|object| object.size_bytes > LINK_BYTES_MAX) {
        // Removed since the listing.
        let Some(json) = inbox.get(&object.path).await? else { continue };
        let placed: Placed = serde_json::from_slice(&json).map_err(|error| damaged(&object.path, &error))?;
        all.push(Placed { path: object.path, ..placed });
    }
    Ok(all)
}

/// Takes clips out of all chains; that each number is taken stays.
pub(crate) async fn strip(inbox: &Store, clips: &BTreeSet<ClipId>) -> Result<(), Error> {
    for placed in placed(inbox).await?.into_iter().filter(|placed| clips.contains(&placed.clip_id)) {
        if let Some(link) = read(inbox, Some(placed.path.clone())).await? {
            let json = serde_json::to_vec(&link).map_err(|error| damaged(&placed.path, &error))?;
            inbox.put(&placed.path, json.into()).await?;
        }
    }
    Ok(())
}

/// A link has no more; all that is known of a clip has.
const LINK_BYTES_MAX: u64 = 256;

/// A manifest and the SHA-256 of its compact JWS.
pub(crate) type Signed<'a> = (&'a Manifest, Digest);

pub(crate) fn forked(sequence: u64, what: &str) -> Rejection {
    let advice = "a device that lost its chain goes on with a new key (device rotate)";
    Rejection::new(Reason::ChainForked, format!("manifest {sequence} forks the device's chain: {what}; {advice}"))
}

async fn read(inbox: &Store, key: Option<String>) -> Result<Option<Link>, Error> {
    let Some(key) = key else { return Ok(None) };
    let Some(json) = inbox.get(&key).await? else { return Ok(None) };
    serde_json::from_slice(&json).map(Some).map_err(|error| damaged(&key, &error))
}

fn damaged(key: &str, error: &serde_json::Error) -> Error {
    Error::Damaged { path: key.into(), reason: error.to_string() }
}

fn at_key(device: &DeviceId, sequence: u64) -> String {
    format!("chains/{device}/at-{sequence:020}.json")
}

fn after_key(device: &DeviceId, previous: Digest) -> String {
    format!("chains/{device}/after-{previous}.json")
}
