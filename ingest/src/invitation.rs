//! How a device is enrolled by its driver: with an invitation that the server signed, good for one device.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use waymark_datasets::{Created, DeviceId, DriverId, Reason, Rejection, Store, UtcMillis};

use crate::denylist::Denylist;
use crate::error::{Error, Fault};
use crate::jws::{self, Kind};
use crate::key::DeviceKey;
use crate::receipt::ServerKey;
use crate::registry;

/// What the server signs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Invitation {
    version: u32,
    id: String,
    driver: DriverId,
    expires_at_ms: UtcMillis,
}

/// What the device signs: that it holds its key, and what it was given.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Enrolment {
    version: u32,
    invitation: String,
}

/// Which device came with an invitation, as it is stored: create-only, so there is one.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Use {
    version: u32,
    device_id: DeviceId,
    driver: DriverId,
    used_at_ms: UtcMillis,
}

const VERSION: u32 = 1;
/// An enrolment is two signed envelopes, one in the other.
pub(crate) const ENROLMENT_MAX_BYTES: u64 = 8_192;

/// An invitation for one device of `driver`, good until `expires_at`. The driver must be in the registry.
///
/// # Errors
/// [`Error::DriverUnknown`], [`Error::Random`] or [`Error::Store`].
pub async fn invite(store: &Store, key: &ServerKey, driver: &DriverId, expires_at: UtcMillis) -> Result<String, Error> {
    if registry::driver(store, driver).await?.is_none() {
        return Err(Error::DriverUnknown(driver.clone()));
    }
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(Error::Random)?;
    let id = URL_SAFE_NO_PAD.encode(random);
    let invitation = Invitation { version: VERSION, id, driver: driver.clone(), expires_at_ms: expires_at };
    let json = serde_json::to_vec(&invitation).map_err(|error| damaged("an invitation", &error))?;
    Ok(key.sign_as(Kind::Invitation, &json))
}

/// What the device of `key` sends to `POST /v1/devices` to be enrolled with `invitation`.
///
/// # Errors
/// None is known: every member has a form in JSON.
pub fn enrolment(key: &DeviceKey, invitation: &str) -> Result<String, serde_json::Error> {
    let enrolment = Enrolment { version: VERSION, invitation: invitation.trim().into() };
    Ok(key.sign_as(Kind::Enrolment, &serde_json::to_vec(&enrolment)?))
}

/// A device that is enrolled now.
pub(crate) struct Enrolled {
    pub(crate) device_id: DeviceId,
    pub(crate) driver: DriverId,
}

/// Enrols the device that signed `enrolment`. The same device may come again; a second device may not.
pub(crate) async fn redeem(
    store: &Store,
    enrolment: &[u8],
    (key, denied): (&ServerKey, &Denylist),
    now: UtcMillis,
) -> Result<Enrolled, Fault> {
    let signed = jws::verify_as(Kind::Enrolment, enrolment, ENROLMENT_MAX_BYTES)?;
    let device_id = signed.device_id;
    let enrolment: Enrolment = serde_json::from_slice(&signed.payload)
        .map_err(|error| Rejection::new(Reason::ManifestMalformed, format!("the enrolment does not read: {error}")))?;
    let invitation = open(key, &enrolment.invitation)?;
    let path = format!("registry/invitations/{}.json", invitation.id);
    let used = read_use(store, &path).await?;
    let is_again = used.as_ref().is_some_and(|used| used.device_id == device_id);
    if invitation.expires_at_ms <= now && !is_again {
        let detail = "the invitation is past its time: ask for a new one";
        return Err(Rejection::new(Reason::InvitationExpired, detail).into());
    }
    check_device(store, (&device_id, &invitation.driver), denied, now).await?;
    let driver = invitation.driver.clone();
    let claim = Use { version: VERSION, device_id: device_id.clone(), driver, used_at_ms: now };
    let json = serde_json::to_vec(&claim).map_err(|error| damaged(&path, &error))?;
    let is_other = match store.create(&path, Bytes::from(json)).await? {
        Created::New => false,
        Created::Existed => read_use(store, &path).await?.is_none_or(|used| used.device_id != device_id),
    };
    if is_other {
        return Err(Rejection::new(Reason::InvitationUsed, "another device came with this invitation before").into());
    }
    registry::add_device(store, &invitation.driver, &device_id).await?;
    Ok(Enrolled { device_id, driver: invitation.driver })
}

fn open(key: &ServerKey, compact: &str) -> Result<Invitation, Rejection> {
    let invalid = |what: String| Rejection::new(Reason::InvitationInvalid, what);
    let signed = jws::verify_as(Kind::Invitation, compact.as_bytes(), ENROLMENT_MAX_BYTES);
    let signed = signed.map_err(|rejection| invalid(rejection.detail))?;
    if signed.device_id != *key.id() {
        return Err(invalid("the invitation is another server's".into()));
    }
    let invitation: Invitation = serde_json::from_slice(&signed.payload)
        .map_err(|error| invalid(format!("the invitation does not read: {error}")))?;
    if invitation.version != VERSION {
        return Err(invalid(format!("the invitation has version {}", invitation.version)));
    }
    Ok(invitation)
}

/// A device that may not upload is not enrolled, and none changes hands.
async fn check_device(
    store: &Store,
    (device_id, driver): (&DeviceId, &DriverId),
    denied: &Denylist,
    now: UtcMillis,
) -> Result<(), Fault> {
    let record = registry::device(store, device_id).await?;
    if denied.has(device_id) || record.as_ref().is_some_and(|record| record.is_revoked(now)) {
        let detail = format!("device {device_id} was revoked: make a new key");
        return Err(Rejection::new(Reason::DeviceRevoked, detail).into());
    }
    if record.is_some_and(|record| record.driver != *driver) {
        let detail = format!("device {device_id} belongs to another driver: make a new key");
        return Err(Rejection::new(Reason::DeviceTaken, detail).into());
    }
    Ok(())
}

async fn read_use(store: &Store, path: &str) -> Result<Option<Use>, Error> {
    let Some(json) = store.get(path).await? else { return Ok(None) };
    serde_json::from_slice(&json).map(Some).map_err(|error| damaged(path, &error))
}

fn damaged(path: &str, error: &serde_json::Error) -> Error {
    Error::Damaged { path: path.into(), reason: error.to_string() }
}
