//! Who may send clips: devices and the drivers that they belong to, one object each.

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use waymark_datasets::{Created, DeviceId, DriverId, PayoutAddress, Reason, Rejection, Store, UtcMillis};

use crate::denylist::Denylist;
use crate::error::Error;
use crate::rotation::{self, Rotation};

/// One enrolled device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceRecord {
    /// The device.
    pub device_id: DeviceId,
    /// Who it belongs to, for good: a device that changes hands gets a new key.
    pub driver: DriverId,
    /// From when on nothing of it is taken; none while it is trusted.
    pub revoked_at_ms: Option<UtcMillis>,
}

impl DeviceRecord {
    /// Whether its clips are refused at `now`.
    #[must_use]
    pub fn is_revoked(&self, now: UtcMillis) -> bool {
        self.revoked_at_ms.is_some_and(|at| at <= now)
    }
}

/// One driver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DriverRecord {
    /// The driver.
    pub driver: DriverId,
    /// Where the driver is paid.
    pub payout: PayoutAddress,
}

/// Enrols `device` for `driver`, and the driver too if this is the first device. Repeating it changes nothing;
/// a revoked device stays revoked.
///
/// # Errors
/// Those of [`add_driver`] and [`add_device`].
pub async fn enrol(store: &Store, driver: &DriverId, device: &DeviceId, payout: PayoutAddress) -> Result<(), Error> {
    add_driver(store, driver, payout).await?;
    add_device(store, driver, device).await
}

/// Adds a driver. Repeating it changes nothing.
///
/// # Errors
/// [`Error::PayoutDiffers`] if the driver is paid elsewhere, or [`Error::Store`].
pub async fn add_driver(store: &Store, driver: &DriverId, payout: PayoutAddress) -> Result<(), Error> {
    let wanted = DriverRecord { driver: driver.clone(), payout };
    if create(store, &driver_key(driver), &wanted).await? == Created::Existed
        && self::driver(store, driver).await?.is_some_and(|found| found != wanted)
    {
        return Err(Error::PayoutDiffers(driver.clone()));
    }
    Ok(())
}

/// Adds a device of `driver`. Repeating it changes nothing.
///
/// # Errors
/// [`Error::DeviceTaken`] if the device belongs to another driver, or [`Error::Store`].
pub async fn add_device(store: &Store, driver: &DriverId, device: &DeviceId) -> Result<(), Error> {
    let wanted = DeviceRecord { device_id: device.clone(), driver: driver.clone(), revoked_at_ms: None };
    if create(store, &device_key(device), &wanted).await? == Created::Existed
        && let Some(found) = self::device(store, device).await?
        && found.driver != *driver
    {
        return Err(Error::DeviceTaken { device: device.clone(), driver: found.driver });
    }
    Ok(())
}

/// Takes nothing of `device` any more from `at` on. An earlier revocation stands.
///
/// # Errors
/// [`Error::DeviceUnknown`] or [`Error::Store`].
pub async fn revoke(store: &Store, device: &DeviceId, at: UtcMillis) -> Result<(), Error> {
    let found = self::device(store, device).await?.ok_or_else(|| Error::DeviceUnknown(device.clone()))?;
    let at = found.revoked_at_ms.map_or(at, |before| before.min(at));
    let revoked = DeviceRecord { revoked_at_ms: Some(at), ..found };
    let key = device_key(device);
    Ok(store.put(&key, to_json(&key, &revoked)?).await?)
}

/// Changes where `driver` is paid. What was committed for an epoch already is not touched by it.
///
/// # Errors
/// [`Error::DriverUnknown`] or [`Error::Store`].
pub async fn set_payout(store: &Store, driver: &DriverId, payout: PayoutAddress) -> Result<(), Error> {
    let found = self::driver(store, driver).await?.ok_or_else(|| Error::DriverUnknown(driver.clone()))?;
    let key = driver_key(driver);
    Ok(store.put(&key, to_json(&key, &DriverRecord { payout, ..found })?).await?)
}

/// The record of a device; none if it was never enrolled.
///
/// # Errors
/// [`Error::Store`], or [`Error::Damaged`] if the object is no record.
pub async fn device(store: &Store, device: &DeviceId) -> Result<Option<DeviceRecord>, Error> {
    read(store, &device_key(device)).await
}

/// The record of a driver; none if there is none.
///
/// # Errors
/// [`Error::Store`], or [`Error::Damaged`] if the object is no record.
pub async fn driver(store: &Store, driver: &DriverId) -> Result<Option<DriverRecord>, Error> {
    read(store, &driver_key(driver)).await
}

/// What decides whether a device that is enrolled may act.
#[derive(Clone, Copy)]
pub(crate) struct Rules<'a> {
    pub(crate) denied: &'a Denylist,
    pub(crate) rotation_grace_hours: u32,
    pub(crate) now: UtcMillis,
}

/// All that the store knows of a device: its record, and to which key it handed over.
pub(crate) struct Entry {
    pub(crate) record: DeviceRecord,
    rotation: Option<Rotation>,
}

/// The entry of a device; none if it was never enrolled.
pub(crate) async fn entry(store: &Store, device: &DeviceId) -> Result<Option<Entry>, Error> {
    let (record, rotation) = tokio::try_join!(self::device(store, device), rotation::of(store, device))?;
    Ok(record.map(|record| Entry { record, rotation }))
}

impl Entry {
    /// Refuses a device that was revoked, or that handed over longer ago than the grace lasts.
    pub(crate) fn check(&self, rules: Rules<'_>) -> Result<(), Rejection> {
        let device = &self.record.device_id;
        if self.record.is_revoked(rules.now) || rules.denied.has(device) {
            return Err(Rejection::new(Reason::DeviceRevoked, format!("device {device} was revoked")));
        }
        let grace_ms = i64::from(rules.rotation_grace_hours) * 3_600_000;
        match &self.rotation {
            Some(rotation) if rotation.rotated_at_ms.plus_ms(grace_ms) <= rules.now => {
                let detail = format!("device {device} handed over to {}: sign with that key", rotation.to);
                Err(Rejection::new(Reason::DeviceRotated, detail))
            }
            _ => Ok(()),
        }
    }
}

fn device_key(device: &DeviceId) -> String {
    format!("registry/devices/{device}.json")
}

fn driver_key(driver: &DriverId) -> String {
    format!("registry/drivers/{driver}.json")
}

async fn create(store: &Store, key: &str, record: &impl Serialize) -> Result<Created, Error> {
    Ok(store.create(key, to_json(key, record)?).await?)
}

async fn read<R: DeserializeOwned>(store: &Store, key: &str) -> Result<Option<R>, Error> {
    let Some(json) = store.get(key).await? else { return Ok(None) };
    serde_json::from_slice(&json).map(Some).map_err(|error| damaged(key, &error))
}

fn to_json(key: &str, record: &impl Serialize) -> Result<Bytes, Error> {
    serde_json::to_vec(record).map(Bytes::from).map_err(|error| damaged(key, &error))
}

fn damaged(key: &str, error: &serde_json::Error) -> Error {
    Error::Damaged { path: key.into(), reason: error.to_string() }
}
