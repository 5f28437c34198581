//! Putting an admitted clip into the inbox: every object is created, none is overwritten, and last comes the one that
//! says that it landed.

use bytes::Bytes;
use waymark_datasets::{Created, DeviceId, Digest, Reason, Rejection, Store, UtcMillis};

use crate::bundle::Bundle;
use crate::error::{Error, Fault};
use crate::examine::Examined;
use crate::landed::{self, Found, LandedMedia, VERSION};
use crate::links;
use crate::manifest::Manifest;

/// A clip that passed every check.
pub(crate) struct Admitted<'a> {
    pub(crate) bundle: &'a Bundle<'a>,
    pub(crate) jws: &'a Bytes,
    pub(crate) device_id: &'a DeviceId,
    pub(crate) manifest: &'a Manifest,
    pub(crate) examined: &'a Examined,
    /// When it lands.
    pub(crate) now: UtcMillis,
}

/// Writes the clip; [`Created::Existed`] if the same manifest had landed in the meantime.
///
/// Its place in the device's chain is taken for good; it is refused if another one that lands at this moment was first
/// there.
pub(crate) async fn land(inbox: &Store, clip: &Admitted<'_>) -> Result<Created, Fault> {
    let (manifest, sha256) = (clip.manifest, Digest::of(clip.jws));
    let is_free = links::check(inbox, clip.device_id, (manifest, sha256));
    // Side by side, where storing waits for a network.
    tokio::try_join!(media(inbox, clip), is_free)?;
    let landed = landed::landed_key(manifest.clip_id);
    let found = found(clip, sha256).and_then(|found| serde_json::to_vec(&found).map_err(|error| error.to_string()));
    let json = Bytes::from(found.map_err(|reason| Error::Damaged { path: landed.clone(), reason })?);
    let mut places = links::places(clip.device_id, manifest);
    places.push(landed.clone());
    let made = inbox.create_each(&places, json.clone()).await?;
    let mut created = Created::New;
    // The others may be ours from a try that was cut off.
    for place in places.iter().skip(made) {
        created = inbox.create(place, json.clone()).await?;
        if created == Created::Existed && !links::is_ours(inbox, place, sha256).await? {
            let forked =
                || links::forked(manifest.sequence, "another manifest of the device landed there at this moment");
            return Err(if *place == landed { taken() } else { forked() }.into());
        }
    }
    Ok(created)
}

/// One after the other: each may be in memory.
async fn media(inbox: &Store, clip: &Admitted<'_>) -> Result<(), Fault> {
    for entry in &clip.manifest.media {
        clip.bundle.land(inbox, clip.manifest.clip_id, entry).await?;
    }
    Ok(())
}

/// The refusal of a second manifest for one clip.
pub(crate) fn taken() -> Rejection {
    Rejection::new(Reason::ClipIdTaken, "the same footage landed under another manifest of this device")
}

fn found(clip: &Admitted<'_>, manifest_sha256: Digest) -> Result<Found, String> {
    let manifest = String::from_utf8(clip.jws.to_vec()).map_err(|error| error.to_string())?;
    let media = clip.manifest.media.iter().zip(&clip.examined.taken);
    Ok(Found {
        version: VERSION,
        manifest_sha256,
        previous: clip.manifest.previous,
        clip_id: clip.manifest.clip_id,
        device_id: clip.device_id.clone(),
        driver: clip.manifest.driver.clone(),
        manifest,
        landed_at: clip.now,
        sequence: clip.manifest.sequence,
        captured: clip.manifest.captured,
        camera: clip.manifest.camera.clone(),
        media: media
            .map(|(entry, &at)| LandedMedia {
                name: entry.name.clone(),
                kind: entry.kind,
                digest: entry.sha256,
                size_bytes: entry.size_bytes,
                at,
            })
            .collect(),
        fixes: clip.examined.track.fixes().iter().map(Into::into).collect(),
    })
}
