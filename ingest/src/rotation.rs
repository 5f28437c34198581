//! A device's key hands over to a new one: both sign, and the statement is kept as the audit entry.
//!
//! Layout of the store: `registry/rotations/{old device}.json`, create-only: a key hands over once. It is beside the
//! device's record, not in it, so that a revocation at the same moment cannot be overwritten.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use waymark_datasets::{Created, DeviceId, DriverId, Reason, Rejection, Store, UtcMillis};

use crate::denylist::Denylist;
use crate::error::{Error, Fault};
use crate::jws::{self, Kind};
use crate::key::DeviceKey;
use crate::registry;

/// What the old key signs; with `consent` left out, what the new key signs.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    version: u32,
    from: DeviceId,
    to: DeviceId,
    at_ms: UtcMillis,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    consent: Option<String>,
}

/// A statement that both keys signed.
pub(crate) struct Statement {
    pub(crate) from: DeviceId,
    to: DeviceId,
    at: UtcMillis,
    compact: String,
}

/// The audit entry: when a key handed over to which, and the statement that anybody can check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    version: u32,
    /// The old device.
    pub from: DeviceId,
    /// The new one.
    pub to: DeviceId,
    /// Whose both are.
    pub driver: DriverId,
    /// When the server took note.
    pub rotated_at_ms: UtcMillis,
    /// What both keys signed, as a compact JWS.
    pub statement: String,
}

const VERSION: u32 = 1;
/// A statement is two signed envelopes, one in the other.
pub(crate) const STATEMENT_MAX_BYTES: u64 = 8_192;
/// How old a statement may be, or how far ahead: one that was never sent is worth nothing soon.
const AGE_MAX_MS: u64 = 300_000;

/// What is sent to `POST /v1/devices/{old}/rotation`, made at `now`.
///
/// # Errors
/// None is known: every member has a form in JSON.
pub fn statement(old: &DeviceKey, new: &DeviceKey, now: UtcMillis) -> Result<String, serde_json::Error> {
    let (from, to) = (old.device_id().clone(), new.device_id().clone());
    let said = Claims { version: VERSION, from, to, at_ms: now, consent: None };
    let consent = Some(new.sign_as(Kind::Rotation, &serde_json::to_vec(&said)?));
    Ok(old.sign_as(Kind::Rotation, &serde_json::to_vec(&Claims { consent, ..said })?))
}

/// The rotation of a device; none if its key is the current one.
///
/// # Errors
/// [`Error::Store`], or [`Error::Damaged`] if the object is no rotation.
pub async fn of(store: &Store, device: &DeviceId) -> Result<Option<Rotation>, Error> {
    let path = path_of(device);
    let Some(json) = store.get(&path).await? else { return Ok(None) };
    serde_json::from_slice(&json).map(Some).map_err(|error| damaged(&path, &error))
}

/// Lets the old device hand over to the new one; the same again changes nothing.
pub(crate) async fn rotate(
    store: &Store,
    said: Statement,
    denied: &Denylist,
    now: UtcMillis,
) -> Result<Rotation, Fault> {
    let Statement { from, to, at, compact } = said;
    let record = registry::device(store, &from).await?;
    let refused = |reason, what: String| Fault::Refused(Rejection::new(reason, what));
    let record = record.ok_or_else(|| refused(Reason::DeviceUnknown, format!("device {from} is not enrolled")))?;
    if record.is_revoked(now) || denied.has(&from) {
        return Err(refused(Reason::DeviceRevoked, format!("device {from} was revoked")));
    }
    check_successor(store, (&to, &record.driver), denied, now).await?;
    let rotation = match of(store, &from).await? {
        Some(before) => before,
        None if at.ms_since(now).unsigned_abs() > AGE_MAX_MS => {
            let detail = format!("the rotation is of {at}, which is not now: check the device's clock");
            return Err(refused(Reason::SignatureInvalid, detail));
        }
        None => {
            let (to, driver) = (to.clone(), record.driver);
            let entry = Rotation { version: VERSION, from, to, driver, rotated_at_ms: now, statement: compact };
            create(store, entry).await?
        }
    };
    if rotation.to != to {
        return Err(refused(Reason::DeviceRotated, "the device handed over to another key before".into()));
    }
    registry::add_device(store, &rotation.driver, &rotation.to).await?;
    tracing::info!(from = %rotation.from, to = %rotation.to, "device rotated");
    Ok(rotation)
}

/// Checks both signatures and that both are about the same.
pub(crate) fn open(compact: &[u8]) -> Result<Statement, Rejection> {
    let malformed = |what: String| Rejection::new(Reason::ManifestMalformed, format!("the rotation {what}"));
    let parse = |json: &[u8]| -> Result<Claims, Rejection> {
        serde_json::from_slice(json).map_err(|error| malformed(format!("does not read: {error}")))
    };
    let outer = jws::verify_as(Kind::Rotation, compact, STATEMENT_MAX_BYTES)?;
    let said = parse(&outer.payload)?;
    let consent = said.consent.as_deref().ok_or_else(|| malformed("lacks the consent of the new key".into()))?;
    let inner = jws::verify_as(Kind::Rotation, consent.as_bytes(), STATEMENT_MAX_BYTES)?;
    let agreed = parse(&inner.payload)?;
    let by_right_keys = outer.device_id == said.from && inner.device_id == said.to;
    if !by_right_keys || (&agreed.from, &agreed.to, agreed.at_ms) != (&said.from, &said.to, said.at_ms) {
        let detail = "the rotation is not signed by the old key and the new one";
        return Err(Rejection::new(Reason::SignatureInvalid, detail));
    }
    if said.version != VERSION || agreed.consent.is_some() || said.from == said.to {
        return Err(malformed("is not from one key to another, version 1".into()));
    }
    let Claims { from, to, at_ms: at, .. } = said;
    Ok(Statement { from, to, at, compact: String::from_utf8_lossy(compact).into_owned() })
}

/// A new key is nobody else's, and neither revoked nor handed over itself.
async fn check_successor(
    store: &Store,
    (to, driver): (&DeviceId, &DriverId),
    denied: &Denylist,
    now: UtcMillis,
) -> Result<(), Fault> {
    let refused = |reason, what: &str| {
        let detail = format!("device {to} {what}: make a new key");
        Err(Rejection::new(reason, detail).into())
    };
    let record = registry::device(store, to).await?;
    if denied.has(to) || record.as_ref().is_some_and(|record| record.is_revoked(now)) {
        return refused(Reason::DeviceRevoked, "was revoked");
    }
    if record.is_some_and(|record| record.driver != *driver) {
        return refused(Reason::DeviceTaken, "belongs to another driver");
    }
    if of(store, to).await?.is_some() {
        return refused(Reason::DeviceRotated, "handed over to another key itself");
    }
    Ok(())
}

/// Of two that rotate at the same moment, one is kept.
async fn create(store: &Store, rotation: Rotation) -> Result<Rotation, Error> {
    let path = path_of(&rotation.from);
    let json = serde_json::to_vec(&rotation).map_err(|error| damaged(&path, &error))?;
    if store.create(&path, Bytes::from(json)).await? == Created::New {
        return Ok(rotation);
    }
    let gone = || Error::Damaged { path: path.clone(), reason: "it is not there".into() };
    of(store, &rotation.from).await?.ok_or_else(gone)
}

fn path_of(device: &DeviceId) -> String {
    format!("registry/rotations/{device}.json")
}

fn damaged(path: &str, error: &serde_json::Error) -> Error {
    Error::Damaged { path: path.into(), reason: error.to_string() }
}
