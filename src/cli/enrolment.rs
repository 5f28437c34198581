//! The command line of enrolling devices, renewing their keys and revoking them.

use std::path::PathBuf;

use clap::Args;
use url::Url;
use waymark_datasets::{DeviceId, DriverId, PayoutAddress, UtcMillis};

use super::Place;

/// Whom to invite.
#[derive(Debug, Args)]
pub struct Invite {
    /// Where the server keeps its registry and its key.
    #[command(flatten)]
    pub place: Place,
    /// The account that the device will belong to.
    #[arg(long)]
    pub driver: DriverId,
    /// Where the driver is paid: 0x and 40 hexadecimal digits; wanted for a driver who is not in the registry.
    #[arg(long)]
    pub payout: Option<PayoutAddress>,
    /// When the invitation ends (RFC 3339); in a week unless given.
    #[arg(long, value_name = "TIME")]
    pub expires: Option<UtcMillis>,
}

/// Which device to enrol: straight into a store, or over the network with an invitation.
#[derive(Debug, Args)]
pub struct Enrol {
    /// The store.
    #[arg(long, value_name = "URL", required_unless_present = "to", requires_all = ["driver", "device", "payout"])]
    pub store: Option<String>,
    /// The account that the device belongs to.
    #[arg(long, requires = "store")]
    pub driver: Option<DriverId>,
    /// The device id, as `device new` printed it.
    #[arg(long, requires = "store")]
    pub device: Option<DeviceId>,
    /// Where the driver is paid: 0x and 40 hexadecimal digits.
    #[arg(long, requires = "store")]
    pub payout: Option<PayoutAddress>,
    /// The server that made the invitation.
    #[arg(long, value_name = "URL", conflicts_with = "store", requires_all = ["invitation", "key"])]
    pub to: Option<Url>,
    /// The invitation, as `device invite` printed it.
    #[arg(long, value_name = "TOKEN", requires = "to")]
    pub invitation: Option<String>,
    /// The device's key.
    #[arg(long, value_name = "FILE", requires = "to")]
    pub key: Option<PathBuf>,
}

/// Which key hands over to which.
#[derive(Debug, Args)]
pub struct Rotate {
    /// The server that knows the device.
    #[arg(long, value_name = "URL")]
    pub to: Url,
    /// The key of the device until now.
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The key from now on; made if there is no such file.
    #[arg(long, value_name = "FILE")]
    pub new: PathBuf,
}

/// Whom to trust no more.
#[derive(Debug, Args)]
pub struct Revoke {
    /// Where the server keeps its registry and its key.
    #[command(flatten)]
    pub place: Place,
    /// The device id.
    #[arg(long)]
    pub device: DeviceId,
}
