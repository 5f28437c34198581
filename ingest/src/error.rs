//! What can go wrong on our side; what is the sender's fault is a [`Rejection`].

use std::path::PathBuf;

use waymark_datasets::erasure::ErasureError;
use waymark_datasets::{ClipId, DeviceId, DriverId, Rejection, StoreError, TableError};

/// A failure of the server's side. Nothing was decided on the clip: try again.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bucket failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The verdict could not be written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// What was erased cannot be read.
    #[error(transparent)]
    Erasure(#[from] ErasureError),
    /// A file of the bundle could not be read, for a reason that is not the sender's.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// An object that this crate wrote does not read back.
    #[error("object {path} is damaged: {reason}")]
    Damaged {
        /// Its key.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The device is already enrolled for another driver.
    #[error("device {device} belongs to driver {driver}: revoke it and use a new key")]
    DeviceTaken {
        /// The device.
        device: DeviceId,
        /// Who it belongs to.
        driver: DriverId,
    },
    /// The driver is enrolled with another payout address.
    #[error("driver {0} has another payout address: change it on purpose, not by enrolling a device")]
    PayoutDiffers(DriverId),
    /// No such device was enrolled.
    #[error("device {0} is not enrolled")]
    DeviceUnknown(DeviceId),
    /// No such driver was enrolled.
    #[error("driver {0} is not enrolled")]
    DriverUnknown(DriverId),
    /// The denylist cannot be believed, so no clip can be taken.
    #[error("denylist {path}: {reason}")]
    Denylist {
        /// Its key.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Not an Ed25519 key in PKCS#8 PEM.
    #[error("not an Ed25519 private key in PKCS#8 PEM: {0}")]
    Key(String),
    /// The system gave no random bytes.
    #[error("no random bytes from the system: {0}")]
    Random(getrandom::Error),
}

/// Why a clip could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// Admission would refuse it, so it is not signed.
    #[error(transparent)]
    Refused(#[from] Rejection),
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The chain file is not one.
    #[error("{path} is no chain of signed clips: {reason}")]
    Chain {
        /// The chain file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// There is something else where the bundle should go.
    #[error("{0} is there already and is not this bundle")]
    OutTaken(PathBuf),
    /// The same footage was signed before, with other words around it.
    #[error(
        "clip {0} was signed before with another driver, camera, start or nonce, and a device signs a clip once: \
         repeat the call as it was"
    )]
    SignedDifferently(ClipId),
    /// Something private is in the footage, and nothing of it can be shown.
    #[error("not signed, to keep private what is: {0}")]
    Withheld(String),
    /// A manifest that does not serialise.
    #[error("the manifest cannot be written: {0}")]
    Manifest(#[from] serde_json::Error),
}

/// What stops a check: the sender's fault or ours.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The sender's.
    Refused(Rejection),
    /// Ours.
    Failed(Error),
}

impl From<Rejection> for Fault {
    fn from(rejection: Rejection) -> Self {
        Self::Refused(rejection)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}
