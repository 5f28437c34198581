//! A folder that is watched: what appears in it is signed and uploaded, once.
//!
//! Two loops work side by side: one signs ([`sign`]), the other sends ([`send`]). All they share is the state folder
//! ([`state`]), so that either can be stopped at any moment and goes on where it was.

mod found;
mod send;
mod sign;
mod state;
mod trip;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use waymark_datasets::{DriverId, UtcMillis};
use waymark_ingest::privacy::Zone;
use waymark_ingest::{AdmitSettings, Camera, DeviceKey};

pub use send::Sender;
pub use sign::Signer;
pub use state::State;

/// What is done with what appears in a folder.
#[derive(Clone)]
pub struct Plan {
    /// The folder.
    pub folder: PathBuf,
    /// The device.
    pub key: Arc<DeviceKey>,
    /// The file in which the device remembers what it signed.
    pub chain: PathBuf,
    /// Who is paid.
    pub driver: DriverId,
    /// What it is filmed with.
    pub camera: Camera,
    /// Places that are never shown.
    pub zones: Vec<Zone>,
    /// Kept back at both ends of a trip, in metres.
    pub trim_m: f64,
    /// Clips less than so far apart are of one trip.
    pub trip_gap: Duration,
    /// A file that has not changed for so long is whole.
    pub settle: Duration,
    /// Take what is there for all there is.
    pub once: bool,
    /// The rules of the server.
    pub settings: AdmitSettings,
    /// The driver's clock.
    pub clock: Arc<dyn Fn() -> UtcMillis + Send + Sync>,
}

/// What happened, to be told.
pub enum Event {
    /// Clips were signed from some footage.
    Signed {
        /// Where it lies in the folder.
        source: String,
        /// The bundles.
        bundles: Vec<String>,
    },
    /// Footage is not signed, for good.
    NotSigned {
        /// Where it lies in the folder.
        source: String,
        /// Why.
        why: String,
    },
    /// A clip landed.
    Landed {
        /// Its bundle.
        bundle: String,
        /// The receipt.
        receipt: PathBuf,
    },
    /// A clip was refused.
    Refused {
        /// Its bundle.
        bundle: String,
        /// Why.
        why: String,
    },
    /// Something failed that may go well the next time.
    Failed {
        /// What.
        what: String,
        /// Why.
        why: String,
    },
}

/// Takes note of events.
pub type Tell = Arc<dyn Fn(Event) + Send + Sync>;

/// How often the folder is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Works until everything is done, if that was asked for; else until it is dropped, which may be at any moment.
/// Says whether all went well.
///
/// # Errors
/// When the state folder cannot be used.
pub async fn watch(mut signer: Signer, mut sender: Sender<'_>) -> anyhow::Result<bool> {
    if signer.is_once() {
        let signed = signer.sign_all().await?;
        return Ok(sender.send_all().await? && signed);
    }
    let more = Notify::new();
    tokio::try_join!(signer.sign_for_ever(&more), sender.send_for_ever(&more))?;
    Ok(true)
}
