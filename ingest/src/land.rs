//! Putting an admitted clip into the inbox: every object is created, none is overwritten, the manifest comes last.

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
/// What comes before the manifest is written side by side: each write waits for the disk.
pub(crate) async fn land(inbox: &Store, clip: &Admitted<'_>) -> Result<Created, Fault> {
    let clip_id = clip.manifest.clip_id;
    let manifest_sha256 = Digest::of(clip.jws);
    let place = links::claim(inbox, clip.device_id, (clip.manifest, manifest_sha256));
    tokio::try_join!(media(inbox, clip), note_found(inbox, clip, manifest_sha256), place)?;
    let created = inbox.create(&landed::manifest_key(clip_id), clip.jws.clone()).await?;
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

async fn note_found(inbox: &Store, clip: &Admitted<'_>, manifest_sha256: Digest) -> Result<(), Fault> {
    let path = landed::found_key(clip.manifest.clip_id, manifest_sha256);
    let json = serde_json::to_vec(&found(clip, manifest_sha256));
    let json = json.map_err(|error| Error::Damaged { path: path.clone(), reason: error.to_string() })?;
    inbox.create(&path, json.into()).await?;
    Ok(())
}

/// The refusal of a second manifest for one clip.
pub(crate) fn taken() -> Rejection {
    Rejection::new(Reason::ClipIdTaken, "the same footage landed under another manifest of this device")
}

fn found(clip: &Admitted<'_>, manifest_sha256: Digest) -> Found {
    let media = clip.manifest.media.iter().zip(&clip.examined.taken);
    Found {
        version: VERSION,
        clip_id: clip.manifest.clip_id,
        device_id: clip.device_id.clone(),
        driver: clip.manifest.driver.clone(),
        manifest_sha256,
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
    }
}
