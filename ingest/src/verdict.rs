//! Writing down why a clip was refused. One that landed is accepted: its verdict is filed with those on its frames.

use waymark_datasets::rows::{Verdict, VerdictRow};
use waymark_datasets::table::create_rows;
use waymark_datasets::{ClipId, DeviceId, Digest, DriverId, Epoch, Fix, Partition, Region, Rejection, Store};

use crate::error::Error;

/// What is known of a bundle so far. Only what was proven is filled in: a claim of an unsigned manifest is
/// written nowhere.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) manifest_sha256: Digest,
    pub(crate) device_id: Option<DeviceId>,
    pub(crate) driver: Option<DriverId>,
    pub(crate) clip_id: Option<ClipId>,
    /// The first fix, once its time and place are believed: it says where the verdict is filed.
    pub(crate) first: Option<Fix>,
}

impl Known {
    /// A bundle without a manifest has nothing to be named by, but the hash of nothing.
    pub(crate) fn nothing() -> Self {
        Self { manifest_sha256: Digest::of(b""), device_id: None, driver: None, clip_id: None, first: None }
    }
}

/// Files a refusal, under the manifest's hash and the reason. Repeating it changes nothing.
pub(crate) async fn refuse(store: &Store, known: &Known, rejection: &Rejection) -> Result<(), Error> {
    let manifest: String = known.manifest_sha256.to_string().chars().take(32).collect();
    let first = known.first;
    let at = Partition { epoch: first.map(|fix| Epoch::of(fix.at)), region: first.map(|fix| Region::at(fix.position)) };
    let row = VerdictRow {
        clip_id: known.clip_id,
        frame_id: None,
        frame_index: None,
        device_id: known.device_id.clone(),
        driver: known.driver.clone(),
        captured_at_ms: first.map(|fix| fix.at),
        verdict: Verdict::Refused(rejection.reason),
        detail: rejection.detail.clone(),
        manifest_sha256: known.manifest_sha256,
    };
    create_rows(store, at, &format!("refused-{manifest}-{}", rejection.reason), &[row]).await?;
    Ok(())
}
