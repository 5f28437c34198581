//! The server's side of a device's chain: at each number stands one manifest, and after each manifest one.
//!
//! Layout of the inbox: `chains/{device}/at-{sequence}.json` and `chains/{device}/after-{previous}.json`, created when
//! a clip lands, before its manifest is. Clips may land in any order: each is held against those that landed before.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use waymark_datasets::{Created, DeviceId, Digest, Reason, Rejection, Store};

use crate::error::{Error, Fault};
use crate::manifest::Manifest;

/// One manifest of a chain, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Link {
    version: u32,
    manifest_sha256: Digest,
    previous: Option<Digest>,
}

const VERSION: u32 = 1;

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

/// Takes the place of a manifest for good; refused like [`check`], also against one that lands at the same moment.
pub(crate) async fn claim(inbox: &Store, device: &DeviceId, signed: Signed<'_>) -> Result<(), Fault> {
    check(inbox, device, signed).await?;
    let (manifest, manifest_sha256) = signed;
    let link = Link { version: VERSION, manifest_sha256, previous: manifest.previous };
    let mut keys = vec![at_key(device, manifest.sequence)];
    keys.extend(manifest.previous.map(|previous| after_key(device, previous)));
    let json = serde_json::to_vec(&link).map_err(|error| damaged(&keys[0], &error))?;
    let json = Bytes::from(json);
    let made = inbox.create_each(&keys, json.clone()).await?;
    // The others may be ours from a try that was cut off.
    for key in keys.into_iter().skip(made) {
        if inbox.create(&key, json.clone()).await? == Created::Existed
            && read(inbox, Some(key)).await?.is_none_or(|there| there.manifest_sha256 != manifest_sha256)
        {
            return Err(forked(manifest.sequence, "another manifest of the device landed there at this moment").into());
        }
    }
    Ok(())
}

/// A manifest and the SHA-256 of its compact JWS.
pub(crate) type Signed<'a> = (&'a Manifest, Digest);

fn forked(sequence: u64, what: &str) -> Rejection {
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
