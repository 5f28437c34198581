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
pub(crate) async fn land(inbox: &Store, clip: &Admitted<'_>) -> Result<Created, Fault> {
    let clip_id = clip.manifest.clip_id;
    let place = links::claim(inbox, clip.device_id, (clip.manifest, Digest::of(clip.jws)));
    // Side by side, where storing waits for a network.
    tokio::try_join!(media(inbox, clip), place)?;
    let path = landed::landed_key(clip_id);
    let found = found(clip).and_then(|found| serde_json::to_vec(&found).map_err(|error| error.to_string()));
    let json = found.map_err(|reason| Error::Damaged { path: path.clone(), reason })?;
    let created = inbox.create(&path, json.into()).await?;
    if created == Created::Existed && landed::manifest(inbox, clip_id).await?.as_ref() != Some(clip.jws) {
        return Err(taken().into());
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

fn found(clip: &Admitted<'_>) -> Result<Found, String> {
    let manifest = String::from_utf8(clip.jws.to_vec()).map_err(|error| error.to_string())?;
    let media = clip.manifest.media.iter().zip(&clip.examined.taken);
    Ok(Found {
        version: VERSION,
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
