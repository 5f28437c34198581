//! Devices of which nothing is taken, whatever the registry says: a list that the server signs, one object per version.
//!
//! Layout of the store: `registry/denylist/{number}.jws`, each create-only; the highest number counts. A list that
//! cannot be read or is not signed by this server's key is an error, never an empty list: whoever asks takes no clip
//! then.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use waymark_datasets::{Created, DeviceId, Store, UtcMillis};

use crate::error::Error;
use crate::jws::{self, Kind};
use crate::receipt::ServerKey;

/// One version of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Denylist {
    version: u32,
    /// Each version has the number after the one before.
    pub number: u64,
    /// When it was made.
    pub issued_at_ms: i64,
    /// Whose clips are not taken.
    pub devices: BTreeSet<DeviceId>,
}

const VERSION: u32 = 1;
const PREFIX: &str = "registry/denylist";
/// Some 80,000 devices.
const LIST_MAX_BYTES: u64 = 4 << 20;
/// How often a new version is tried while others write theirs.
const TRIES_MAX: u32 = 16;

impl Denylist {
    /// Whether nothing of `device` is taken.
    #[must_use]
    pub fn has(&self, device: &DeviceId) -> bool {
        self.devices.contains(device)
    }
}

/// The list that counts; none if there never was one.
///
/// # Errors
/// [`Error::Denylist`] if it is not one that the server of `key` signed, [`Error::Store`].
pub async fn current(store: &Store, key: &ServerKey) -> Result<Option<Denylist>, Error> {
    let listed = store.list(PREFIX).await?;
    // Numbers have leading zeros: the last key is the highest.
    let Some(last) = listed.last() else { return Ok(None) };
    let wrong = |what: &str| Error::Denylist { path: last.path.clone(), reason: what.into() };
    let jws = store.get(&last.path).await?.ok_or_else(|| wrong("it is gone"))?;
    let signed = jws::verify_as(Kind::Denylist, &jws, LIST_MAX_BYTES).map_err(|rejection| wrong(&rejection.detail))?;
    if signed.device_id != *key.id() {
        return Err(wrong("it is signed by another key than this server's"));
    }
    let list: Denylist = serde_json::from_slice(&signed.payload).map_err(|error| wrong(&error.to_string()))?;
    if list.version != VERSION || path_of(list.number) != last.path {
        return Err(wrong("it is another version than its name says"));
    }
    Ok(Some(list))
}

/// The list that counts where there may be no server: an empty one in a store that none ever served.
///
/// # Errors
/// Those of [`current`]; also if there is a list and no key to check it with.
pub async fn in_force(store: &Store, inbox: &Store) -> Result<Denylist, Error> {
    match ServerKey::load(inbox).await? {
        Some(key) => Ok(current(store, &key).await?.unwrap_or_default()),
        None if store.list(PREFIX).await?.is_empty() => Ok(Denylist::default()),
        None => Err(Error::Denylist { path: PREFIX.into(), reason: "the inbox has no key to check it with".into() }),
    }
}

/// Makes the first, empty list if there is none.
///
/// # Errors
/// Those of [`current`].
pub async fn begin(store: &Store, key: &ServerKey, now: UtcMillis) -> Result<(), Error> {
    if current(store, key).await?.is_none() {
        write(store, key, &made(0, BTreeSet::new(), now)).await?;
    }
    Ok(())
}

/// Puts `device` on the list and returns the list that counts then. Repeating it changes nothing.
///
/// # Errors
/// Those of [`current`].
pub async fn deny(store: &Store, key: &ServerKey, device: &DeviceId, now: UtcMillis) -> Result<Denylist, Error> {
    for _ in 0..TRIES_MAX {
        let before = current(store, key).await?;
        let number = before.as_ref().map_or(0, |list| list.number + 1);
        let mut devices = before.clone().unwrap_or_default().devices;
        if let (false, Some(before)) = (devices.insert(device.clone()), before) {
            return Ok(before);
        }
        let list = made(number, devices, now);
        if write(store, key, &list).await? == Created::New {
            return Ok(list);
        }
    }
    Err(Error::Denylist { path: PREFIX.into(), reason: "others write to it all the time: try again".into() })
}

fn made(number: u64, devices: BTreeSet<DeviceId>, now: UtcMillis) -> Denylist {
    Denylist { version: VERSION, number, issued_at_ms: now.millis(), devices }
}

async fn write(store: &Store, key: &ServerKey, list: &Denylist) -> Result<Created, Error> {
    let path = path_of(list.number);
    let json = serde_json::to_vec(list);
    let json = json.map_err(|error| Error::Damaged { path: path.clone(), reason: error.to_string() })?;
    let jws = key.sign_as(Kind::Denylist, &json);
    if jws.len() as u64 > LIST_MAX_BYTES {
        return Err(Error::Denylist { path, reason: format!("it would be larger than {LIST_MAX_BYTES} bytes") });
    }
    Ok(store.create(&path, jws.into()).await?)
}

fn path_of(number: u64) -> String {
    format!("{PREFIX}/{number:010}.jws")
}
